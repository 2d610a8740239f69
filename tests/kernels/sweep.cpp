#include "tests/kernels/sweep.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <mutex>
#include <utility>

#include "tests/support/arrays.h"
#include "unroll/core/parallel.h"
#include "unroll/core/random.h"

namespace unroll::test {
namespace {

constexpr std::size_t kBlock = 1 << 16;  // numbers looked at at once: their arrays stay in L2

/// Floats in ascending order have ranks: −∞ 0, −0 and 0 kInfinity and the next, ∞ the last.
constexpr std::uint32_t kInfinity = 0x7f800000;
constexpr std::uint32_t kSign = 0x80000000;
constexpr std::uint64_t kRanks = 2 * (std::uint64_t{kInfinity} + 1);

float float_of_rank(std::uint64_t rank) {
  const auto r = static_cast<std::uint32_t>(rank);
  return std::bit_cast<float>(r <= kInfinity ? kSign | (kInfinity - r) : r - kInfinity - 1);
}

/// A kernel on pieces of 1, 3, 5, … 129 numbers: each at another place of another array, so that
/// whole vectors and tails of every length change places.
template <typename Real>
void in_odd_pieces(Kernel<Real> kernel, std::span<const Real> x, Real* y) {
  std::size_t length = 1;
  for (std::size_t i = 0; i < x.size(); i += length, length = length < 129 ? length + 2 : 1) {
    length = std::min(length, x.size() - i);
    kernel(length, x.data() + i, y + i);
  }
}

template <typename Real>
Real value_at(Kernel<Real> kernel, Real x) {
  kernel(1, &x, &x);
  return x;
}

}  // namespace

template <typename Real>
void Seen<Real>::merge(const Seen& other) {
  if (other.worst > worst || (other.worst == worst && other.at < at)) {
    worst = other.worst;
    at = other.at;
  }
  numbers += other.numbers;
  not_nearest += other.not_nearest;
  falls += other.falls;
  outside += other.outside;
  unsteady += other.unsteady;
}

template struct Seen<float>;
template struct Seen<double>;

template <typename Real>
Sweep<Real>::Sweep(const VectorFunction& function) : Sweep(function, variants_of(function)) {}

template <typename Real>
Sweep<Real>::Sweep(const VectorFunction& function, std::vector<Variant> variants)
    : function_(&function),
      variants_(std::move(variants)),
      seen_(variants_.size()),
      exact_(function.exact),
      exact_float_(function.library, function.exact) {}

template <typename Real>
ExactValue<Real> Sweep<Real>::exact(Real x) {
  if constexpr (sizeof(Real) == sizeof(float)) return exact_float_(x);
  if constexpr (sizeof(Real) == sizeof(double)) return exact_(x);
}

template <typename Real>
void Sweep<Real>::look_at(std::span<const Real> x, Real before) {
  exact_values_.clear();
  for (Real value : x) exact_values_.push_back(exact(value));
  for (std::size_t k = 0; k < variants_.size(); ++k) {
    look_at_kernel(variants_[k].kernel_of<Real>(*function_), x, before, seen_[k]);
  }
}

template <typename Real>
void Sweep<Real>::look_at_kernel(Kernel<Real> kernel, std::span<const Real> x, Real before,
                                 Seen<Real>& seen) {
  const std::size_t n = x.size();
  y_.resize(n);
  again_.resize(n + 1);
  kernel(n, x.data(), y_.data());
  in_odd_pieces(kernel, x, again_.data() + 1);
  const Real lowest = static_cast<Real>(function_->lowest);
  const Real highest = static_cast<Real>(function_->highest);
  Real y_before = value_at(kernel, before);
  for (std::size_t i = 0; i < n; ++i) {
    const Real y = y_[i], nearest = exact_values_[i].nearest;
    seen.unsteady += !same_bits(y, again_[i + 1]);
    seen.falls += y < y_before;
    seen.outside += y < lowest || y > highest;
    if (y != nearest && !(std::isnan(y) && std::isnan(nearest))) measure(i, x[i], seen);
    y_before = y;
  }
  seen.numbers += n;
}

/// The worst errors are measured by MPFR, so that what is reported is not the library's.
template <typename Real>
void Sweep<Real>::measure(std::size_t i, Real x, Seen<Real>& seen) {
  constexpr double kDoubt = 1e-6;  // ten times that of ExactFloatFunction
  ++seen.not_nearest;
  if (ulps_from(exact_values_[i], y_[i]) < seen.worst - kDoubt) return;
  const double error = ulps_from(exact_(x), y_[i]);
  if (error > seen.worst) {
    seen.worst = error;
    seen.at = x;
  }
}

template <typename Real>
void Sweep<Real>::merge(const Sweep& other) {
  for (std::size_t k = 0; k < seen_.size(); ++k) seen_[k].merge(other.seen_[k]);
}

template class Sweep<float>;
template class Sweep<double>;

std::uint64_t swept_floats(std::uint64_t stride) {
  return (kRanks + stride - 1) / stride;
}

std::vector<Seen<float>> sweep_floats(const VectorFunction& function, std::uint64_t stride) {
  const std::uint64_t count = swept_floats(stride);
  const std::vector<Variant> variants = variants_of(function);
  Sweep<float> all(function, variants);
  std::mutex merging;
  parallel_for((count + kBlock - 1) / kBlock, 1, [&](Range blocks) {
    Sweep<float> sweep(function, variants);
    std::vector<float> x;
    for (std::uint64_t block = blocks.begin; block < blocks.end; ++block) {
      const std::uint64_t first = block * kBlock, last = std::min(count, first + kBlock);
      x.clear();
      for (std::uint64_t k = first; k < last; ++k) x.push_back(float_of_rank(k * stride));
      sweep.look_at(x, float_of_rank((first > 0 ? first - 1 : 0) * stride));
    }
    const std::lock_guard lock(merging);
    all.merge(sweep);
  });
  return all.seen();
}

std::vector<double> doubles_to_sweep(std::size_t density) {
  constexpr double kLeast = std::numeric_limits<double>::denorm_min();
  constexpr double kInfinite = std::numeric_limits<double>::infinity();
  Random random(1, "doubles");
  std::vector<double> x = {0, kInfinite, std::numeric_limits<double>::max()};
  for (int binade = -1074; binade < 1024; ++binade) {
    for (std::size_t k = 0; k < density; ++k) {
      x.push_back(std::max(kLeast, std::ldexp(1 + random.uniform(), binade)));
    }
  }
  for (double end : {750.0, 45.0, 21.0, 2.0, 0.7}) {
    for (std::size_t k = 0; k < 1000 * density; ++k) x.push_back(random.uniform(0, end));
  }
  // Where exp over- and underflows, gradually and at last; where tanh, expm1 and sigmoid become
  // constant; where n in n·ln 2 changes, and log's exponent.
  const double ln_two = std::log(2.0);
  for (double threshold :
       {709.782712893384, 708.3964185322641, 745.1332191019412, 36.7368, 40.0, 37.4299, 20.0,
        19.0615, 0x1p-55, 0x1p-54, 0x1p-27, 0x1p-1022, 0.5 * ln_two, 0.25 * ln_two, 1.5 * ln_two,
        std::sqrt(0.5), std::sqrt(2.0), 1.0}) {
    double below = threshold, above = threshold;
    for (std::size_t k = 0; k < 4 * density; ++k) {
      x.push_back(above);
      x.push_back(below = std::nextafter(below, 0));
      above = std::nextafter(above, kInfinite);
    }
  }
  const std::size_t positive = x.size();
  for (std::size_t k = 0; k < positive; ++k) x.push_back(-x[k]);
  std::ranges::sort(x);
  return x;
}

std::vector<Seen<double>> sweep_doubles(const VectorFunction& function,
                                        std::span<const double> ascending) {
  const std::vector<Variant> variants = variants_of(function);
  Sweep<double> all(function, variants);
  std::mutex merging;
  parallel_for(ascending.size(), kBlock / 64, [&](Range range) {
    Sweep<double> sweep(function, variants);
    for (std::size_t first = range.begin; first < range.end; first += kBlock) {
      const std::size_t count = std::min(kBlock, range.end - first);
      sweep.look_at(ascending.subspan(first, count), ascending[first > 0 ? first - 1 : 0]);
    }
    const std::lock_guard lock(merging);
    all.merge(sweep);
  });
  return all.seen();
}

namespace {

/// body(x) with every stride-th pattern of bits from `first` to `last`, in blocks.
template <typename Body>
void for_patterns(std::uint64_t first, std::uint64_t last, std::uint64_t stride, Body body) {
  std::vector<float> x;
  for (std::uint64_t bits = first; bits <= last; bits += stride) {
    x.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
    if (x.size() < kBlock && bits + stride <= last) continue;
    body(x);
    x.clear();
  }
}

}  // namespace

bool keeps_nan(const VectorFunction& function, const Variant& variant, std::uint64_t stride) {
  bool all_nan = true;
  for (std::uint64_t sign : {std::uint64_t{0}, std::uint64_t{kSign}}) {
    for_patterns(sign + kInfinity + 1, sign + 0x7fffffff, stride, [&](std::vector<float>& x) {
      variant.kernel_of<float>(function)(x.size(), x.data(), x.data());
      all_nan &= std::ranges::all_of(x, [](float y) { return std::isnan(y); });
    });
  }
  return all_nan;
}

bool relu_is_exact(Isa isa, std::uint64_t stride) {
  bool exact = true;
  std::vector<float> y;
  for_patterns(0, ~std::uint32_t{0}, stride, [&](const std::vector<float>& x) {
    y.resize(x.size());
    kernels_for<float>(isa).relu(x.size(), x.data(), y.data());
    for (std::size_t i = 0; i < x.size(); ++i) exact &= same_bits(y[i], x[i] < 0 ? 0.0F : x[i]);
  });
  return exact;
}

}  // namespace unroll::test
