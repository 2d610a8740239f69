#include "unroll/layers/recurrent.h"

#include <algorithm>

#include <fmt/format.h>

#include "unroll/core/error.h"
#include "unroll/kernels/isa.h"
#include "unroll/layers/recurrent_pass.h"

namespace unroll {

namespace {

void require(const char* what, const Shape& found, const Shape& expected) {
  if (found == expected) return;
  throw ShapeError(fmt::format("recurrent layer: {} is {}, expected {}", what, to_string(found),
                               to_string(expected)));
}

/// state = what each row's last step left in `all` (N, H).
template <typename Real>
void take_last(const RaggedShape& shape, Direction direction, MatrixView<const Real> all,
               Tensor<Real>& state) {
  for (std::size_t row = 0; row < shape.batch(); ++row) {
    std::ranges::copy(all.row(last_token(shape, direction, row)), state.matrix().row(row).begin());
  }
}

/// body(pairs) or body(full).
template <typename Real, typename Full, typename Pairs, typename Body>
void choose(bool in_pairs, Full& full, Pairs& pairs, Body body) {
  if constexpr (std::is_same_v<Real, float>) {
    if (in_pairs) return body(pairs);
  }
  body(full);
}

}  // namespace

std::string_view to_string(Precision precision) {
  return precision == Precision::kFull ? "fp32" : "bf16";
}

template <typename Real>
RecurrentLayer<Real>::RecurrentLayer(const std::string& name, std::size_t input, std::size_t hidden,
                                     std::optional<Activation> activation, Direction direction)
    : U(name + ".U", {(activation ? 1 : 4) * hidden, input}),
      W(name + ".W", {(activation ? 1 : 4) * hidden, hidden}),
      b(name + ".b", {(activation ? 1 : 4) * hidden}),
      activation_(activation),
      direction_(direction) {}

template <typename Real>
RecurrentState<Real> RecurrentLayer<Real>::zero_state(std::size_t batch) const {
  const Tensor<Real> zero({batch, hidden_size()});
  return {zero, activation_ ? Tensor<Real>() : zero};
}

template <typename Real>
bool RecurrentLayer<Real>::multiplies_pairs() const {
  return std::is_same_v<Real, float> && precision_ == Precision::kBFloat16 &&
         multiplies_bfloat16() && input_size() % 2 == 0 && hidden_size() % 2 == 0;
}

template <typename Real>
void RecurrentLayer<Real>::forward(const RaggedShape& shape, const RecurrentInput<Real>& input,
                                   RecurrentState<Real>& state, RecurrentCache<Real>& cache,
                                   MatrixView<Real> h) const {
  check(shape, input, state, h);
  RecurrentOperands<Real>& full = cache;
  choose<Real>(multiplies_pairs(), full, cache.in_pairs,
               [&]<typename Operand>(RecurrentOperands<Operand>& operands) {
                 ForwardPass<Real, Operand>{*this, shape, input, cache, operands}.run(state, h);
               });
  take_last<Real>(shape, direction_, h, state.h);
  if (!state.C.empty()) take_last<Real>(shape, direction_, cache.C.matrix(), state.C);
}
template <typename Real>
void RecurrentLayer<Real>::backward(const RaggedShape& shape, const RecurrentInput<Real>& input,
                                    RecurrentCache<Real>& cache, MatrixView<const Real> dh,
                                    RecurrentState<Real>& dstate, MatrixView<Real> dx) {
  check(shape, input, dstate, dh);
  if (!dx.empty()) require("dx", dx.shape(), input.x.shape());
  RecurrentOperands<Real>& full = cache;
  choose<Real>(
      multiplies_pairs(), full, cache.in_pairs,
      [&]<typename Operand>(RecurrentOperands<Operand>& operands) {
        BackwardPass<Real, Operand>{*this, shape, input, cache, operands}.run(dh, dstate, dx);
      });
}

template <typename Real>
RecurrentWeights<Real> RecurrentLayer<Real>::pack() const {
  RecurrentWeights<Real> weights;
  choose<Real>(multiplies_pairs(), weights.full, weights.in_pairs,
               [&]<typename Operand>(Panels<Operand>& panels) {
                 Tensor<Operand> U_values, W_values;
                 panels.pack_weights(operands_of(*this, U.value.matrix(), U_values),
                                     operands_of(*this, W.value.matrix(), W_values));
               });
  return weights;
}

template <typename Real>
void RecurrentLayer<Real>::project(MatrixView<const Real> x, const RecurrentWeights<Real>& weights,
                                   MatrixView<Real> projected) const {
  choose<Real>(weights.in_pairs.rows() > 0, weights.full, weights.in_pairs,
               [&]<typename Operand>(const Panels<Operand>& panels) {
                 Tensor<Operand> rounded;
                 project_rows<Real>(*this, operands_of(*this, x, rounded), panels, projected);
               });
}

template <typename Real>
void RecurrentLayer<Real>::infer(const RaggedShape& shape, const RecurrentInput<Real>& input,
                                 const RecurrentWeights<Real>& weights,
                                 MatrixView<const Real> projected, RecurrentState<Real>& state,
                                 RecurrentScratch<Real>& scratch, MatrixView<Real> h) const {
  check(shape, input, state, h);
  const auto run = [&]<typename Operand>(const Panels<Operand>& panels, auto& operands) {
    InferencePass<Real, Operand>{*this, shape, panels, operands, scratch.projected}.run(
        input, projected, state, h);
  };
  if (weights.in_pairs.rows() > 0) {
    if constexpr (std::is_same_v<Real, float>) run(weights.in_pairs, scratch.in_pairs);
  } else {
    run(weights.full, scratch.full);
  }
  take_last<Real>(shape, direction_, h, state.h);
}

/// `state` and `h`, or their gradients.
template <typename Real>
void RecurrentLayer<Real>::check(const RaggedShape& shape, const RecurrentInput<Real>& input,
                                 const RecurrentState<Real>& state,
                                 MatrixView<const Real> h) const {
  const std::size_t N = shape.tokens();
  const bool shared = !input.rows.empty();
  require("x", input.x.shape(), {shared ? input.x.rows() : N, input_size()});
  require("h", h.shape(), {N, hidden_size()});
  require("state.h", state.h.shape(), {shape.batch(), hidden_size()});
  if (!shared) return;
  require("rows of x", {input.rows.size()}, {N});
  for (std::int32_t row : input.rows) {
    if (row < 0 || static_cast<std::size_t>(row) >= input.x.rows()) {
      throw ShapeError(
          fmt::format("recurrent layer: row {} of x, which has {}", row, input.x.rows()));
    }
  }
}

template class RecurrentLayer<float>;
template class RecurrentLayer<double>;

}  // namespace unroll
