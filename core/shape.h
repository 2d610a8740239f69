/// Shape: the sizes of a row-major tensor of up to four dimensions.
#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

namespace unroll {

/// A small value, never on the heap. `Shape{T, B, H}`; a default Shape is empty (size 0).
class Shape {
 public:
  static constexpr std::size_t kMaxRank = 4;

  Shape() = default;
  /// Throws ShapeError for more than kMaxRank sizes, and for more elements than memory has
  /// addresses: so size() and a tensor's number of bytes never overflow.
  Shape(std::initializer_list<std::size_t> sizes);
  template <typename Iterator>
  Shape(Iterator first, Iterator last) {
    for (; first != last; ++first) append(static_cast<std::size_t>(*first));
  }

  std::size_t rank() const noexcept { return rank_; }
  /// Number of elements: the product of the sizes, 0 for a default Shape.
  std::size_t size() const noexcept;
  std::size_t operator[](std::size_t axis) const noexcept { return sizes_[axis]; }
  const std::size_t* begin() const noexcept { return sizes_.data(); }
  const std::size_t* end() const noexcept { return sizes_.data() + rank_; }

  bool operator==(const Shape&) const = default;

 private:
  void append(std::size_t size);

  std::array<std::size_t, kMaxRank> sizes_{};
  std::size_t rank_ = 0;
};

/// "32×128"; "()" for a default Shape.
std::string to_string(const Shape& shape);

/// The shape of an argument, and the name that a message gives it.
struct NamedShape {
  std::string_view name;
  Shape shape;
};

/// Throws ShapeError, "squared_error: O is 32×128, y is 32×64", unless both are equal.
void require_same_shape(std::string_view function, NamedShape one, NamedShape other);

}  // namespace unroll
