#include "unroll/layers/recurrent.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "unroll/core/error.h"
#include "unroll/kernels/gemm.h"
#include "unroll/kernels/ops.h"

namespace unroll {

namespace {

/// A product is worth a second thread from this many output rows on: below, OpenBLAS packs more
/// than it computes.
constexpr std::size_t kRowGrain = 32;

void require(const char* what, const Shape& found, const Shape& expected) {
  if (found == expected) return;
  throw ShapeError(fmt::format("recurrent layer: {} is {}, expected {}", what, to_string(found),
                               to_string(expected)));
}

/// The rows of step t that lie in `rows`.
StepRows rows_at(const RaggedShape& shape, std::size_t t, Range rows) {
  const std::size_t end = std::min(rows.end, shape.active(t));
  return {shape.index(t, rows.begin), rows.begin, end > rows.begin ? end - rows.begin : 0};
}

template <typename Real>
void copy_rows(MatrixView<const Real> from, MatrixView<Real> to) {
  for (std::size_t r = 0; r < from.rows(); ++r) std::ranges::copy(from.row(r), to.row(r).begin());
}

template <typename Real>
void add_rows(MatrixView<const Real> from, MatrixView<Real> to) {
  for (std::size_t r = 0; r < from.rows(); ++r) add<Real>(from.row(r), to.row(r));
}

/// Cuts the batch's rows into one contiguous part per thread, of nearly equal numbers of tokens.
void parallel_rows(const RaggedShape& shape, FunctionRef<Range> body) {
  // A thread with a row or two spends its time reading W: rows are worth splitting from this many
  // on.
  constexpr std::size_t kFewestRows = 4;
  const std::size_t parts = std::clamp<std::size_t>(shape.batch() / kFewestRows, 1, thread_count());
  parallel_parts(parts, [&](std::size_t part) { body(rows_of_part(shape, part, parts)); });
}

}  // namespace

std::string to_string(Direction direction) {
  return direction == Direction::kForward ? "forward" : "backward";
}

template <typename Real>
RecurrentLayer<Real>::RecurrentLayer(const std::string& name, std::size_t input, std::size_t hidden,
                                     std::size_t gates, Direction direction)
    : U(name + ".U", {gates * hidden, input}),
      W(name + ".W", {gates * hidden, hidden}),
      b(name + ".b", {gates * hidden}),
      direction_(direction) {}

template <typename Real>
void RecurrentLayer<Real>::forward(const RaggedShape& shape, MatrixView<const Real> x,
                                   RecurrentState<Real>& state, RecurrentCache<Real>& cache,
                                   MatrixView<Real> h) const {
  const std::size_t N = shape.tokens();
  require("x", x.shape(), {N, input_size()});
  require("h", h.shape(), {N, hidden_size()});
  require("h_0", state.h.shape(), {shape.batch(), hidden_size()});
  cache.gates.resize({N, gate_count() * hidden_size()});
  cache.h_prev.resize({N, hidden_size()});
  prepare(N, cache);
  cache.U.pack(transposed(U.value.matrix()));

  // U x_t, all steps at once; W h_{t−1} and b follow step by step.
  // [LAYOUT-rows] Z = X Uᵀ + H_prev Wᵀ + 1 bᵀ: row r of Z is z of row r
  parallel_for(N, kRowGrain, [&](Range rows) {
    const auto z = rows_of(cache.gates, rows.begin, rows.size());
    product<Real>(x.row_range(rows.begin, rows.size()), cache.U, z);
  });
  parallel_rows(shape, [&](Range rows) { walk_forward(shape, rows, state, cache, h); });
}

template <typename Real>
void RecurrentLayer<Real>::walk_forward(const RaggedShape& shape, Range rows,
                                        RecurrentState<Real>& state, RecurrentCache<Real>& cache,
                                        MatrixView<Real> h) const {
  for (std::size_t position = 0; position < shape.steps(); ++position) {
    const StepRows at = rows_at(shape, step_at(shape, position), rows);
    if (at.count == 0) continue;
    copy_rows<Real>(rows_of(state.h, at.row, at.count), rows_of(cache.h_prev, at.packed, at.count));
    step_forward(at, state, cache);
    copy_rows<Real>(rows_of(state.h, at.row, at.count), h.row_range(at.packed, at.count));
  }
}

template <typename Real>
void RecurrentLayer<Real>::backward(const RaggedShape& shape, MatrixView<const Real> x,
                                    RecurrentCache<Real>& cache, MatrixView<const Real> dh,
                                    RecurrentState<Real>& dstate, MatrixView<Real> dx) {
  const std::size_t N = shape.tokens();
  require("x", x.shape(), {N, input_size()});
  require("dh", dh.shape(), {N, hidden_size()});
  require("dh_T", dstate.h.shape(), {shape.batch(), hidden_size()});
  if (!dx.empty()) require("dx", dx.shape(), {N, input_size()});
  cache.dz.resize({N, gate_count() * hidden_size()});
  cache.W.pack(W.value.matrix());
  parallel_rows(shape, [&](Range rows) { walk_backward(shape, rows, dh, cache, dstate); });

  // [LAYOUT-sum] ∂L/∂W = (∂L/∂Z)ᵀ H_prev: a sum over rows is a product of matrices
  // Each thread owns some rows of all three.
  const MatrixView<const Real> dz = cache.dz.matrix();
  const MatrixView<const Real> h_prev = std::as_const(cache.h_prev).matrix();
  parallel_for(dz.columns(), kRowGrain, [&](Range units) {
    const auto dz_units = dz.column_range(units.begin, units.size());
    // [RNN-dU] [LSTM-dU] ∂L/∂U = Σ_t dz_t x_tᵀ
    add_transposed_product<Real>(dz_units, x, rows_of(U.grad, units.begin, units.size()));
    // [RNN-dW] [LSTM-dW] ∂L/∂W = Σ_t dz_t h_{t−1}ᵀ
    add_transposed_product<Real>(dz_units, h_prev, rows_of(W.grad, units.begin, units.size()));
    // [RNN-db] [LSTM-db] ∂L/∂b = Σ_t dz_t
    add_column_sums<Real>(dz_units, b.grad.values().subspan(units.begin, units.size()));
  });
  if (dx.empty()) return;
  // [RNN-dx] [LSTM-dx] ∂L/∂x_t = Uᵀ dz_t
  cache.U.pack(U.value.matrix());
  parallel_for(N, kRowGrain, [&](Range rows) {
    product<Real>(dz.row_range(rows.begin, rows.size()), cache.U,
                  dx.row_range(rows.begin, rows.size()));
  });
}

template <typename Real>
void RecurrentLayer<Real>::walk_backward(const RaggedShape& shape, Range rows,
                                         MatrixView<const Real> dh, RecurrentCache<Real>& cache,
                                         RecurrentState<Real>& dstate) const {
  for (std::size_t position = shape.steps(); position-- > 0;) {
    const StepRows at = rows_at(shape, step_at(shape, position), rows);
    if (at.count == 0) continue;
    // [RNN-dh] [LSTM-dh] δ_t = Vᵀ dO_t + Wᵀ dz_{t+1}: sent down from above, sent back by step t+1
    // A row that ends at t finds its ∂L/∂h_T here, one that began later has left its ∂L/∂h_0
    // behind.
    add_rows<Real>(dh.row_range(at.packed, at.count), rows_of(dstate.h, at.row, at.count));
    step_backward(at, cache, dstate);
  }
}

template <typename Real>
std::size_t RecurrentLayer<Real>::step_at(const RaggedShape& shape, std::size_t position) const {
  return direction_ == Direction::kForward ? position : shape.steps() - 1 - position;
}

template class RecurrentLayer<float>;
template class RecurrentLayer<double>;

}  // namespace unroll
