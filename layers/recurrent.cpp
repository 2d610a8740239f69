#include "unroll/layers/recurrent.h"

#include <algorithm>
#include <bit>

#include <fmt/format.h>

#include "unroll/core/error.h"
#include "unroll/kernels/half.h"
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

/// The memory of a training step over operands of one type.
template <typename Operand, typename Real>
void plan_operands(const RecurrentLayer<Real>& layer, const BatchLimits& limits, LayerUse use,
                   RecurrentPass<Real>& pass, MemoryPlan& plan) {
  const std::size_t N = limits.tokens, M = use.shared ? limits.distinct : N;
  const std::size_t I = layer.input_size(), H = layer.hidden_size(), GH = layer.gate_count() * H;
  auto& weights = operands<Operand>(pass.weights);
  auto& record = operands<Operand>(pass.record);
  auto& scratch = operands<Operand>(pass.scratch);
  plan.begin_part(kForwardPart);
  plan.add(record.h_prev, {N, H});
  weights.forward.plan_weights(I, H, layer.gate_count(), plan);
  if (layer.precision() == Precision::kBFloat16) plan.add(record.x, {M, I});
  plan.begin_part(kBackwardPart);
  if (!overwrites_gates<Operand>(pass.record)) {
    plan.add(scratch.dz, {N, saved_count(layer.kind()) * H});
  }
  if (use.shared && !std::is_same_v<Operand, Real>) plan.add(scratch.dz_of_rows, {M, GH});
  weights.W.plan(GH, H, plan);
  if (use.dx) weights.U.plan(GH, I, plan);
  scratch.gradient.resize(std::max(scratch.gradient.size(), use.threads));
  const std::size_t separate =
      std::max(gradient_scratch<Real, Operand>(I, 1), gradient_scratch<Real, Operand>(H, 1));
  const std::size_t values = use.shared ? separate : gradient_scratch<Real, Operand>(I + H, 2);
  for (std::size_t thread = 0; thread < use.threads; ++thread) {
    plan.add(scratch.gradient[thread], {values});
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
                     RecurrentPass<Real>& pass, MemoryPlan& plan) {
  const std::size_t N = limits.tokens, I = layer.input_size(), H = layer.hidden_size();
  const std::size_t late = describe(layer.kind()).late_gates * H;
  PlainWeights<Real>& weights = pass.weights.plain;
  PlainScratch<Real>& scratch = pass.scratch.plain;
  plan.begin_part(kForwardPart);
  plan.add(pass.record.full.h_prev, {N, H});
  plan_plain(layer, limits, use, scratch, plan);
  plan_plain_weights(layer, weights, plan);
  plan.begin_part(kBackwardPart);
  plan.add(pass.scratch.full.dz, {N, saved_count(layer.kind()) * H});
  plan.add(scratch.W_dz, {limits.rows, H});
  weights.W_back.plan(layer.gate_count() * H - late, H, plan);
  if (late > 0) weights.late_W_back.plan(late, H, plan);
  if (use.shared) plan.add(scratch.x, {N, I});
  if (use.shared && use.dx) plan.add(scratch.dx, {N, I});
}

/// Whether all values are within ±most. By their bits, which the compiler makes vectors of; those
/// of what is no number are larger than any number's.
bool are_within(float most, std::span<const float> values) {
  const auto size_of = [](float x) { return std::bit_cast<std::uint32_t>(x) & 0x7fffffffU; };
  const std::uint32_t limit = size_of(most);
  std::uint32_t beyond = 0;
  for (const float value : values) beyond |= limit - size_of(value);
  return beyond >> 31 == 0;  // no difference is negative
}

/// Throws Error (kInternal) if a value leaves ±most: Float16 might overflow, and nobody would see.
void require_within(double most, MatrixView<const float> values, const char* name) {
  for (std::size_t r = 0; r < values.rows(); ++r) {
    if (are_within(static_cast<float>(most), values.row(r))) continue;
    throw Error(ErrorKind::kInternal,
                fmt::format("recurrent layer: row {} of {} has values beyond {}, for which its "
                            "weights were packed as float16",
                            r, name, most));
  }
}

/// body.operator()<Operand>(), for the operands of training: they are BFloat16 if `pairs`.
template <typename Real, typename Body>
void for_operands(bool pairs, Body body) {
  if constexpr (std::is_same_v<Real, float>) {
    if (pairs) return body.template operator()<BFloat16>();
  }
  body.template operator()<Real>();
}

/// body.operator()<Operand>(), for the operands of inference: they are Float16 if `halves`.
template <typename Real, typename Body>
void for_inference_operands(bool halves, bool pairs, Body body) {
  if constexpr (std::is_same_v<Real, float>) {
    if (halves) return body.template operator()<Float16>();
  }
  for_operands<Real>(pairs, body);
}

/// body.operator()<Operand>(), for the operands that these weights are packed as.
template <typename Real, typename Body>
void for_packed_operands(const RecurrentWeights<Real>& weights, Body body) {
  for_inference_operands<Real>(weights.halves.forward.rows() > 0, weights.pairs.forward.rows() > 0,
                               body);
}

/// (N, H): what rows had before each token's step, of states after each step, `all` (N, H), and
/// before the first one, `first` (B, H).
template <typename Real>
Tensor<Real> gather_before(const RaggedShape& shape, Direction direction, const Tensor<Real>& all,
                           const Tensor<Real>& first) {
  Tensor<Real> before(all.shape());
  for (std::size_t position = 0; position < shape.steps(); ++position) {
    const WalkStep walk = walk_step(shape, direction, position, {0, shape.batch()});
    const std::size_t token = walk.here.token, come = walk.come(), begin = walk.here.count - come;
    copy_rows<Real>(rows_of(all, walk.before.token, come), rows_of(before, token, come));
    copy_rows<Real>(rows_of(first, walk.here.row + come, begin),
                    rows_of(before, token + come, begin));
  }
  return before;
}

/// The states that `gather_before` would have made `before` of. Those after each row's last step
/// are not among them.
template <typename Real>
void scatter_before(const RaggedShape& shape, Direction direction, const Tensor<Real>& before,
                    Tensor<Real>& all, Tensor<Real>& first) {
  const std::size_t H = before.matrix().columns();
  all.resize({shape.tokens(), H});
  first.resize({shape.batch(), H});
  for (std::size_t position = 0; position < shape.steps(); ++position) {
    const WalkStep walk = walk_step(shape, direction, position, {0, shape.batch()});
    const std::size_t token = walk.here.token, come = walk.come(), begin = walk.here.count - come;
    copy_rows<Real>(rows_of(before, token, come), rows_of(all, walk.before.token, come));
    copy_rows<Real>(rows_of(before, token + come, begin),
                    rows_of(first, walk.here.row + come, begin));
  }
}

/// `values` in the layer's own type.
template <typename Real, typename Operand>
Tensor<Real> in_full(const Tensor<Operand>& values) {
  if constexpr (std::is_same_v<Operand, Real>) {
    return values;
  } else {
    Tensor<Real> full(values.shape());
    std::ranges::transform(values.values(), full.data(),
                           [](Operand value) { return to_float(value); });
    return full;
  }
}

}  // namespace

