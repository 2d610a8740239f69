#include "unroll/optim/clip.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <span>

#include "unroll/core/parallel.h"
#include "unroll/kernels/ops.h"

namespace unroll {

namespace {

/// Sums of squares are taken over blocks of this many values and then added in order, so that the
/// norm's bits do not depend on the number of threads.
constexpr std::size_t kBlock = 1 << 16;

/// Blocks whose sums are kept at once, without asking for memory: enough for many threads.
constexpr std::size_t kBlocksAtOnce = 256;

/// Calls body(values) for those values of a block that lie in touched rows. What it is given begins
/// and ends at multiples of kPartialSums (or at the end of all): so every value goes to the sum
/// that it goes to if all rows are touched. What that takes in of other rows is 0.
template <typename Body>
void for_each_touched(const RowSet& touched, std::size_t columns, Range block, Body body) {
  if (touched.all()) return body(block);
  const auto rows = touched.rows();
  const auto first_of = [&](std::int32_t row) { return static_cast<std::size_t>(row) * columns; };
  const auto past = [&](std::int32_t row) { return first_of(row) + columns; };
  std::size_t done = block.begin;
  for (auto row = std::ranges::upper_bound(rows, block.begin, {}, past);
       row != rows.end() && first_of(*row) < block.end; ++row) {
    const std::size_t begin = first_of(*row) / kPartialSums * kPartialSums;
    const std::size_t end = (past(*row) + kPartialSums - 1) / kPartialSums * kPartialSums;
    const Range values{std::max(done, begin), std::min(block.end, end)};
    if (values.begin >= values.end) continue;
    body(values);
    done = values.end;
  }
}

template <typename Real>
double sum_of_squares_of(const Parameter<Real>& parameter) {
  const std::span<const Real> grad = parameter.grad.values();
  const std::size_t columns = parameter.grad.matrix().columns();
  const std::size_t blocks = (grad.size() + kBlock - 1) / kBlock;
  std::array<double, kBlocksAtOnce> sums;
  double sum = 0;
  for (std::size_t first = 0; first < blocks; first += kBlocksAtOnce) {
    const std::size_t count = std::min(kBlocksAtOnce, blocks - first);
    parallel_for(count, 1, [&](Range range) {
      for (std::size_t k = range.begin; k < range.end; ++k) {
        PartialSums partial{};
        const Range block{(first + k) * kBlock, std::min((first + k + 1) * kBlock, grad.size())};
        for_each_touched(parameter.touched, columns, block, [&](Range values) {
          add_squares<Real>(grad.subspan(values.begin, values.size()), partial);
        });
        sums[k] = total(partial);
      }
    });
    sum = std::accumulate(sums.begin(), sums.begin() + static_cast<std::ptrdiff_t>(count), sum);
  }
  return sum;
}

/// Untouched rows are 0, and both kinds of clipping leave 0 as it is.
template <typename Real, typename Body>
void for_each_gradient(const ParameterList<Real>& parameters, Body body) {
  for (Parameter<Real>* parameter : parameters) {
    const Shape matrix = parameter->grad.matrix().shape();
    for_each_run(parameter->touched, matrix, [&](Range rows) {
      body(parameter->grad.values().subspan(rows.begin * matrix[1], rows.size() * matrix[1]));
    });
  }
}

}  // namespace

template <typename Real>
double gradient_norm(const ParameterList<Real>& parameters) {
  double total = 0;
  for (const Parameter<Real>* parameter : parameters) total += sum_of_squares_of(*parameter);
  return std::sqrt(total);
}

template <typename Real>
double clip_by_norm(const ParameterList<Real>& parameters, double limit) {
  const double norm = gradient_norm(parameters);
  if (limit > 0 && norm > limit) {
    // [CLIP-norm] g ← g · min(1, c/‖g‖)
    const Real factor = static_cast<Real>(limit / norm);
    for_each_gradient(parameters, [&](std::span<Real> g) { scale<Real>(factor, g); });
  }
  return norm;
}

template <typename Real>
void clip_by_value(const ParameterList<Real>& parameters, double limit) {
  if (limit <= 0) return;
  const Real bound = static_cast<Real>(limit);
  for_each_gradient(parameters, [&](std::span<Real> g) { clamp<Real>(-bound, bound, g); });
}

#define UNROLL_INSTANTIATE(Real)                                    \
  template double gradient_norm(const ParameterList<Real>&);        \
  template double clip_by_norm(const ParameterList<Real>&, double); \
  template void clip_by_value(const ParameterList<Real>&, double);
UNROLL_INSTANTIATE(float)
UNROLL_INSTANTIATE(double)
#undef UNROLL_INSTANTIATE

}  // namespace unroll
