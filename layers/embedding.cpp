#include "unroll/layers/embedding.h"

#include "unroll/core/parallel.h"
#include "unroll/kernels/ops.h"

namespace unroll {

template <typename Real>
void Embedding<Real>::forward(std::span<const std::int32_t> ids, MatrixView<Real> x) const {
  parallel_for(ids.size(), 256, [&](Range rows) {
    // [EMB-x] x_t = E[w_t]
    gather_rows<Real>(E.value.matrix(), ids.subspan(rows.begin, rows.size()),
                      x.row_range(rows.begin, rows.size()));
  });
}

template <typename Real>
void Embedding<Real>::backward(std::span<const std::int32_t> ids, MatrixView<const Real> dx) {
  if (E.frozen) return;
  E.make_grad();
  // A word may be in several rows, so threads own columns: every sum keeps the order of the
  // rows.
  parallel_for(size(), 16, [&](Range columns) {
    // [EMB-dE] ∂L/∂E[w] = Σ_{t: w_t = w} ∂L/∂x_t
    scatter_add_rows<Real>(dx.column_range(columns.begin, columns.size()), ids,
                           E.grad.matrix().column_range(columns.begin, columns.size()));
  });
  E.touched.add(ids);
}

template class Embedding<float>;
template class Embedding<double>;

}  // namespace unroll
