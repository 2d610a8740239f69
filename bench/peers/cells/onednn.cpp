// oneDNN's LSTM, GRU (lbr_gru, which resets after the product) and vanilla RNN, compiled by oneDNN
// at run time for the best instruction set it knows. Primitives are made and weights are put into
// the order that it likes best before the timing, which a training step would have to do anew each
// time. Its backward pass always computes ∂L/∂x.
#include <omp.h>

#include <algorithm>
#include <cstring>
#include <dnnl.hpp>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "bench/peers/cells/cell_peer.h"
#include "bench/peers/peer.h"

namespace unroll::bench {
namespace {

using dnnl::memory;
using Arguments = std::unordered_map<int, memory>;
using Desc = memory::desc;
using Tag = memory::format_tag;

const dnnl::engine& engine() {
  static const dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}

/// A primitive's description; of a backward pass the last of `parts` is the forward pass's.
template <typename Primitive, typename... Parts>
typename Primitive::primitive_desc forward_of(const Parts&... parts) {
#if DNNL_VERSION_MAJOR >= 3
  return {engine(), parts...};
#else
  return {typename Primitive::desc(parts...), engine()};
#endif
}

template <typename Primitive, typename Hint, typename... Parts>
typename Primitive::primitive_desc backward_of(const Hint& hint, const Parts&... parts) {
#if DNNL_VERSION_MAJOR >= 3
  return {engine(), parts..., hint};
#else
  return {typename Primitive::desc(parts...), engine(), hint};
#endif
}

Desc desc(memory::dims sizes, Tag tag) {
  return {std::move(sizes), memory::data_type::f32, tag};
}

/// Sizes and orders as the problem has them, and as oneDNN may choose them.
struct Descs {
  explicit Descs(const CellPeerProblem& p, Tag U_tag, Tag W_tag, Tag b_tag)
      : x(desc({dim(p.steps), dim(p.batch), dim(p.input)}, Tag::tnc)),
        h(desc({dim(p.steps), dim(p.batch), dim(p.hidden)}, Tag::tnc)),
        U(desc({1, 1, dim(p.input), dim(gates_of(p)), dim(p.hidden)}, U_tag)),
        W(desc({1, 1, dim(p.hidden), dim(gates_of(p)), dim(p.hidden)}, W_tag)),
        b(desc({1, 1, dim(biases_of(p)), dim(p.hidden)}, b_tag)) {
    if (p.train) start = desc({1, 1, dim(p.batch), dim(p.hidden)}, Tag::ldnc);
  }

  static memory::dim dim(std::size_t size) { return static_cast<memory::dim>(size); }

  /// A GRU's d is the bias of a fourth gate.
  static std::size_t biases_of(const CellPeerProblem& p) {
    return gates_of(p) + (p.d != nullptr ? 1 : 0);
  }

  Desc x, h, U, W, b;
  /// h_0 and C_0. Nothing, which means zeros, in a forward pass alone; but without them the
  /// backward pass of 2.6 computes a wrong dW.
  Desc start;
  Desc none;  ///< h_T, C_T
};

dnnl::algorithm activation(CellPeerKind kind) {
  switch (kind) {
    case CellPeerKind::kSigmoidRnn:
      return dnnl::algorithm::eltwise_logistic;
    case CellPeerKind::kReluRnn:
      return dnnl::algorithm::eltwise_relu;
    case CellPeerKind::kTanhRnn:
    case CellPeerKind::kLstm:  // not asked
    case CellPeerKind::kGru:
      break;
  }
  return dnnl::algorithm::eltwise_tanh;
}

class Layer {
 public:
  static std::unique_ptr<Layer> make(const CellPeerProblem& problem, int threads) {
    omp_set_num_threads(threads);
    try {
      return std::make_unique<Layer>(problem);
    } catch (const dnnl::error& error) {
      if (error.status == dnnl_unimplemented) return nullptr;
      throw;
    }
  }

  explicit Layer(const CellPeerProblem& problem)
      : problem_(problem),
        gathered_(problem.ids != nullptr ? problem.steps * problem.batch * problem.input : 0),
        plain_(problem, Tag::ldgoi, Tag::ldgoi, Tag::ldgo),
        stream_(engine()) {
    const Descs any(problem, Tag::any, Tag::any, Tag::ldgo);
    switch (problem_.kind) {
      case CellPeerKind::kLstm:
        describe_lstm(any);
        break;
      case CellPeerKind::kGru:
        describe_gru(any);
        break;
      case CellPeerKind::kTanhRnn:
      case CellPeerKind::kSigmoidRnn:
      case CellPeerKind::kReluRnn:
        describe_rnn(any);
        break;
    }
  }

