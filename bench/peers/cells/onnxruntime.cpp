// ONNX Runtime's LSTM, GRU and RNN, inference only: a model of one node, from and into memory of
// ours, on its own threads.
#include "bench/peers/onnxruntime.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "bench/peers/cells/cell_peer.h"
#include "bench/peers/cells/onnx_model.h"

namespace unroll::bench {
namespace {

using onnxruntime::Owned, onnxruntime::Session, onnxruntime::Value, onnxruntime::api,
    onnxruntime::check, onnxruntime::tensor;

class Layer {
 public:
  static std::unique_ptr<Layer> make(const CellPeerProblem& problem, int threads) {
    if (problem.train) return nullptr;
    return std::make_unique<Layer>(problem, threads);
  }

  Layer(const CellPeerProblem& p, int threads)
      : session_(onnxruntime::session(onnx::model(p), threads)),
        h_(p.steps * p.batch * p.hidden),
        input_name_(p.ids != nullptr ? "ids" : "x"),
        input_(p.ids != nullptr ? tensor(p.ids, {p.steps, p.batch})
                                : tensor(p.x, {p.steps, p.batch, p.input})),
        output_(tensor(h_.data(), {p.steps, 1, p.batch, p.hidden})) {}

  void run() {
    const char* const output_name = "h";
    const Value* const input = input_.get();
    Value* output = output_.get();
    check(api().Run(session_.get(), nullptr, &input_name_, &input, 1, &output_name, 1, &output));
  }

  void read(const CellPeerOutputs& outputs) const { std::ranges::copy(h_, outputs.h); }

 private:
  Owned<Session> session_;
  std::vector<float> h_;
  const char* input_name_;
  Owned<Value> input_;
  Owned<Value> output_;
};

}  // namespace
}  // namespace unroll::bench

UNROLL_EXPORT_CELL_PEER(unroll::bench::cell_peer<unroll::bench::Layer>(
    "onnxruntime", "ONNX Runtime " UNROLL_ONNXRUNTIME_VERSION))
