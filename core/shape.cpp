#include "unroll/core/shape.h"

#include <fmt/format.h>

#include <cstdint>

#include "unroll/core/error.h"

namespace unroll {

namespace {

// No object is larger than PTRDIFF_MAX bytes; a double is the widest element.
constexpr std::size_t kMaxElements = PTRDIFF_MAX / sizeof(double);

}  // namespace

Shape::Shape(std::initializer_list<std::size_t> sizes) : Shape(sizes.begin(), sizes.end()) {}

void Shape::append(std::size_t size) {
  if (rank_ == kMaxRank) throw ShapeError("shape: more than 4 dimensions");
  const std::size_t others = rank_ == 0 ? 1 : this->size();
  if (others > 0 && size > kMaxElements / others) {
    throw ShapeError("shape: " + (rank_ == 0 ? "" : to_string(*this) + "×") + std::to_string(size) +
                     " is too large");
  }
  sizes_[rank_++] = size;
}

std::size_t Shape::size() const noexcept {
  if (rank_ == 0) return 0;
  std::size_t product = 1;
  for (std::size_t size : *this) product *= size;
  return product;
}

std::string to_string(const Shape& shape) {
  if (shape.rank() == 0) return "()";
  std::string text;
  for (std::size_t size : shape) text += (text.empty() ? "" : "×") + std::to_string(size);
  return text;
}

void require_same_shape(std::string_view function, NamedShape one, NamedShape other) {
  if (one.shape == other.shape) return;
  throw ShapeError(fmt::format("{}: {} is {}, {} is {}", function, one.name, to_string(one.shape),
                               other.name, to_string(other.shape)));
}

}  // namespace unroll