  void run() {
    if (problem_.ids != nullptr) gather_input(problem_, gathered_.data(), problem_.input);
    forward_.execute(stream_, forward_arguments_);
    if (problem_.train) {
      for (int argument : kGradients) clear(backward_arguments_.at(argument));
      backward_.execute(stream_, backward_arguments_);
    }
    stream_.wait();
  }

  void read(const CellPeerOutputs& outputs) {
    const memory& h = forward_arguments_.at(DNNL_ARG_DST_LAYER);
    std::memcpy(outputs.h, h.get_data_handle(), h.get_desc().get_size());
    if (!problem_.train) return;
    read_gradient(DNNL_ARG_DIFF_WEIGHTS_LAYER, plain_.U, outputs.dU);
    read_gradient(DNNL_ARG_DIFF_WEIGHTS_ITER, plain_.W, outputs.dW);
    read_biases(outputs);
  }

 private:
  static constexpr int kGradients[] = {DNNL_ARG_DIFF_WEIGHTS_LAYER, DNNL_ARG_DIFF_WEIGHTS_ITER,
                                       DNNL_ARG_DIFF_BIAS};
  static constexpr auto kDirection = dnnl::rnn_direction::unidirectional_left2right;
  static constexpr auto kBackward = dnnl::prop_kind::backward;

  bool is_lstm() const { return problem_.kind == CellPeerKind::kLstm; }

  dnnl::prop_kind forward_kind() const {
    return problem_.train ? dnnl::prop_kind::forward_training : dnnl::prop_kind::forward_inference;
  }

  void describe_lstm(const Descs& d) {
    const auto forward = forward_of<dnnl::lstm_forward>(
        forward_kind(), kDirection, d.x, d.start, d.start, d.U, d.W, d.b, d.h, d.none, d.none);
    set_forward(forward, dnnl::lstm_forward(forward));
    if (!problem_.train) return;
    const auto backward = backward_of<dnnl::lstm_backward>(
        forward, kBackward, kDirection, d.x, d.start, d.start, d.U, d.W, d.b, d.h, d.none, d.none,
        d.x, d.start, d.start, d.U, d.W, d.b, d.h, d.none, d.none);
    set_backward(backward, dnnl::lstm_backward(backward));
  }

  void describe_gru(const Descs& d) {
    const auto forward = forward_of<dnnl::lbr_gru_forward>(forward_kind(), kDirection, d.x, d.start,
                                                           d.U, d.W, d.b, d.h, d.none);
    set_forward(forward, dnnl::lbr_gru_forward(forward));
    if (!problem_.train) return;
    const auto backward = backward_of<dnnl::lbr_gru_backward>(
        forward, kBackward, kDirection, d.x, d.start, d.U, d.W, d.b, d.h, d.none, d.x, d.start, d.U,
        d.W, d.b, d.h, d.none);
    set_backward(backward, dnnl::lbr_gru_backward(backward));
  }

  void describe_rnn(const Descs& d) {
    const dnnl::algorithm phi = activation(problem_.kind);
    const auto forward = forward_of<dnnl::vanilla_rnn_forward>(forward_kind(), phi, kDirection, d.x,
                                                               d.start, d.U, d.W, d.b, d.h, d.none);
    set_forward(forward, dnnl::vanilla_rnn_forward(forward));
    if (!problem_.train) return;
    const auto backward = backward_of<dnnl::vanilla_rnn_backward>(
        forward, kBackward, phi, kDirection, d.x, d.start, d.U, d.W, d.b, d.h, d.none, d.x, d.start,
        d.U, d.W, d.b, d.h, d.none);
    set_backward(backward, dnnl::vanilla_rnn_backward(backward));
  }

  template <typename Description>
  void set_forward(const Description& description, dnnl::primitive primitive) {
    forward_ = std::move(primitive);
    forward_arguments_ = inputs(description);
    forward_arguments_[DNNL_ARG_DST_LAYER] = memory(plain_.h, engine());
    if (problem_.train) {
      forward_arguments_[DNNL_ARG_WORKSPACE] = memory(description.workspace_desc(), engine());
    }
  }

