#include "unroll/layers/recurrent.h"

#include <algorithm>

#include <fmt/format.h>

#include "unroll/core/error.h"
#include "unroll/kernels/isa.h"
#include "unroll/layers/plain_pass.h"
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

/// The memory of what a training step multiplies, rounded or not.
template <typename Real, typename Operand>
void plan_operands(const RecurrentLayer<Real>& layer, const BatchLimits& limits, LayerUse use,
                   bool needs_dz, RecurrentOperands<Operand>& operands, MemoryPlan& plan) {
  const std::size_t N = limits.tokens, M = use.shared ? limits.distinct : N;
  const std::size_t I = layer.input_size(), H = layer.hidden_size(), GH = layer.gate_count() * H;
  plan.begin_part(kForwardPart);
  plan.add(operands.h_prev, {N, H});
  operands.weights.plan_weights(I, H, layer.gate_count(), plan);
  if (layer.precision() == Precision::kBFloat16) plan.add(operands.x, {M, I});
  plan.begin_part(kBackwardPart);
  if (needs_dz) plan.add(operands.dz, {N, GH});
  if (use.shared && !std::is_same_v<Operand, Real>) plan.add(operands.dz_of_rows, {M, GH});
  operands.W.plan(GH, H, plan);
  if (use.dx) operands.U.plan(GH, I, plan);
  operands.gradient.resize(std::max(operands.gradient.size(), use.threads));
  const std::size_t separate =
      std::max(gradient_scratch<Real, Operand>(I, 1), gradient_scratch<Real, Operand>(H, 1));
  const std::size_t scratch = use.shared ? separate : gradient_scratch<Real, Operand>(I + H, 2);
  for (std::size_t thread = 0; thread < use.threads; ++thread) {
    plan.add(operands.gradient[thread], {scratch});
  }
}

/// The memory of what passes of a cell that is written out multiply.
template <typename Real>
void plan_plain(const RecurrentLayer<Real>& layer, const BatchLimits& limits, LayerUse use,
                PlainScratch<Real>& scratch, MemoryPlan& plan) {
  const std::size_t H = layer.hidden_size(), G = layer.gate_count();
  const std::size_t late = describe(layer.kind()).late_gates;
  plan.add(scratch.U_x, {use.shared ? limits.distinct : limits.tokens, G * H});
  plan.add(scratch.W_h, {limits.rows, (G - late) * H});
  plan.add(scratch.late_in, {limits.rows, late * H});
  plan.add(scratch.late_out, {limits.rows, late * H});
}

/// The memory of the weights that a forward pass of such a cell multiplies.
template <typename Real>
void plan_plain_weights(const RecurrentLayer<Real>& layer, PlainWeights<Real>& weights,
                        MemoryPlan& plan) {
  const std::size_t H = layer.hidden_size(), GH = layer.gate_count() * H;
  const std::size_t late = describe(layer.kind()).late_gates * H;
  weights.U.plan(layer.input_size(), GH, plan);
  weights.W.plan(H, GH - late, plan);
  if (late > 0) weights.late_W.plan(H, late, plan);
}

