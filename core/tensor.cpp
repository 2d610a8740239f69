#include "unroll/core/tensor.h"

#include <cstdint>
#include <algorithm>
#include <cmath>
#include <limits>
#include <new>
#include <utility>

#include "unroll/core/bfloat16.h"

namespace unroll {

template <typename Real>
void Tensor<Real>::Free::operator()(Real* data) const noexcept {
  ::operator delete[](data, std::align_val_t{kAlignment});
}

template <typename Real>
Tensor<Real>::Tensor(const Shape& shape) {
  resize(shape);
  fill(Real());
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
  void* memory = ::operator new[](size * sizeof(Real), std::align_val_t{kAlignment});
  data_.reset(static_cast<Real*>(memory));
  capacity_ = size;
  shape_ = kept;
}

template <typename Real>
bool is_finite(const Tensor<Real>& tensor) noexcept {
  std::size_t others = 0;  // a sum, which compilers vectorize, instead of an early end
  for (Real value : tensor.values()) {
    others += std::abs(value) <= std::numeric_limits<Real>::max() ? 0 : 1;
  }
  return others == 0;
}

template bool is_finite(const Tensor<float>&) noexcept;
template bool is_finite(const Tensor<double>&) noexcept;
template class Tensor<float>;
template class Tensor<double>;
template class Tensor<BFloat16>;
template class Tensor<std::uint32_t>;

}  // namespace unroll
