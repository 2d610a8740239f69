/// MemoryPlan: what a computation will hold in memory at most, part by part, before it runs.
///
/// Whoever owns buffers has a function `plan` that names each of them with the largest size that it
/// will get. The same function counts and reserves: what is foretold is what is taken.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/core/tensor.h"

namespace unroll {

class MemoryPlan {
 public:
  enum class Mode {
    kCount,    ///< buffers are counted and stay as they are
    kReserve,  ///< buffers are counted and get their memory: within these sizes they need no more
  };
  struct Part {
    std::string name;
    std::size_t bytes = 0;
  };

  explicit MemoryPlan(Mode mode = Mode::kCount) : mode_(mode) {}

  /// The buffers that are named from now on belong to this part.
  void begin_part(std::string_view name);

  template <typename Real>
  void add(Tensor<Real>& tensor, const Shape& shape) {
    add_bytes(shape.size() * sizeof(Real));
    if (mode_ == Mode::kReserve) tensor.reserve(shape.size());
  }
  template <typename T>
  void add(std::vector<T>& values, std::size_t count) {
    add_bytes(count * sizeof(T));
    if (mode_ == Mode::kReserve) values.reserve(count);
  }
  /// Memory that somebody else reserves.
  void add_bytes(std::size_t bytes);

  /// In the order in which they began.
  const std::vector<Part>& parts() const { return parts_; }
  /// 0 for a part that never began.
  std::size_t bytes(std::string_view name) const;
  std::size_t total() const;

 private:
  Mode mode_;
  std::vector<Part> parts_;
  std::size_t part_ = 0;
};

}  // namespace unroll
