/// Embedding: a table E (V, I), one row per word; x_t = E_{id_t}.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "unroll/core/parameter.h"

namespace unroll {

template <typename Real>
class Embedding {
 public:
  Embedding(const std::string& name, std::size_t vocabulary, std::size_t size)
      : E(name + ".E", {vocabulary, size}) {}

  std::size_t size() const { return E.value.shape()[1]; }

  /// ids (N) → x (N, I). Throws ShapeError for an id outside the table.
  void forward(std::span<const std::int32_t> ids, MatrixView<Real> x) const;
  /// dE_{id_n} += dx_n, rows that are then in E.touched; nothing if E is frozen.
  void backward(std::span<const std::int32_t> ids, MatrixView<const Real> dx);

  Parameter<Real> E;
};

}  // namespace unroll
