#include "unroll/optim/clip.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "unroll/core/parallel.h"
#include "unroll/kernels/ops.h"

namespace unroll {

namespace {

/// Sums of squares are taken over blocks of this many values and then added in order, so that the
/// norm's bits do not depend on the number of threads.
constexpr std::size_t kBlock = 1 << 16;

template <typename Real>
double sum_of_squares_of(const Tensor<Real>& tensor) {
  const std::size_t blocks = (tensor.size() + kBlock - 1) / kBlock;
  std::vector<double> sums(blocks);
  parallel_for(blocks, 1, [&](Range range) {
    for (std::size_t k = range.begin; k < range.end; ++k) {
      const std::size_t first = k * kBlock;
      const std::size_t count = std::min(kBlock, tensor.size() - first);
      sums[k] = sum_of_squares<Real>(tensor.values().subspan(first, count));
    }
  });
  double total = 0;
  for (double sum : sums) total += sum;
  return total;
}

template <typename Real, typename Body>
void for_each_gradient(const ParameterList<Real>& parameters, Body body) {
  for (Parameter<Real>* parameter : parameters) {
    parallel_for(parameter->grad.size(), kBlock, [&](Range range) {
      body(parameter->grad.values().subspan(range.begin, range.size()));
    });
  }
}

}  // namespace

template <typename Real>
double gradient_norm(const ParameterList<Real>& parameters) {
  double total = 0;
  for (const Parameter<Real>* parameter : parameters) total += sum_of_squares_of(parameter->grad);
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