  template <typename Description>
  void set_backward(const Description& description, dnnl::primitive primitive) {
    backward_ = std::move(primitive);
    Arguments& a = backward_arguments_;
    a = inputs(description);
    a[DNNL_ARG_DST_LAYER] = forward_arguments_.at(DNNL_ARG_DST_LAYER);
    a[DNNL_ARG_WORKSPACE] = forward_arguments_.at(DNNL_ARG_WORKSPACE);
    a[DNNL_ARG_DIFF_DST_LAYER] = borrowed(plain_.h, problem_.dh);
    a[DNNL_ARG_DIFF_SRC_LAYER] = memory(plain_.x, engine());
    a[DNNL_ARG_DIFF_SRC_ITER] = memory(plain_.start, engine());
    if (is_lstm()) a[DNNL_ARG_DIFF_SRC_ITER_C] = memory(plain_.start, engine());
    a[DNNL_ARG_DIFF_WEIGHTS_LAYER] = memory(description.diff_weights_layer_desc(), engine());
    a[DNNL_ARG_DIFF_WEIGHTS_ITER] = memory(description.diff_weights_iter_desc(), engine());
    a[DNNL_ARG_DIFF_BIAS] = memory(description.diff_bias_desc(), engine());
  }

  /// x, h_0, C_0, U, W and b, in the order that this primitive likes.
  template <typename Description>
  Arguments inputs(const Description& description) {
    Arguments a;
    a[DNNL_ARG_SRC_LAYER] =
        borrowed(plain_.x, problem_.ids != nullptr ? gathered_.data() : problem_.x);
    if (problem_.train) a[DNNL_ARG_SRC_ITER] = zeros(plain_.start);
    if (problem_.train && is_lstm()) a[DNNL_ARG_SRC_ITER_C] = zeros(plain_.start);
    a[DNNL_ARG_WEIGHTS_LAYER] = ordered(plain_.U, problem_.U, description.weights_layer_desc());
    a[DNNL_ARG_WEIGHTS_ITER] = ordered(plain_.W, problem_.W, description.weights_iter_desc());
    a[DNNL_ARG_BIAS] = biases(description.bias_desc());
    return a;
  }

  /// b, and a GRU's d.
  memory biases(const Desc& at) const {
    const std::size_t values = gates_of(problem_) * problem_.hidden;
    std::vector<float> all = swap_first_gates(problem_.b, gates_of(problem_), values);
    if (problem_.d != nullptr) all.insert(all.end(), problem_.d, problem_.d + problem_.hidden);
    memory made(at, engine());
    std::ranges::copy(all, static_cast<float*>(made.get_data_handle()));
    return made;
  }

  static memory zeros(const Desc& at) {
    memory made(at, engine());
    clear(made);
    return made;
  }

  static memory borrowed(const Desc& at, const float* data) {
    return {at, engine(), const_cast<float*>(data)};
  }

  memory ordered(const Desc& from, const float* data, const Desc& to) {
    std::vector<float> swapped =
        swap_first_gates(data, gates_of(problem_), from.get_size() / sizeof(float));
    memory source(from, engine(), swapped.data());
    memory target(to, engine());
    dnnl::reorder(source, target).execute(stream_, source, target);
    stream_.wait();
    return target;
  }

  static void clear(const memory& of) {
    std::memset(of.get_data_handle(), 0, of.get_desc().get_size());
  }

  void read_gradient(int argument, const Desc& plain, float* to) {
    memory source = backward_arguments_.at(argument);
    memory target(plain, engine());
    dnnl::reorder(source, target).execute(stream_, source, target);
    stream_.wait();
    std::ranges::copy(swap_first_gates(static_cast<const float*>(target.get_data_handle()),
                                       gates_of(problem_), plain.get_size() / sizeof(float)),
                      to);
  }

  void read_biases(const CellPeerOutputs& outputs) {
    const memory& gradient = backward_arguments_.at(DNNL_ARG_DIFF_BIAS);
    const auto* const all = static_cast<const float*>(gradient.get_data_handle());
    const std::size_t values = gates_of(problem_) * problem_.hidden;
    std::ranges::copy(swap_first_gates(all, gates_of(problem_), values), outputs.db);
    if (outputs.dd != nullptr) std::copy_n(all + values, problem_.hidden, outputs.dd);
  }

  CellPeerProblem problem_;
  std::vector<float> gathered_;  ///< x of the ids
  Descs plain_;
  dnnl::stream stream_;
  dnnl::primitive forward_, backward_;
  Arguments forward_arguments_, backward_arguments_;
};

constexpr char kVersion[] = "oneDNN " UNROLL_TEXT(DNNL_VERSION_MAJOR) "." UNROLL_TEXT(
    DNNL_VERSION_MINOR) "." UNROLL_TEXT(DNNL_VERSION_PATCH);

}  // namespace
}  // namespace unroll::bench

UNROLL_EXPORT_CELL_PEER(unroll::bench::cell_peer<unroll::bench::Layer>("onednn",
                                                                       unroll::bench::kVersion))
