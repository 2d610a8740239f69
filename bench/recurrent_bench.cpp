// One RNN or LSTM layer over T = 50 steps of a dense batch: forward, and a training step (forward
// and backward). GFLOP/s counts useful work only: 2·G·H·(I + H) a token forward, three times that
// for a training step (G gates).

#include <benchmark/benchmark.h>

#include <memory>
#include <string>

#include "unroll/core/parallel.h"
#include "unroll/core/random.h"
#include "unroll/layers/init.h"
#include "unroll/layers/recurrent_stack.h"

namespace unroll {
namespace {

constexpr std::size_t kSteps = 50;

/// A layer with its data; I = H.
struct Problem {
  Problem(std::unique_ptr<RecurrentLayer<float>> cell, std::size_t H, std::size_t B)
      : shape(RaggedShape::rectangle(kSteps, B)),
        layer(std::move(cell)),
        x({shape.tokens(), H}),
        h({shape.tokens(), H}),
        dh({shape.tokens(), H}),
        dx({shape.tokens(), H}) {
    init_recurrent(*layer, RecurrentInit::kOrthogonal, 1, 1);
    Random random(1, "bench");
    for (float& value : x.values()) value = static_cast<float>(random.uniform(-1, 1));
    for (float& value : dh.values()) value = static_cast<float>(random.uniform(-1, 1));
  }

  void forward() {
    auto state = layer->zero_state(shape.batch());
    layer->forward(shape, x.matrix(), state, cache, h.matrix());
  }
  void backward() {
    auto dstate = layer->zero_state(shape.batch());
    zero_grad(layer->parameters());
    layer->backward(shape, x.matrix(), cache, dh.matrix(), dstate, dx.matrix());
  }
  double forward_flop() const {
    const std::size_t H = layer->hidden_size();
    return static_cast<double>(shape.tokens() * 2 * layer->gate_count() * H *
                               (layer->input_size() + H));
  }

  RaggedShape shape;
  std::unique_ptr<RecurrentLayer<float>> layer;
  Tensor<float> x, h, dh, dx;
  RecurrentCache<float> cache;
};

std::unique_ptr<RecurrentLayer<float>> make_cell(const std::string& name, std::size_t H) {
  const Cell cell = name == "lstm" ? Cell::kLstm : Cell::kRnn;
  return make_recurrent_layer<float>(cell, Activation::kTanh, name, H, H);
}

void run(benchmark::State& state, const std::string& cell, bool training) {
  const auto H = static_cast<std::size_t>(state.range(0));
  const auto B = static_cast<std::size_t>(state.range(1));
  set_thread_count(static_cast<std::size_t>(state.range(2)));
  Problem problem(make_cell(cell, H), H, B);
  problem.forward();
  for (auto _ : state) {
    problem.forward();
    if (training) problem.backward();
    benchmark::DoNotOptimize(problem.h.data());
    benchmark::ClobberMemory();
  }
  const double flop =
      problem.forward_flop() * (training ? 3 : 1) * static_cast<double>(state.iterations());
  state.counters["GFLOP/s"] = benchmark::Counter(flop * 1e-9, benchmark::Counter::kIsRate);
  state.counters["tokens/s"] = benchmark::Counter(
      static_cast<double>(problem.shape.tokens()) * static_cast<double>(state.iterations()),
      benchmark::Counter::kIsRate);
}

/// H × B × threads.
void grid(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"H", "B", "threads"})->UseRealTime();
  for (int threads : {1, 2}) {
    for (int H : {64, 128, 256}) {
      for (int B : {1, 16, 64}) bench->Args({H, B, threads});
    }
  }
}

BENCHMARK_CAPTURE(run, rnn_forward, std::string("rnn"), false)->Apply(grid);
BENCHMARK_CAPTURE(run, rnn_train, std::string("rnn"), true)->Apply(grid);
BENCHMARK_CAPTURE(run, lstm_forward, std::string("lstm"), false)->Apply(grid);
BENCHMARK_CAPTURE(run, lstm_train, std::string("lstm"), true)->Apply(grid);

}  // namespace
}  // namespace unroll

BENCHMARK_MAIN();
