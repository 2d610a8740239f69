/// Tensor: an owning, 64-byte aligned, row-major array; MatrixView: a borrowed one, possibly with a
/// row stride.
///
/// A Tensor checks nothing at each access; the operations that take views check shapes where they
/// use them (unroll/kernels/ops.h, unroll/kernels/gemm.h) and name both sides when they differ.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>

#include "unroll/core/shape.h"

namespace unroll {

/// Alignment of a Tensor's first element in bytes: a cache line, and a whole AVX-512 vector.
inline constexpr std::size_t kAlignment = 64;

/// A rows × columns window into somebody else's memory; row r begins at data + r·stride.
/// `MatrixView<const float>` reads, `MatrixView<float>` writes; the latter converts to the former.
template <typename T>
class MatrixView {
 public:
  MatrixView() = default;
  MatrixView(T* data, std::size_t rows, std::size_t columns)
      : MatrixView(data, rows, columns, columns) {}
  MatrixView(T* data, std::size_t rows, std::size_t columns, std::size_t stride)
      : data_(data), rows_(rows), columns_(columns), stride_(stride) {}
  template <typename U>
    requires(std::is_same_v<T, const U>)
  MatrixView(const MatrixView<U>& other)
      : MatrixView(other.data(), other.rows(), other.columns(), other.stride()) {}

  T* data() const noexcept { return data_; }
  std::size_t rows() const noexcept { return rows_; }
  std::size_t columns() const noexcept { return columns_; }
  std::size_t stride() const noexcept { return stride_; }
  bool empty() const noexcept { return rows_ == 0 || columns_ == 0; }
  Shape shape() const { return {rows_, columns_}; }

  T& operator()(std::size_t row, std::size_t column) const noexcept {
    return data_[row * stride_ + column];
  }
  std::span<T> row(std::size_t index) const noexcept { return {data_ + index * stride_, columns_}; }
  /// `count` rows beginning with row `first`.
  MatrixView row_range(std::size_t first, std::size_t count) const noexcept {
    return {data_ + first * stride_, count, columns_, stride_};
  }
  /// `count` columns beginning with column `first`.
  MatrixView column_range(std::size_t first, std::size_t count) const noexcept {
    return {data_ + first, rows_, count, stride_};
  }

 private:
  T* data_ = nullptr;
  std::size_t rows_ = 0;
  std::size_t columns_ = 0;
  std::size_t stride_ = 0;
};

/// Owns its elements. Instantiated for float, double, BFloat16, Float16 and uint32_t.
template <typename Real>
class Tensor {
 public:
  Tensor() = default;
  /// All elements 0.
  explicit Tensor(const Shape& shape);
  Tensor(const Tensor& other);
  Tensor& operator=(const Tensor& other);
  /// A tensor that was moved from is empty and may be used again.
  Tensor(Tensor&& other) noexcept;
  Tensor& operator=(Tensor&& other) noexcept;

  const Shape& shape() const noexcept { return shape_; }
  std::size_t size() const noexcept { return shape_.size(); }
  bool empty() const noexcept { return size() == 0; }
  Real* data() noexcept { return data_.get(); }
  const Real* data() const noexcept { return data_.get(); }

  std::span<Real> values() noexcept { return {data(), size()}; }
  std::span<const Real> values() const noexcept { return {data(), size()}; }
  Real& operator[](std::size_t index) noexcept { return data_[index]; }
  Real operator[](std::size_t index) const noexcept { return data_[index]; }

  /// The tensor as a matrix: all but the last dimension are its rows; a vector is one row.
  MatrixView<Real> matrix() noexcept { return {data(), rows(), columns()}; }
  MatrixView<const Real> matrix() const noexcept { return {data(), rows(), columns()}; }

  void fill(Real value) noexcept;
  /// Changes the shape. The memory is kept where it suffices, so that a buffer that is resized at
  /// every training step stops allocating; the elements are unspecified afterwards.
  void resize(const Shape& shape);
  /// Takes memory for this many elements, so that no `resize` up to this size asks for any. If it
  /// had less memory before, the elements are unspecified afterwards.
  void reserve(std::size_t size);

 private:
  /// Gives a block back that `data` lies in.
  struct Free {
    void operator()(Real* data) const noexcept;
    void* block = nullptr;
  };
  /// Takes memory for this many elements. Returns whether all of it is zero.
  bool take(std::size_t size);
  std::size_t columns() const noexcept { return shape_.rank() == 0 ? 0 : *(shape_.end() - 1); }
  std::size_t rows() const noexcept { return columns() == 0 ? 0 : size() / columns(); }

  Shape shape_;
  std::size_t capacity_ = 0;
  std::unique_ptr<Real[], Free> data_;
};

/// Whether no element is infinite or NaN. Instantiated for float and double.
template <typename Real>
bool is_finite(const Tensor<Real>& tensor) noexcept;

}  // namespace unroll
