#include "unroll/layers/dropout.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "unroll/core/error.h"
#include "unroll/core/parallel.h"
#include "unroll/core/random.h"
#include "unroll/kernels/ops.h"

namespace unroll {

namespace {

/// Rows per thread from which drawing them apart pays.
constexpr std::size_t kRowGrain = 64;

/// Row `row` of the whole, of what is dropped out of it.
template <typename Real>
void draw(Random& random, std::size_t row, std::uint32_t threshold, Real kept,
          std::span<Real> mask) {
  std::array<std::uint32_t, 128> numbers;
  random.seek(row * mask.size());
  for (std::size_t first = 0; first < mask.size(); first += numbers.size()) {
    const std::size_t count = std::min(numbers.size(), mask.size() - first);
    random.fill(std::span(numbers).first(count));
    for (std::size_t n = 0; n < count; ++n) mask[first + n] = numbers[n] < threshold ? 0 : kept;
  }
}

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
  if (!source.rows.empty() && source.rows.size() != x.rows()) {
    throw ShapeError(
        fmt::format("dropout: {} rows are named, x has {}", source.rows.size(), x.rows()));
  }
  mask.resize(x.shape());
  const auto threshold = static_cast<std::uint32_t>(p_ * 0x1p32);
  const Real kept = static_cast<Real>(1 / (1 - p_));
  parallel_for(x.rows(), kRowGrain, [&](Range rows) {
    Random random(source.seed, stream_, source.step);
    for (std::size_t r = rows.begin; r < rows.end; ++r) {
      const std::size_t row = source.rows.empty() ? r : static_cast<std::size_t>(source.rows[r]);
      draw<Real>(random, row, threshold, kept, mask.matrix().row(r));
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
