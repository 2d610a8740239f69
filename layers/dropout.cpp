#include "unroll/layers/dropout.h"

#include "unroll/core/parallel.h"
#include "unroll/core/random.h"
#include "unroll/kernels/ops.h"

namespace unroll {

namespace {

/// Rows per thread from which drawing them apart pays.
constexpr std::size_t kRowGrain = 64;

template <typename Real>
void multiply_rows(const Tensor<Real>& mask, MatrixView<Real> x, Range rows) {
  for (std::size_t r = rows.begin; r < rows.end; ++r) {
    multiply<Real>(x.row(r), mask.matrix().row(r), x.row(r));
  }
}

}  // namespace

template <typename Real>
void Dropout<Real>::forward(const DropoutSource& source, Tensor<Real>& mask,
                            MatrixView<Real> x) const {
  if (!active()) return;
  mask.resize(x.shape());
  const auto threshold = static_cast<std::uint32_t>(p_ * 0x1p32);
  const Real kept = static_cast<Real>(1 / (1 - p_));
  parallel_for(x.rows(), kRowGrain, [&](Range rows) {
    Random random(source.seed, name_ + "/" + std::to_string(source.step));
    random.seek(rows.begin * x.columns());
    for (Real& m : mask.values().subspan(rows.begin * x.columns(), rows.size() * x.columns())) {
      m = random.bits() < threshold ? 0 : kept;
    }
    multiply_rows(mask, x, rows);
  });
}

template <typename Real>
void Dropout<Real>::backward(const Tensor<Real>& mask, MatrixView<Real> dx) const {
  if (!active()) return;
  parallel_for(dx.rows(), kRowGrain, [&](Range rows) { multiply_rows(mask, dx, rows); });
}

template class Dropout<float>;
template class Dropout<double>;

}  // namespace unroll
