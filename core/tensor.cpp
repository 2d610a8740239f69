#include "unroll/core/tensor.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <memory>
#include <new>
#include <span>
#include <utility>

#include "unroll/core/bfloat16.h"
#include "unroll/core/float16.h"
#include "unroll/core/huge_pages.h"

namespace unroll {

template <typename Real>
void Tensor<Real>::Free::operator()(Real*) const noexcept {
  std::free(block);
}

template <typename Real>
Tensor<Real>::Tensor(const Shape& shape) {
  const bool is_zero = take(shape.size());
  shape_ = shape;
  if (!is_zero) fill(Real());
}

template <typename Real>
Tensor<Real>::Tensor(const Tensor& other) {
  *this = other;
}

template <typename Real>
Tensor<Real>& Tensor<Real>::operator=(const Tensor& other) {
  if (this == &other) return *this;
  resize(other.shape_);
  std::copy_n(other.data(), other.size(), data());
  return *this;
}

template <typename Real>
Tensor<Real>::Tensor(Tensor&& other) noexcept {
  *this = std::move(other);
}

// Not the default, which would leave `other` a shape and a capacity without memory.
template <typename Real>
Tensor<Real>& Tensor<Real>::operator=(Tensor&& other) noexcept {
  if (this == &other) return *this;
  shape_ = std::exchange(other.shape_, Shape());
  capacity_ = std::exchange(other.capacity_, 0);
  data_ = std::move(other.data_);
  return *this;
}

template <typename Real>
void Tensor<Real>::fill(Real value) noexcept {
  std::fill_n(data(), size(), value);
}

template <typename Real>
void Tensor<Real>::resize(const Shape& shape) {
  reserve(shape.size());
  shape_ = shape;
}

template <typename Real>
void Tensor<Real>::reserve(std::size_t size) {
  if (size <= capacity_) return;
  // The old memory goes first: both at once would be held for nothing.
  const Shape kept = std::exchange(shape_, Shape());
  capacity_ = 0;
  data_.reset();
  take(size);
  shape_ = kept;
}

namespace {

/// From here on memory is in large pages, and comes as zeros from a system that need not write
/// them: a model whose embedding takes 8 MB would begin 3 ms later with small pages.
constexpr std::size_t kLarge = std::size_t{4} << 20;

void* checked(void* memory) {
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

}  // namespace

template <typename Real>
bool Tensor<Real>::take(std::size_t size) {
  if (size > std::numeric_limits<std::ptrdiff_t>::max() / sizeof(Real)) throw std::bad_alloc();
  const std::size_t bytes = size * sizeof(Real);
  const bool is_large = bytes >= kLarge;
  void* block = nullptr;
  void* begin = nullptr;
  if (is_large) {
    std::size_t space = bytes + kAlignment;
    begin = block = checked(std::calloc(space, 1));
    std::align(kAlignment, bytes, begin, space);
    prefer_huge_pages(begin, bytes);
  } else if (size > 0) {
    const std::size_t whole_lines = (bytes + kAlignment - 1) / kAlignment * kAlignment;
    begin = block = checked(std::aligned_alloc(kAlignment, whole_lines));
  }
  data_ = std::unique_ptr<Real[], Free>(static_cast<Real*>(begin), Free{block});
  capacity_ = size;
  return is_large;
}

namespace {

/// Whether no value has all of these bits, those of an exponent: infinite numbers and NaN have.
template <typename Bits, typename Real>
bool none_has(std::span<const Real> values, Bits exponent) {
  Bits found = 0;  // instead of an early end, which compilers do not vectorize
  for (const Real value : values) {
    found |= static_cast<Bits>((std::bit_cast<Bits>(value) & exponent) == exponent ? 1 : 0);
  }
  return found == 0;
}

}  // namespace

template <>
bool is_finite(const Tensor<float>& tensor) noexcept {
  return none_has<std::uint32_t>(tensor.values(), 0x7f800000U);
}
template <>
bool is_finite(const Tensor<double>& tensor) noexcept {
  return none_has<std::uint64_t>(tensor.values(), std::uint64_t{0x7ff} << 52);
}

template class Tensor<float>;
template class Tensor<double>;
template class Tensor<BFloat16>;
template class Tensor<Float16>;
template class Tensor<std::uint32_t>;

}  // namespace unroll
