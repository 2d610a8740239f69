/// The gradient of one tensor against central differences: along random directions through all its
/// entries, and entry by entry.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/core/shape.h"
#include "unroll/tools/lab/checks/branches.h"
#include "unroll/tools/lab/proofs/proof.h"

namespace unroll {

/// What the float gradient that training uses must reach against the double one: max|a − b| /
/// max|b| over a tensor, or over one gate of it.
inline constexpr double kFloatBound = 1e-4;

/// The loss at the values as they are; sets `branches`.
using LossFunction = std::function<double(Branches& branches)>;

/// A tensor that the loss reads, and its gradient as a backward pass has it.
struct CheckedTensor {
  std::string name;
  Shape shape;
  std::span<double> values = {};          ///< changed while checking, then as before, bit for bit
  std::span<const double> gradient = {};  ///< of the values' size
  std::span<const float> float_gradient = {};  ///< the same in float; may be empty
  std::span<const double> float_doubt = {};    ///< how far each may be off in float; may be empty
  std::string_view gates = {};  ///< a letter for each of the blocks it stacks; empty: there is one
  std::vector<std::size_t> rows = {};  ///< that the loss reads; empty: all of them
};

struct TensorCheckOptions {
  std::size_t directions = 2;  ///< through all entries of a tensor; of a gate, one less
  std::size_t entries = 4;     ///< of each tensor, or of each gate; all where there are no more
  std::uint64_t seed = 1;
  double least_noise = 0;  ///< of the loss, known beforehand; the rest is measured
  double float_floor = 0;  ///< a relative error that float can't avoid in any tensor here
};

/// One tensor, or one gate of it.
struct TensorCheck {
  std::string tensor;
  std::string gate;    ///< its letter; empty for the tensor as a whole
  Shape shape;         ///< of the tensor
  double largest = 0;  ///< max|gradient|

  double direction_error = 0;  ///< max|a − b| / max|b| over the directions
  double entry_error = 0;      ///< over the entries; max|b| is the whole tensor's, or gate's
  std::size_t worst = 0;       ///< which entry has entry_error: its number in the tensor
  double rounding = 0;         ///< the part of both that the loss's rounding alone explains
  std::optional<double> float_error = {};
  double float_allowed = kFloatBound;  ///< the bound, and what float can't avoid

  std::size_t directions = 0;  ///< compared
  std::size_t entries = 0;
  std::size_t retried = 0;  ///< steps that crossed a kink and were taken smaller
  std::size_t skipped = 0;  ///< comparisons given up because even the smallest step crossed one

  bool differences_hold = true;  ///< every |a − b| ≤ 1e-7 · max|b| + the loss's rounding / step
  bool float_holds = true;
  bool holds() const { return differences_hold && float_holds; }
  /// The worst entry's row and column; a vector is one row.
  std::size_t worst_row() const;
  std::size_t worst_column() const;
};

/// The tensor as a whole; then, if it has several, each gate by itself.
std::vector<TensorCheck> check_tensor(const CheckedTensor& tensor, const LossFunction& loss,
                                      const TensorCheckOptions& options);

/// Checks the tensors with these names on all threads, results in their order. Every thread makes a
/// checker, with values of its own to move, and gives it the tensors' numbers; `progress`, if there
/// is one, hears each name, one at a time.
using TensorChecker = std::function<std::vector<TensorCheck>(std::size_t k)>;
std::vector<TensorCheck> check_in_parallel(std::span<const std::string> names,
                                           const std::function<TensorChecker()>& make_checker,
                                           const std::function<void(std::string_view)>& progress);

}  // namespace unroll