double largest_h(const CellKind& kind) {
  switch (kind.cell) {
    case Cell::kLstm:
    case Cell::kGru:
      return 1;
    case Cell::kRnn:
      break;
  }
  switch (kind.activation) {
    case Activation::kTanh:
    case Activation::kSigmoid:
      return 1;
    case Activation::kRelu:
      break;
  }
  return kAnySize;
}

bool has_kernels(const CellKind& kind) {
  switch (kind.cell) {
    case Cell::kRnn:
    case Cell::kLstm:
      return true;
    case Cell::kGru:
      break;
  }
  switch (kind.reset) {
    case GruReset::kAfter:
      return true;
    case GruReset::kBefore:
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
bool RecurrentLayer<Real>::multiplies_halves() const {
  return std::is_same_v<Real, float> && precision_ == Precision::kFloat16 &&
         input_size() % 2 == 0 && hidden_size() % 2 == 0;
}

template <typename Real>
std::vector<std::string> RecurrentLayer<Real>::beyond_float16(double largest_x) const {
  std::vector<std::string> names;
  if constexpr (std::is_same_v<Real, float>) {
    if (!fits_float16(U.value.matrix(), largest_x)) names.push_back(U.name);
    if (!fits_float16(W.value.matrix(), largest_h(kind_))) names.push_back(W.name);
  }
  return names;
}

template <typename Real>
Precision RecurrentLayer<Real>::precision_of(const RecurrentWeights<Real>& weights) const {
  if (is_plain() || (precision_ == Precision::kFloat16 && weights.halves.forward.rows() == 0)) {
    return Precision::kFull;
  }
  return precision_;
}

template <typename Real>
void RecurrentLayer<Real>::forward(const RaggedShape& shape, const RecurrentInput<Real>& input,
                                   RecurrentState<Real>& state, RecurrentPass<Real>& pass,
                                   MatrixView<Real> h) const {
  check(shape, input, state, h);
  pass.record.spent = false;
  if (is_plain()) {
    plain_forward(*this, shape, input, state, pass, h);
  } else {
    for_operands<Real>(multiplies_pairs(), [&]<typename Operand>() {
      ForwardPass<Real, Operand>(*this, shape, input, pass).run(state, h);
    });
  }
  take_last<Real>(shape, direction_, h, state.h);
  if (!state.C.empty()) take_last<Real>(shape, direction_, pass.record.C.matrix(), state.C);
}

template <typename Real>
void RecurrentLayer<Real>::plan(const BatchLimits& limits, LayerUse use, RecurrentPass<Real>& pass,
                                MemoryPlan& plan) const {
  const std::size_t N = limits.tokens, H = hidden_size(), GH = gate_count() * H;
  const bool has_C = describe(kind_).has_C;
  plan.begin_part(kForwardPart);
  plan.add(pass.record.gates, {N, saved_count(kind_) * H});
  plan.add(pass.record.C, {has_C ? N : 0, H});
  plan.add(pass.record.C_0, {has_C ? limits.rows : 0, H});
  if (is_plain()) return plan_plain_step(*this, limits, use, pass, plan);
  if (keeps_unrounded_h(*this)) {
    plan.add(pass.record.h, {N, H});
    plan.add(pass.record.h_0, {limits.rows, H});
  }
  if (describe(kind_).keeps_h) plan.add(pass.scratch.W_dz, {limits.rows, H});
  plan.add(pass.scratch.input_sums, {use.shared ? limits.distinct : 0, GH});
  for_operands<Real>(multiplies_pairs(), [&]<typename Operand>() {
    if (keeps_narrow_weights<Operand>(*this)) pass.weights.narrow.plan(H, gate_count(), plan);
    plan_operands<Operand>(*this, limits, use, pass, plan);
  });
}

template <typename Real>
void RecurrentLayer<Real>::plan(RecurrentWeights<Real>& weights, MemoryPlan& plan) const {
  if (is_plain()) return plan_plain_weights(*this, weights.plain, plan);
  for_inference_operands<Real>(multiplies_halves(), multiplies_pairs(), [&]<typename Operand>() {
    operands<Operand>(weights).forward.plan_weights(input_size(), hidden_size(), gate_count(),
                                                    plan);
    if (keeps_narrow_weights<Operand>(*this)) {
      weights.narrow.plan(hidden_size(), gate_count(), plan);
    }
  });
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
  plan.add(scratch.input_sums, {use.shared ? limits.distinct : few, GH});
  for_inference_operands<Real>(multiplies_halves(), multiplies_pairs(), [&]<typename Operand>() {
    auto& own = operands<Operand>(scratch);
    for (Tensor<Operand>& h_prev : own.h_prev) plan.add(h_prev, {limits.rows, H});
    if (std::is_same_v<Operand, Real> && !rounds_in_place<Operand>(*this)) return;
    plan.add(own.x, {use.shared ? limits.distinct : limits.tokens, input_size()});
  });
}

template <typename Real>
void RecurrentLayer<Real>::backward(const RaggedShape& shape, const RecurrentInput<Real>& input,
                                    RecurrentPass<Real>& pass, MatrixView<const Real> dh,
                                    RecurrentState<Real>& dstate, MatrixView<Real> dx) {
  check(shape, input, dstate, dh);
  check(shape, pass.record);
  if (!dx.empty()) require("dx", dx.shape(), input.x.shape());
  for (Parameter<Real>* parameter : {&U, &W, &b, &d}) parameter->make_grad();
  pass.record.spent = pass.record.once;
  if (is_plain()) return plain_backward(*this, shape, input, pass, dh, dstate, dx);
  for_operands<Real>(multiplies_pairs(), [&]<typename Operand>() {
    BackwardPass<Real, Operand>(*this, shape, input, pass).run(dh, dstate, dx);
  });
}

template <typename Real>
RecurrentInspection<Real> RecurrentLayer<Real>::inspect(const RaggedShape& shape,
                                                        const RecurrentPass<Real>& pass) const {
  const RecurrentRecord<Real>& record = pass.record;
  check(shape, record);
  RecurrentInspection<Real> seen{
      .gates = record.gates, .h_prev = {}, .C = record.C, .C_prev = {}, .dz = {}};
  for_operands<Real>(!is_plain() && multiplies_pairs(), [&]<typename Operand>() {
    seen.h_prev = in_full<Real>(operands<Operand>(record).h_prev);
    seen.dz = in_full<Real>(operands<Operand>(pass.scratch).dz);
  });
  if (!seen.C.empty()) {
    seen.C_prev = gather_before<Real>(shape, direction_, record.C, record.C_0);
  }
  if (!is_plain() && keeps_unrounded_h(*this)) {
    seen.h_prev = gather_before<Real>(shape, direction_, record.h, record.h_0);
  }
  return seen;
}

template <typename Real>
void RecurrentLayer<Real>::restore(const RaggedShape& shape, const RecurrentInspection<Real>& seen,
                                   RecurrentPass<Real>& pass) const {
  RecurrentRecord<Real>& record = pass.record;
  record.gates = seen.gates;
  if (!seen.C.empty()) {
    scatter_before<Real>(shape, direction_, seen.C_prev, record.C, record.C_0);
  }
  record.C = seen.C;
  if (!is_plain() && keeps_unrounded_h(*this)) {
    scatter_before<Real>(shape, direction_, seen.h_prev, record.h, record.h_0);
  }
  record.spent = false;
  if (is_plain()) {
    record.full.h_prev = seen.h_prev;
    return;
  }
  for_operands<Real>(multiplies_pairs(), [&]<typename Operand>() {
    Tensor<Operand>& h_prev = operands<Operand>(record).h_prev;
    h_prev.resize(seen.h_prev.shape());
    set_operands<Real, Operand>(*this, seen.h_prev.matrix(), h_prev.matrix());
  });
}

template <typename Real>
RecurrentWeights<Real> RecurrentLayer<Real>::pack(double largest_x) const {
  RecurrentWeights<Real> weights;
  if (is_plain()) {
    pack_plain(*this, weights.plain);
    return weights;
  }
  const bool halves = multiplies_halves() && beyond_float16(largest_x).empty();
  weights.largest_x = largest_x;
  for_inference_operands<Real>(halves, multiplies_pairs(), [&]<typename Operand>() {
    auto& panels = operands<Operand>(weights).forward;
    panels.pack_weights(U.value.matrix(), W.value.matrix(), precision_);
    if constexpr (std::is_same_v<Operand, float>) {
      if (keeps_narrow_weights<Operand>(*this)) weights.narrow.pack(panels);
    }
  });
  return weights;
}

template <typename Real>
void RecurrentLayer<Real>::project(MatrixView<const Real> x, const RecurrentWeights<Real>& weights,
                                   MatrixView<Real> projected) const {
  if (is_plain()) return project_rows<Real>(*this, x, weights.plain.U, projected);
  for_packed_operands(weights, [&]<typename Operand>() {
    if constexpr (std::is_same_v<Operand, Float16>) {
      require_within(weights.largest_x, x, "x");
    }
    Tensor<Operand> rounded;
    project_rows<Real>(*this, operands_of(*this, x, rounded), operands<Operand>(weights).forward,
                       projected);
  });
}

template <typename Real>
void RecurrentLayer<Real>::infer(const RaggedShape& shape, const RecurrentInput<Real>& input,
                                 const RecurrentWeights<Real>& weights,
                                 MatrixView<const Real> projected, RecurrentState<Real>& state,
                                 RecurrentScratch<Real>& scratch, MatrixView<Real> h) const {
  check(shape, input, state, h);
  if (is_plain()) {
    plain_infer(*this, shape, input, weights.plain, projected, state, scratch.plain, h);
  } else {
    for_packed_operands(weights, [&]<typename Operand>() {
      if constexpr (std::is_same_v<Operand, Float16>) {
        if (projected.empty()) require_within(weights.largest_x, input.x, "x");
        require_within(1, state.h.matrix(), "h_0");
      }
      InferencePass<Real, Operand>(*this, shape, weights, scratch).run(input, projected, state, h);
    });
  }
  take_last<Real>(shape, direction_, h, state.h);
}

/// Whether the sizes fit; `state` and `h` may be their gradients.
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

/// A record that a backward pass may read.
template <typename Real>
void RecurrentLayer<Real>::check(const RaggedShape& shape,
                                 const RecurrentRecord<Real>& record) const {
  if (record.spent) {
    throw Error(ErrorKind::kInternal,
                "recurrent layer: a backward pass has overwritten the record, which was planned to "
                "be used once; run forward again");
  }
  require("record", record.gates.shape(), {shape.tokens(), saved_count(kind_) * hidden_size()});
}

template class RecurrentLayer<float>;
template class RecurrentLayer<double>;

}  // namespace unroll