/// The memory of a training step of such a cell.
template <typename Real>
void plan_plain_step(const RecurrentLayer<Real>& layer, const BatchLimits& limits, LayerUse use,
                     RecurrentCache<Real>& cache, MemoryPlan& plan) {
  const std::size_t N = limits.tokens, I = layer.input_size(), H = layer.hidden_size();
  PlainWeights<Real>& weights = cache.plain_weights;
  plan.begin_part(kForwardPart);
  plan.add(cache.h_prev, {N, H});
  plan_plain(layer, limits, use, cache.plain, plan);
  plan_plain_weights(layer, weights, plan);
  plan.begin_part(kBackwardPart);
  plan.add(cache.dz, {N, saved_count(layer.kind()) * H});
  plan.add(cache.plain.W_dz, {limits.rows, H});
  const std::size_t late = describe(layer.kind()).late_gates * H;
  weights.W_back.plan(layer.gate_count() * H - late, H, plan);
  if (late > 0) weights.late_W_back.plan(late, H, plan);
  if (use.shared) plan.add(cache.plain.x, {N, I});
  if (use.shared && use.dx) plan.add(cache.plain.dx, {N, I});
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

bool has_kernels(const CellKind& kind) {
  switch (kind.cell) {
    case Cell::kRnn:
    case Cell::kLstm:
      return true;
    case Cell::kGru:
      return false;
  }
  return false;
}

template <typename Real>
RecurrentLayer<Real>::RecurrentLayer(const std::string& name, std::size_t input, std::size_t hidden,
                                     CellKind kind, Direction direction)
    : U(name + ".U", {unroll::gate_count(kind.cell) * hidden, input}),
      W(name + ".W", {unroll::gate_count(kind.cell) * hidden, hidden}),
      b(name + ".b", {unroll::gate_count(kind.cell) * hidden}),
      d(describe(kind).has_d ? Parameter<Real>(name + ".d", {hidden}) : Parameter<Real>()),
      kind_(kind),
      direction_(direction) {}

template <typename Real>
ParameterList<Real> RecurrentLayer<Real>::parameters() {
  if (describe(kind_).has_d) return {&U, &W, &b, &d};
  return {&U, &W, &b};
}

template <typename Real>
RecurrentState<Real> RecurrentLayer<Real>::zero_state(std::size_t batch) const {
  const Tensor<Real> zero({batch, hidden_size()});
  return {zero, describe(kind_).has_C ? zero : Tensor<Real>()};
}

template <typename Real>
bool RecurrentLayer<Real>::multiplies_pairs() const {
  return std::is_same_v<Real, float> && precision_ == Precision::kBFloat16 &&
         multiplies_bfloat16() && input_size() % 2 == 0 && hidden_size() % 2 == 0;
}

template <typename Real>
bool RecurrentLayer<Real>::has_narrow_weights() const {
  return std::is_same_v<Real, float> && precision_ == Precision::kBFloat16 && !multiplies_pairs();
}

template <typename Real>
void RecurrentLayer<Real>::forward(const RaggedShape& shape, const RecurrentInput<Real>& input,
                                   RecurrentState<Real>& state, RecurrentCache<Real>& cache,
                                   MatrixView<Real> h) const {
  check(shape, input, state, h);
  RecurrentOperands<Real>& full = cache;
  if (is_plain()) {
    plain_forward(*this, shape, input, state, cache, h);
  } else {
    choose<Real>(multiplies_pairs(), full, cache.in_pairs,
                 [&]<typename Operand>(RecurrentOperands<Operand>& operands) {
                   ForwardPass<Real, Operand>{*this, shape, input, cache, operands}.run(state, h);
                 });
  }
  take_last<Real>(shape, direction_, h, state.h);
  if (!state.C.empty()) take_last<Real>(shape, direction_, cache.C.matrix(), state.C);
}

template <typename Real>
void RecurrentLayer<Real>::plan(const BatchLimits& limits, LayerUse use,
                                RecurrentCache<Real>& cache, MemoryPlan& plan) const {
  const std::size_t N = limits.tokens, H = hidden_size(), GH = gate_count() * H;
  const bool has_C = describe(kind_).has_C, pairs = multiplies_pairs();
  plan.begin_part(kForwardPart);
  plan.add(cache.gates, {N, saved_count(kind_) * H});
  plan.add(cache.C, {has_C ? N : 0, H});
  plan.add(cache.C_0, {has_C ? limits.rows : 0, H});
  if (is_plain()) return plan_plain_step(*this, limits, use, cache, plan);
  plan.add(cache.projected, {use.shared ? limits.distinct : 0, GH});
  if (has_narrow_weights()) cache.narrow.plan(H, gate_count(), plan);
  RecurrentOperands<Real>& full = cache;
  choose<Real>(pairs, full, cache.in_pairs, [&](auto& operands) {
    plan_operands(*this, limits, use, pairs || !cache.once, operands, plan);
  });
}

template <typename Real>
void RecurrentLayer<Real>::plan(RecurrentWeights<Real>& weights, MemoryPlan& plan) const {
  if (is_plain()) return plan_plain_weights(*this, weights.plain, plan);
  choose<Real>(multiplies_pairs(), weights.full, weights.in_pairs, [&](auto& panels) {
    panels.plan_weights(input_size(), hidden_size(), gate_count(), plan);
  });
  if (has_narrow_weights()) weights.narrow.plan(hidden_size(), gate_count(), plan);
}

template <typename Real>
void RecurrentLayer<Real>::plan(const BatchLimits& limits, LayerUse use,
                                RecurrentScratch<Real>& scratch, MemoryPlan& plan) const {
  const std::size_t H = hidden_size(), GH = gate_count() * H;
  if (is_plain()) {
    plan_plain(*this, limits, use, scratch.plain, plan);
    for (Tensor<Real>& h_prev : scratch.plain.h_prev) plan.add(h_prev, {limits.rows, H});
    return;
  }
  const std::size_t few = std::min(limits.tokens, limits.steps * (kFewRows - 1));
  plan.add(scratch.projected, {use.shared ? limits.distinct : few, GH});
  choose<Real>(multiplies_pairs(), scratch.full, scratch.in_pairs, [&](auto& operands) {
    for (auto& h_prev : operands.h_prev) plan.add(h_prev, {limits.rows, H});
    if (precision_ == Precision::kFull) return;
    plan.add(operands.x, {use.shared ? limits.distinct : limits.tokens, input_size()});
  });
}

template <typename Real>
void RecurrentLayer<Real>::backward(const RaggedShape& shape, const RecurrentInput<Real>& input,
                                    RecurrentCache<Real>& cache, MatrixView<const Real> dh,
                                    RecurrentState<Real>& dstate, MatrixView<Real> dx) {
  check(shape, input, dstate, dh);
  if (!dx.empty()) require("dx", dx.shape(), input.x.shape());
  for (Parameter<Real>* parameter : parameters()) parameter->make_grad();
  if (is_plain()) return plain_backward(*this, shape, input, cache, dh, dstate, dx);
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
  if (is_plain()) {
    pack_plain(*this, weights.plain);
    return weights;
  }
  choose<Real>(multiplies_pairs(), weights.full, weights.in_pairs, [&](auto& panels) {
    panels.pack_weights(U.value.matrix(), W.value.matrix(), precision_);
  });
  if constexpr (std::is_same_v<Real, float>) {
    if (has_narrow_weights()) weights.narrow.pack(weights.full);
  }
  return weights;
}

template <typename Real>
void RecurrentLayer<Real>::project(MatrixView<const Real> x, const RecurrentWeights<Real>& weights,
                                   MatrixView<Real> projected) const {
  if (is_plain()) return project_rows<Real>(*this, x, weights.plain.U, projected);
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
    const NarrowPanels* narrow = weights.narrow.empty() ? nullptr : &weights.narrow;
    InferencePass<Real, Operand>{*this, shape, panels, narrow, operands, scratch.projected}.run(
        input, projected, state, h);
  };
  if (is_plain()) {
    plain_infer(*this, shape, input, weights.plain, projected, state, scratch.plain, h);
  } else if (weights.in_pairs.rows() > 0) {
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
  const Shape of_C = describe(kind_).has_C ? state.h.shape() : Shape();
  require("state.C", state.C.shape(), of_C);
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
