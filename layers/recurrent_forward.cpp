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
  const std::size_t N = shape.tokens(), H = layer.hidden_size(), GH = layer.gate_count() * H;
  const ThreadLimit limit(walk_threads(shape, H, unit_grain<Real, Operand>()));
  cache.gates.resize({N, GH});
  cache.C.resize(state.C.empty() ? Shape() : Shape{N, H});
  cache.C_0 = state.C;
  operands.h_prev.resize({N, H});
  operands.weights.resize_weights(layer.U.value.matrix(), layer.W.value.matrix());
  if constexpr (std::is_same_v<Operand, float>) {
    if (shape.batch() <= kNarrowRows && rounds_in_place<Operand>(layer)) {
      cache.narrow.resize(operands.weights);
      narrow = &cache.narrow;
    }
  }

  // Of few rows U x_t goes where the gates will be.
  InputProducts<Real, Operand> products(shape, operands_of(layer, input.x, operands.x), input.rows);
  MatrixView<Real> projected = rows_of(cache.gates, products.few, N - products.few);
  if (!input.rows.empty()) {
    cache.projected.resize({input.x.rows(), GH});
    projected = cache.projected.matrix();
  }
  products.projected = projected;
  for (std::size_t row = 0; row < shape.batch(); ++row) {
    const std::size_t first = first_token(shape, layer.direction(), row);
    set_operands<Real, Operand>(layer, state.h.matrix().row_range(row, 1),
                                operands.h_prev.matrix().row_range(first, 1));
  }
  pack_weights();
  project_for_walk(layer, products.to_project(), operands.weights, shape, projected);
  share_walk(shape, {0, shape.steps()}, WalkOrder::kAscending, H, unit_grain<Real, Operand>(),
             [&](const WalkShare& share) { walk(share, products, h); });
}

template <typename Real, typename Operand>
void ForwardPass<Real, Operand>::pack_weights() {
  parallel_shares(operands.weights.count(), 1, [&](Range panels) {
    operands.weights.fill_weights(layer.U.value.matrix(), layer.W.value.matrix(), layer.precision(),
                                  panels);
    if constexpr (std::is_same_v<Operand, float>) {
      if (narrow != nullptr) cache.narrow.fill(operands.weights, panels);
    }
  });
}

template <typename Real, typename Operand>
void ForwardPass<Real, Operand>::walk(const WalkShare& share,
                                      const InputProducts<Real, Operand>& products,
                                      MatrixView<Real> h) {
  for (std::size_t position = share.positions.begin; position < share.positions.end; ++position) {
    const WalkStep walk = walk_step(shape, layer.direction(), position, share.rows);
    const auto [token, row, count] = walk.here;
    if (count > 0) {
      const auto h_next = rows_of(operands.h_prev, walk.after.token, walk.go_on());
      fused_step<Real, Operand>(layer.kind(), {.weights = &operands.weights,
                                               .b = layer.b.value.values(),
                                               .units = share.units,
                                               .in = products.of(token, count),
                                               .h_prev = rows_of(operands.h_prev, token, count),
                                               .C_prev = C_before(cache, walk),
                                               .saved = rows_of(cache.gates, token, count),
                                               .C = rows_of(cache.C, token, count),
                                               .h = h.row_range(token, count),
                                               .h_next = h_next,
                                               .precision = layer.precision(),
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
  const std::size_t H = layer.hidden_size();
  const ThreadLimit limit(walk_threads(shape, H, unit_grain<Real, Operand>()));
  const bool is_known = !known.empty();
  const bool needs_x = !is_known || input.rows.empty();
  const MatrixView<const Operand> all =
      needs_x ? operands_of(layer, input.x, scratch.x) : MatrixView<const Operand>();
  InputProducts<Real, Operand> products(shape, all, input.rows);
  products.projected = known;
  const MatrixView<const Operand> x = needs_x ? products.to_project() : all;
  if (!is_known) {
    projected.resize({x.rows(), layer.gate_count() * H});
    products.projected = projected.matrix();
  }
  for (Tensor<Operand>& h_prev : scratch.h_prev) {  // in both, for rows begin at any step
    h_prev.resize(state.h.shape());
    set_operands<Real, Operand>(layer, state.h.matrix(), h_prev.matrix());
  }
  if (!is_known) project_for_walk(layer, x, weights, shape, projected.matrix());
  share_walk(shape, {0, shape.steps()}, WalkOrder::kAscending, H, unit_grain<Real, Operand>(),
             [&](const WalkShare& share) { walk(share, products, state, h); });
}

template <typename Real, typename Operand>
void InferencePass<Real, Operand>::walk(const WalkShare& share,
                                        const InputProducts<Real, Operand>& products,
                                        RecurrentState<Real>& state, MatrixView<Real> h) {
  for (std::size_t position = share.positions.begin; position < share.positions.end; ++position) {
    const WalkStep walk = walk_step(shape, layer.direction(), position, share.rows);
    const auto [token, row, count] = walk.here;
    if (walk.after.count < kFewRows) products.ask_for(walk.after, share.units, layer.gate_count());
    if (count > 0) {
      const MatrixView<Real> C = rows_of(state.C, row, count);
      const auto h_next = rows_of(scratch.h_prev[(position + 1) % 2], row, walk.go_on());
      fused_step<Real, Operand>(layer.kind(),
                                {.weights = &weights,
                                 .b = layer.b.value.values(),
                                 .units = share.units,
                                 .in = products.of(token, count),
                                 .h_prev = rows_of(scratch.h_prev[position % 2], row, count),
                                 .C_prev = {C, {}},
                                 .saved = {},
                                 .C = C,
                                 .h = h.row_range(token, count),
                                 .h_next = h_next,
                                 .precision = layer.precision(),
                                 .narrow = narrow,
                                 .descending = is_descending(position, count)});
    }
    share.finish_step();
  }
}

#define UNROLL_INSTANTIATE(Real, Operand)                                            \
  template void project_rows(const RecurrentLayer<Real>&, MatrixView<const Operand>, \
                             const Panels<Operand>&, MatrixView<Real>);              \
  template struct InputProducts<Real, Operand>;                                      \
  template struct ForwardPass<Real, Operand>;                                        \
  template struct InferencePass<Real, Operand>;
UNROLL_INSTANTIATE(float, float)
UNROLL_INSTANTIATE(double, double)
UNROLL_INSTANTIATE(float, BFloat16)
#undef UNROLL_INSTANTIATE

}  // namespace unroll
