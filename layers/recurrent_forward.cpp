#include "unroll/core/parallel.h"
#include "unroll/layers/recurrent_pass.h"

namespace unroll {

namespace {

/// The first token of the steps that have few rows.
std::size_t first_of_few(const RaggedShape& shape) {
  std::size_t t = shape.steps();
  while (t > 0 && shape.active(t - 1) < kFewRows) --t;
  return t == shape.steps() ? shape.tokens() : shape.offset(t);
}

/// b + U x for some rows of x.
template <typename Real, typename Operand>
void project_some(const RecurrentLayer<Real>& layer, MatrixView<const Operand> x,
                  const Panels<Operand>& weights, Range rows, MatrixView<Real> projected) {
  project<Real>(x.row_range(rows.begin, rows.size()), weights, layer.b.value.values(),
                projected.row_range(rows.begin, rows.size()));
}

/// b + U x before a walk: threads that will share units begin with theirs, which alone they need.
template <typename Real, typename Operand>
void project_for_walk(const RecurrentLayer<Real>& layer, MatrixView<const Operand> x,
                      const Panels<Operand>& weights, const RaggedShape& shape,
                      MatrixView<Real> projected) {
  if (x.rows() == 0) return;
  if (!shares_units(shape)) return project_rows(layer, x, weights, projected);
  parallel_shares(layer.hidden_size(), unit_grain<Real, Operand>(), [&](Range units) {
    project<Real>(x, weights, layer.b.value.values(), projected, units);
  });
}

}  // namespace

template <typename Real, typename Operand>
void project_rows(const RecurrentLayer<Real>& layer, MatrixView<const Operand> x,
                  const Panels<Operand>& weights, MatrixView<Real> projected) {
  parallel_shares(x.rows(), kProductGrain,
                  [&](Range rows) { project_some(layer, x, weights, rows, projected); });
}

template <typename Real, typename Operand>
InputProducts<Real, Operand>::InputProducts(const RaggedShape& shape, MatrixView<const Operand> x_,
                                            std::span<const std::int32_t> rows_)
    : x(x_), rows(rows_), few(first_of_few(shape)) {}

template <typename Real, typename Operand>
MatrixView<const Operand> InputProducts<Real, Operand>::to_project() const {
  return rows.empty() ? x.row_range(few, x.rows() - few) : x;
}

template <typename Real, typename Operand>
ProductOfInput<Real, Operand> InputProducts<Real, Operand>::of(std::size_t token,
                                                               std::size_t count) const {
  if (!rows.empty()) return {{}, projected, rows.subspan(token, count)};
  if (token < few) return {x.row_range(token, count), {}, {}};
  return {{}, projected.row_range(token - few, count), {}};
}

// Inlined, or GCC drops the call: to it a function that only prefetches has no effect.
template <typename Real, typename Operand>
[[gnu::always_inline]] inline void InputProducts<Real, Operand>::ask_for(const StepRows& step,
                                                                         Range units,
                                                                         std::size_t gates) const {
  if (rows.empty()) return;
  const std::size_t H = projected.columns() / gates;
  for (std::size_t n = step.token; n < step.token + step.count; ++n) {
    const Real* const row = projected.row(static_cast<std::size_t>(rows[n])).data();
    for (std::size_t gate = 0; gate < gates; ++gate) {
      for (std::size_t k = units.begin; k < units.end; k += kAlignment / sizeof(Real)) {
        __builtin_prefetch(row + gate * H + k);
      }
    }
  }
}

template <typename Real, typename Operand>
void ForwardPass<Real, Operand>::run(const RecurrentState<Real>& state, MatrixView<Real> h) {
  const std::size_t N = shape_.tokens(), H = layer_.hidden_size(), GH = layer_.gate_count() * H;
  const ThreadLimit limit(walk_threads(shape_, H, unit_grain<Real, Operand>()));
  record_.gates.resize({N, saved_count(layer_.kind()) * H});
  record_.C.resize(state.C.empty() ? Shape() : Shape{N, H});
  record_.C_0 = state.C;
  operands_.h_prev.resize({N, H});
  weights_.resize_weights(layer_.U.value.matrix(), layer_.W.value.matrix());
  if constexpr (std::is_same_v<Operand, float>) {
    if (reads_narrow_weights()) narrow_.resize(weights_);
  }

  // U x_t of few rows goes where the gates will be.
  InputProducts<Real, Operand> products(shape_, operands_of(layer_, input_.x, operands_.x),
                                        input_.rows);
  MatrixView<Real> projected =
      rows_of(record_.gates, products.few, N - products.few).column_range(0, GH);
  if (!input_.rows.empty()) {
    input_sums_.resize({input_.x.rows(), GH});
    projected = input_sums_.matrix();
  }
  products.projected = projected;
  for (std::size_t row = 0; row < shape_.batch(); ++row) {
    const std::size_t first = first_token(shape_, layer_.direction(), row);
    set_operands<Real, Operand>(layer_, state.h.matrix().row_range(row, 1),
                                operands_.h_prev.matrix().row_range(first, 1));
  }
  pack_weights();
  project_for_walk(layer_, products.to_project(), weights_, shape_, projected);
  share_walk(shape_, {0, shape_.steps()}, WalkOrder::kAscending, H, unit_grain<Real, Operand>(),
             [&](const WalkShare& share) { walk(share, products, state.h.matrix(), h); });
  if (keeps_unrounded_h(layer_)) {
    record_.h_0 = state.h;
    record_.h.resize({N, H});
    copy_rows<Real>(h, record_.h.matrix());
  }
}

/// A batch of few rows does.
template <typename Real, typename Operand>
bool ForwardPass<Real, Operand>::reads_narrow_weights() const {
  return shape_.batch() <= kNarrowRows && keeps_narrow_weights<Operand>(layer_);
}

template <typename Real, typename Operand>
void ForwardPass<Real, Operand>::pack_weights() {
  parallel_shares(weights_.count(), 2, [&](Range panels) {  // of narrow ones two may be one
    weights_.fill_weights(layer_.U.value.matrix(), layer_.W.value.matrix(), layer_.precision(),
                          panels);
    if constexpr (std::is_same_v<Operand, float>) {
      if (reads_narrow_weights()) narrow_.fill(weights_, panels);
    }
  });
}

template <typename Real, typename Operand>
void ForwardPass<Real, Operand>::walk(const WalkShare& share,
                                      const InputProducts<Real, Operand>& products,
                                      MatrixView<const Real> h_0, MatrixView<Real> h) {
  const NarrowPanels* const narrow = reads_narrow_weights() ? &narrow_ : nullptr;
  for (std::size_t position = share.positions.begin; position < share.positions.end; ++position) {
    const WalkStep walk = walk_step(shape_, layer_.direction(), position, share.rows);
    const auto [token, row, count] = walk.here;
    if (count > 0) {
      const auto h_next = rows_of(operands_.h_prev, walk.after.token, walk.go_on());
      fused_step<Real, Operand>(layer_.kind(), {.weights = &weights_,
                                                .b = layer_.b.value.values(),
                                                .units = share.units,
                                                .in = products.of(token, count),
                                                .h_prev = rows_of(operands_.h_prev, token, count),
                                                .d = layer_.d.value.values(),
                                                .h_kept = h_before<Real>(h, h_0, walk),
                                                .C_prev = C_before(record_, walk),
                                                .saved = rows_of(record_.gates, token, count),
                                                .C = rows_of(record_.C, token, count),
                                                .h = h.row_range(token, count),
                                                .h_next = h_next,
                                                .precision = layer_.precision(),
                                                .narrow = narrow,
                                                .descending = is_descending(position, count)});
    }
    share.finish_step();
  }
}

template <typename Real, typename Operand>
void InferencePass<Real, Operand>::run(const RecurrentInput<Real>& input,
                                       MatrixView<const Real> known, RecurrentState<Real>& state,
                                       MatrixView<Real> h) {
  const std::size_t H = layer_.hidden_size();
  const ThreadLimit limit(walk_threads(shape_, H, unit_grain<Real, Operand>()));
  const bool is_known = !known.empty();
  const bool needs_x = !is_known || input.rows.empty();
  const MatrixView<const Operand> all =
      needs_x ? operands_of(layer_, input.x, scratch_.x) : MatrixView<const Operand>();
  InputProducts<Real, Operand> products(shape_, all, input.rows);
  products.projected = known;
  const MatrixView<const Operand> x = needs_x ? products.to_project() : all;
  if (!is_known) {
    input_sums_.resize({x.rows(), layer_.gate_count() * H});
    products.projected = input_sums_.matrix();
  }
  for (Tensor<Operand>& h_prev : scratch_.h_prev) {  // in both, for rows begin at any step
    h_prev.resize(state.h.shape());
    set_operands<Real, Operand>(layer_, state.h.matrix(), h_prev.matrix());
  }
  if (!is_known) project_for_walk(layer_, x, weights_, shape_, input_sums_.matrix());
  share_walk(shape_, {0, shape_.steps()}, WalkOrder::kAscending, H, unit_grain<Real, Operand>(),
             [&](const WalkShare& share) { walk(share, products, state, h); });
}

template <typename Real, typename Operand>
void InferencePass<Real, Operand>::walk(const WalkShare& share,
                                        const InputProducts<Real, Operand>& products,
                                        RecurrentState<Real>& state, MatrixView<Real> h) {
  for (std::size_t position = share.positions.begin; position < share.positions.end; ++position) {
    const WalkStep walk = walk_step(shape_, layer_.direction(), position, share.rows);
    const auto [token, row, count] = walk.here;
    if (walk.after.count < kFewRows) products.ask_for(walk.after, share.units, layer_.gate_count());
    if (count > 0) {
      const MatrixView<Real> C = rows_of(state.C, row, count);
      const auto h_next = rows_of(scratch_.h_prev[(position + 1) % 2], row, walk.go_on());
      fused_step<Real, Operand>(layer_.kind(),
                                {.weights = &weights_,
                                 .b = layer_.b.value.values(),
                                 .units = share.units,
                                 .in = products.of(token, count),
                                 .h_prev = rows_of(scratch_.h_prev[position % 2], row, count),
                                 .d = layer_.d.value.values(),
                                 .h_kept = h_before<Real>(h, state.h.matrix(), walk),
                                 .C_prev = {C, {}},
                                 .saved = {},
                                 .C = C,
                                 .h = h.row_range(token, count),
                                 .h_next = h_next,
                                 .precision = layer_.precision(),
                                 .narrow = narrow_,
                                 .descending = is_descending(position, count)});
    }
    share.finish_step();
  }
}

#define UNROLL_INSTANTIATE_INFERENCE(Real, Operand)                                  \
  template void project_rows(const RecurrentLayer<Real>&, MatrixView<const Operand>, \
                             const Panels<Operand>&, MatrixView<Real>);              \
  template struct InputProducts<Real, Operand>;                                      \
  template class InferencePass<Real, Operand>;
#define UNROLL_INSTANTIATE(Real, Operand)     \
  UNROLL_INSTANTIATE_INFERENCE(Real, Operand) \
  template class ForwardPass<Real, Operand>;
UNROLL_INSTANTIATE_INFERENCE(float, Float16)
UNROLL_INSTANTIATE(float, float)
UNROLL_INSTANTIATE(double, double)
UNROLL_INSTANTIATE(float, BFloat16)
#undef UNROLL_INSTANTIATE
#undef UNROLL_INSTANTIATE_INFERENCE

}  // namespace unroll
