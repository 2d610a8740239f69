#include "unroll/layers/recurrent.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "unroll/core/error.h"
#include "unroll/kernels/ops.h"

namespace unroll {

namespace {

/// A product is worth a second thread from this many rows or columns on.
constexpr std::size_t kGrain = 16;

/// The backward pass multiplies so many tokens' ∂L/∂z into the parameters' gradients as soon as it
/// has them, while they are in the second-level cache.
constexpr std::size_t kTokensInCache = 256;

/// Steps of fewer rows than this are multiplied by U all at once: alone they would spend their time
/// reading it.
constexpr std::size_t kFewRows = 4;

void require(const char* what, const Shape& found, const Shape& expected) {
  if (found == expected) return;
  throw ShapeError(fmt::format("recurrent layer: {} is {}, expected {}", what, to_string(found),
                               to_string(expected)));
}

/// Rows first … first + count − 1; none of a tensor that the cell has no use for.
template <typename Real>
MatrixView<Real> rows_of(Tensor<Real>& tensor, std::size_t first, std::size_t count) {
  return tensor.empty() ? MatrixView<Real>() : tensor.matrix().row_range(first, count);
}

/// C_{t−1}: the C of the step before, or C_0 of rows that begin here.
template <typename Real>
ContinuedRows<const Real> C_before(RecurrentCache<Real>& cache, const WalkStep& walk) {
  return {rows_of(cache.C, walk.before.token, walk.come()),
          rows_of(cache.C_0, walk.here.row, walk.here.count)};
}

/// The first token of the steps that have few rows.
std::size_t first_of_few(const RaggedShape& shape) {
  std::size_t t = shape.steps();
  while (t > 0 && shape.active(t - 1) < kFewRows) --t;
  return t == shape.steps() ? shape.tokens() : shape.offset(t);
}

}  // namespace

template <typename Real>
RecurrentLayer<Real>::RecurrentLayer(const std::string& name, std::size_t input, std::size_t hidden,
                                     std::size_t gates, Direction direction)
    : U(name + ".U", {gates * hidden, input}),
      W(name + ".W", {gates * hidden, hidden}),
      b(name + ".b", {gates * hidden}),
      direction_(direction) {}

template <typename Real>
void RecurrentLayer<Real>::forward(const RaggedShape& shape, const RecurrentInput<Real>& input,
                                   RecurrentState<Real>& state, RecurrentCache<Real>& cache,
                                   MatrixView<Real> h) const {
  check(shape, input, state, h);
  const std::size_t N = shape.tokens(), B = shape.batch(), H = hidden_size();
  cache.gates.resize({N, gate_count() * H});
  cache.h_prev.resize({N, H});
  cache.C.resize(state.C.empty() ? Shape() : Shape{N, H});
  cache.C_0 = state.C;
  cache.weights.pack_weights(U.value.matrix(), W.value.matrix());

  // Of few rows U x_t goes where the gates will be.
  Products products{input, first_of_few(shape), {}};
  MatrixView<Real> projected = rows_of(cache.gates, products.few, N - products.few);
  if (!input.rows.empty()) {
    cache.projected.resize({input.x.rows(), gate_count() * H});
    projected = cache.projected.matrix();
  }
  products.projected = projected;
  const bool each_its_units = shares_units(shape);
  if (!each_its_units) project(products.to_project(), cache.weights, projected);

  for (std::size_t row = 0; row < B; ++row) {
    const auto first = cache.h_prev.matrix().row(first_token(shape, direction_, row));
    std::ranges::copy(state.h.matrix().row(row), first.begin());
  }
  share_walk(shape, H, unit_grain<Real>(), [&](const WalkShare& share) {
    if (each_its_units) {
      unroll::project<Real>(products.to_project(), cache.weights, b.value.values(), projected,
                            share.units);
    }
    walk_forward(shape, share, products, cache, h);
  });
  for (std::size_t row = 0; row < B; ++row) {
    const std::size_t last = last_token(shape, direction_, row);
    std::ranges::copy(h.row(last), state.h.matrix().row(row).begin());
    if (state.C.empty()) continue;
    std::ranges::copy(cache.C.matrix().row(last), state.C.matrix().row(row).begin());
  }
}

template <typename Real>
void RecurrentLayer<Real>::walk_forward(const RaggedShape& shape, const WalkShare& share,
                                        const Products& products, RecurrentCache<Real>& cache,
                                        MatrixView<Real> h) const {
  for (std::size_t position = 0; position < shape.steps(); ++position) {
    const WalkStep walk = walk_step(shape, direction_, position, share.rows);
    const auto [token, row, count] = walk.here;
    if (count > 0) {
      step_forward({.weights = &cache.weights,
                    .b = b.value.values(),
                    .units = share.units,
                    .in = products.of(token, count),
                    .h_prev = rows_of(cache.h_prev, token, count),
                    .C_prev = C_before(cache, walk),
                    .saved = rows_of(cache.gates, token, count),
                    .C = rows_of(cache.C, token, count),
                    .h = h.row_range(token, count),
                    .h_next = rows_of(cache.h_prev, walk.after.token, walk.go_on())});
    }
    share.finish_step();
  }
}

template <typename Real>
Panels<Real> RecurrentLayer<Real>::pack() const {
  Panels<Real> weights;
  weights.pack_weights(U.value.matrix(), W.value.matrix());
  return weights;
}

template <typename Real>
void RecurrentLayer<Real>::project(MatrixView<const Real> x, const Panels<Real>& weights,
                                   MatrixView<Real> projected) const {
  // [LAYOUT-rows] Z = X Uᵀ + H_prev Wᵀ + 1 bᵀ: row r of Z is z of row r
  parallel_for(x.rows(), kGrain, [&](Range rows) {
    unroll::project<Real>(x.row_range(rows.begin, rows.size()), weights, b.value.values(),
                          projected.row_range(rows.begin, rows.size()));
  });
}

template <typename Real>
void RecurrentLayer<Real>::infer(const RaggedShape& shape, const RecurrentInput<Real>& input,
                                 const Panels<Real>& weights, MatrixView<const Real> projected,
                                 RecurrentState<Real>& state, RecurrentScratch<Real>& scratch,
                                 MatrixView<Real> h) const {
  check(shape, input, state, h);
  const std::size_t H = hidden_size();
  Products products{input, first_of_few(shape), projected};
  const bool is_known = !projected.empty(), each_its_units = shares_units(shape);
  const MatrixView<const Real> x = products.to_project();
  if (!is_known) {
    scratch.projected.resize({x.rows(), gate_count() * H});
    products.projected = scratch.projected.matrix();
    if (!each_its_units) project(x, weights, scratch.projected.matrix());
  }
  scratch.h_prev[0] = scratch.h_prev[1] = state.h;
  share_walk(shape, H, unit_grain<Real>(), [&](const WalkShare& share) {
    if (!is_known && each_its_units) {
      unroll::project<Real>(x, weights, b.value.values(), scratch.projected.matrix(), share.units);
    }
    walk_inference(shape, share, products, weights, state, scratch, h);
  });
  for (std::size_t row = 0; row < shape.batch(); ++row) {
    std::ranges::copy(h.row(last_token(shape, direction_, row)), state.h.matrix().row(row).begin());
  }
}

template <typename Real>
void RecurrentLayer<Real>::walk_inference(const RaggedShape& shape, const WalkShare& share,
                                          const Products& products, const Panels<Real>& weights,
                                          RecurrentState<Real>& state,
                                          RecurrentScratch<Real>& scratch,
                                          MatrixView<Real> h) const {
  for (std::size_t position = 0; position < shape.steps(); ++position) {
    const WalkStep walk = walk_step(shape, direction_, position, share.rows);
    const auto [token, row, count] = walk.here;
    if (count > 0) {
      const MatrixView<Real> C = rows_of(state.C, row, count);
      step_forward({.weights = &weights,
                    .b = b.value.values(),
                    .units = share.units,
                    .in = products.of(token, count),
                    .h_prev = rows_of(scratch.h_prev[position % 2], row, count),
                    .C_prev = {C, {}},
                    .saved = {},
                    .C = C,
                    .h = h.row_range(token, count),
                    .h_next = rows_of(scratch.h_prev[(position + 1) % 2], row, walk.go_on())});
    }
    share.finish_step();
  }
}

template <typename Real>
MatrixView<const Real> RecurrentLayer<Real>::Products::to_project() const {
  return input.rows.empty() ? input.x.row_range(few, input.x.rows() - few) : input.x;
}

template <typename Real>
ProductOfInput<Real> RecurrentLayer<Real>::Products::of(std::size_t token,
                                                        std::size_t count) const {
  if (!input.rows.empty()) return {{}, projected, input.rows.subspan(token, count)};
  if (token < few) return {input.x.row_range(token, count), {}, {}};
  return {{}, projected.row_range(token - few, count), {}};
}

template <typename Real>
void RecurrentLayer<Real>::backward(const RaggedShape& shape, const RecurrentInput<Real>& input,
                                    RecurrentCache<Real>& cache, MatrixView<const Real> dh,
                                    RecurrentState<Real>& dstate, MatrixView<Real> dx) {
  check(shape, input, dstate, dh);
  const std::size_t N = shape.tokens(), B = shape.batch(), H = hidden_size();
  if (!dx.empty()) require("dx", dx.shape(), input.x.shape());
  cache.dz.resize({N, gate_count() * H});
  cache.W.pack(W.value.matrix());
  if (!dx.empty()) cache.U.pack(U.value.matrix());
  const bool shared = !input.rows.empty();
  cache.dprojected.resize({shared ? input.x.rows() : 0, gate_count() * H});
  cache.dprojected.fill(0);
  const MatrixView<const Real> dz = shared ? cache.dprojected.matrix() : cache.dz.matrix();
  cache.scratch.resize(thread_count());
  share_walk(shape, H, unit_grain<Real>(), [&](const WalkShare& share) {
    Team& team = share.team;
    Tensor<Real>& scratch = cache.scratch[team.index()];
    // Each thread owns some columns of dz, and the rows of U, W and b that belong to them.
    const Range columns = part_of(dz.columns(), team.index(), team.size(), kGrain);
    for (std::size_t end = shape.steps(); end > 0;) {
      const WalkChunk chunk = chunk_before(shape, direction_, end, kTokensInCache);
      walk_backward(shape, share, chunk.positions, cache, dh, dstate);
      team.meet();
      add_gradients(input, chunk.tokens, columns, cache, scratch);
      end = chunk.positions.begin;
    }
    if (shared) {
      unroll::add_gradients<Real>(dz.column_range(columns.begin, columns.size()),
                                  {{input.x, rows_of(U.grad, columns.begin, columns.size())}},
                                  scratch);
    }
    team.meet();
    if (dx.empty()) return;
    const Range rows = part_of(dx.rows(), team.index(), team.size());
    // [RNN-dx] [LSTM-dx] ∂L/∂x_t = Uᵀ dz_t
    product<Real>(dz.row_range(rows.begin, rows.size()), cache.U,
                  dx.row_range(rows.begin, rows.size()));
  });
  for (std::size_t position = 0; position < shape.steps(); ++position) {
    const WalkStep walk = walk_step(shape, direction_, position, {0, B});
    const std::size_t come = walk.come(), begin = walk.here.count - come;
    if (begin == 0) continue;
    // [RNN-dh0] [LSTM-dh0] ∂L/∂h_0 = Wᵀ dz_1, as at every step ∂L/∂h_{t−1} through z_t is Wᵀ dz_t
    product<Real>(rows_of(cache.dz, walk.here.token + come, begin), cache.W,
                  rows_of(dstate.h, walk.here.row + come, begin));
  }
}

template <typename Real>
void RecurrentLayer<Real>::walk_backward(const RaggedShape& shape, const WalkShare& share,
                                         Range positions, RecurrentCache<Real>& cache,
                                         MatrixView<const Real> dh,
                                         RecurrentState<Real>& dstate) const {
  for (std::size_t position = positions.end; position-- > positions.begin;) {
    const WalkStep walk = walk_step(shape, direction_, position, share.rows);
    const auto [token, row, count] = walk.here;
    if (count > 0) {
      step_backward({.W = &cache.W,
                     .units = share.units,
                     .dz_next = rows_of(cache.dz, walk.after.token, walk.go_on()),
                     .dh_T = rows_of(dstate.h, row, count),
                     .dh = dh.row_range(token, count),
                     .saved = rows_of(cache.gates, token, count),
                     .C_prev = C_before(cache, walk),
                     .C = rows_of(cache.C, token, count),
                     .dC = rows_of(dstate.C, row, count),
                     .dz = rows_of(cache.dz, token, count)});
    }
    share.finish_step();
  }
}

/// Of some tokens, and of some columns of dz.
template <typename Real>
void RecurrentLayer<Real>::add_gradients(const RecurrentInput<Real>& input, Range tokens,
                                         Range columns, RecurrentCache<Real>& cache,
                                         Tensor<Real>& scratch) {
  const std::size_t N = tokens.size();
  const MatrixView<const Real> dz =
      rows_of(cache.dz, tokens.begin, N).column_range(columns.begin, columns.size());
  // [LAYOUT-sum] ∂L/∂W = (∂L/∂Z)ᵀ H_prev: a sum over rows is a product of matrices
  // [RNN-dW] [LSTM-dW] ∂L/∂W = Σ_t dz_t h_{t−1}ᵀ
  const GradientOf<Real> dW{rows_of(cache.h_prev, tokens.begin, N),
                            rows_of(W.grad, columns.begin, columns.size())};
  // [RNN-db] [LSTM-db] ∂L/∂b = Σ_t dz_t
  add_column_sums<Real>(dz, b.grad.values().subspan(columns.begin, columns.size()));
  // [RNN-dU] [LSTM-dU] ∂L/∂U = Σ_t dz_t x_tᵀ: of tokens that share x, the dz are summed first
  if (input.rows.empty()) {
    const GradientOf<Real> dU{input.x.row_range(tokens.begin, N),
                              rows_of(U.grad, columns.begin, columns.size())};
    unroll::add_gradients<Real>(dz, {dU, dW}, scratch);
  } else {
    unroll::add_gradients<Real>(dz, {dW}, scratch);
    scatter_add_rows<Real>(dz, input.rows.subspan(tokens.begin, N),
                           cache.dprojected.matrix().column_range(columns.begin, columns.size()));
  }
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
