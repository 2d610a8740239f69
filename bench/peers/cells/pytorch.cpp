// PyTorch's lstm, gru, rnn_tanh and rnn_relu, which torch::nn::LSTM, GRU and RNN call, with their
// tensors made once: in inference mode, or with a backward pass through autograd. PyTorch runs them
// on its own threads.
#include <ATen/Parallel.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/gru.h>
#include <ATen/ops/lstm.h>
#include <ATen/ops/rnn_relu.h>
#include <ATen/ops/rnn_tanh.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/InferenceMode.h>
#include <torch/headeronly/version.h>

#include <algorithm>
#include <cstdint>
#include <tuple>
#include <vector>

#include "bench/peers/cells/cell_peer.h"

namespace unroll::bench {
namespace {

using at::Tensor;

std::int64_t size(std::size_t value) {
  return static_cast<std::int64_t>(value);
}

class Layer {
 public:
  static std::unique_ptr<Layer> make(const CellPeerProblem& problem, int threads) {
    if (problem.kind == CellPeerKind::kSigmoidRnn) return nullptr;
    at::set_num_threads(threads);
    return std::make_unique<Layer>(problem);
  }

  explicit Layer(const CellPeerProblem& p)
      : problem_(p),
        x_(input(p)),
        state_(at::zeros({1, size(p.batch), size(p.hidden)})),
        weights_{gates_in_order(p.U, p.input), gates_in_order(p.W, p.hidden),
                 gates_in_order(p.b, 1).flatten()} {
    weights_.push_back(second_bias());
    if (p.ids != nullptr) E_ = borrowed(p.E, {size(p.vocabulary), size(p.input)});
    if (!p.train) return;
    dh_ = borrowed(p.dh, {size(p.steps), size(p.batch), size(p.hidden)});
    for (Tensor& weight : weights_) weight.requires_grad_(true);
  }

  void run() {
    if (problem_.train) {
      for (Tensor& weight : weights_) weight.mutable_grad().reset();
      h_ = forward();
      h_.backward(dh_);
    } else {
      const c10::InferenceMode inference;
      h_ = forward();
    }
  }

  void read(const CellPeerOutputs& outputs) {
    const Tensor h = h_.detach().contiguous();
    std::copy_n(h.const_data_ptr<float>(), h.numel(), outputs.h);
    if (!problem_.train) return;
    read_gradient(0, outputs.dU);
    read_gradient(1, outputs.dW);
    read_gradient(2, outputs.db);
    if (outputs.dd == nullptr) return;
    const Tensor dd = last_gate(weights_[3].grad()).contiguous();
    std::copy_n(dd.const_data_ptr<float>(), dd.numel(), outputs.dd);
  }

 private:
  static Tensor borrowed(const float* data, at::IntArrayRef sizes) {
    return at::from_blob(const_cast<float*>(data), sizes, at::kFloat);
  }

  /// x, or the ids.
  static Tensor input(const CellPeerProblem& p) {
    if (p.ids == nullptr) return borrowed(p.x, {size(p.steps), size(p.batch), size(p.input)});
    return at::from_blob(const_cast<std::int32_t*>(p.ids), {size(p.steps), size(p.batch)},
                         at::kInt);
  }

  Tensor gates_in_order(const float* data, std::size_t columns) const {
    const std::size_t rows = gates_of(problem_) * problem_.hidden;
    std::vector<float> ordered = in_order(data, rows * columns);
    return borrowed(ordered.data(), {size(rows), size(columns)}).clone();
  }

  /// A GRU's gates are ours, r u h̃, which PyTorch calls r z n.
  std::vector<float> in_order(const float* data, std::size_t values) const {
    if (problem_.kind == CellPeerKind::kGru) return {data, data + values};
    return swap_first_gates(data, gates_of(problem_), values);
  }

  /// PyTorch adds W's bias to U's; only a GRU needs it, for d.
  Tensor second_bias() const {
    Tensor bias = at::zeros_like(weights_[2]);
    if (problem_.d != nullptr) last_gate(bias).copy_(borrowed(problem_.d, {size(problem_.hidden)}));
    return bias;
  }

  Tensor last_gate(const Tensor& biases) const {
    const std::int64_t H = size(problem_.hidden);
    return biases.narrow(0, biases.numel() - H, H);
  }

  Tensor forward() const {
    switch (problem_.kind) {
      case CellPeerKind::kLstm:
        return call([](const auto&... a) { return at::lstm(a...); },
                    std::vector<Tensor>{state_, state_});
      case CellPeerKind::kGru:
        return call([](const auto&... a) { return at::gru(a...); }, state_);
      case CellPeerKind::kReluRnn:
        return call([](const auto&... a) { return at::rnn_relu(a...); }, state_);
      case CellPeerKind::kTanhRnn:
      case CellPeerKind::kSigmoidRnn:  // make() refuses it
        break;
    }
    return call([](const auto&... a) { return at::rnn_tanh(a...); }, state_);
  }

  /// Its h of every step.
  template <typename Function, typename State>
  Tensor call(Function function, const State& start) const {
    constexpr bool kBiases = true, kBidirectional = false, kBatchFirst = false;
    constexpr std::int64_t kLayers = 1;
    constexpr double kDropout = 0;
    const Tensor x = problem_.ids != nullptr ? at::embedding(E_, x_) : x_;
    return std::get<0>(function(x, start, weights_, kBiases, kLayers, kDropout, problem_.train,
                                kBidirectional, kBatchFirst));
  }

  void read_gradient(std::size_t weight, float* to) const {
    const Tensor gradient = weights_[weight].grad().contiguous();
    std::ranges::copy(
        in_order(gradient.const_data_ptr<float>(), static_cast<std::size_t>(gradient.numel())), to);
  }

  CellPeerProblem problem_;
  Tensor x_, E_, dh_;
  Tensor state_;  ///< h_0 and C_0
  std::vector<Tensor> weights_;
  Tensor h_;
};

}  // namespace
}  // namespace unroll::bench

UNROLL_EXPORT_CELL_PEER(unroll::bench::cell_peer<unroll::bench::Layer>("pytorch",
                                                                       "PyTorch " TORCH_VERSION))
