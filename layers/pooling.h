/// Pooling over time: from the states of all steps, (N, H), to one vector per sequence, (B, H).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "unroll/core/ragged.h"
#include "unroll/core/tensor.h"

namespace unroll {

enum class Pool {
  kMax,   ///< the largest value of each unit over time
  kMean,  ///< the mean over the sequence's own steps
  kLast,  ///< the state after the last step that a direction read: forward at T − 1, backward at 0
};
std::string_view to_string(Pool pool);

template <typename Real>
class Pooling {
 public:
  /// What a forward pass saved for the backward pass.
  struct Record {
    std::vector<std::int32_t> at;  ///< (B·H): max, the step that won (the first of equals)
  };

  /// `directions` blocks of columns side by side: 1, or 2 for forward and backward.
  Pooling(Pool pool, std::size_t directions) : pool_(pool), directions_(directions) {}

  /// h (N, H) → p (B, H).
  void forward(const RaggedShape& shape, MatrixView<const Real> h, Record& record,
               MatrixView<Real> p) const;
  /// dp (B, H) → dh (N, H), set.
  void backward(const RaggedShape& shape, const Record& record, MatrixView<const Real> dp,
                MatrixView<Real> dh) const;

 private:
  Pool pool_;
  std::size_t directions_;
};

}  // namespace unroll
