/// Who computes a recurrent layer, and what all of them are given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "unroll/core/tensor.h"
#include "unroll/layers/recurrent.h"
#include "unroll/tools/lab/race/cell_case.h"

namespace unroll {

/// A case with its random data. G gates: f i a o of an LSTM, r u h̃ of a GRU that resets after the
/// product, one of an RNN.
struct CellProblem {
  static constexpr double kLargestX = 1;  ///< no value of x or E is larger

  explicit CellProblem(const CellCase& at);

  CellCase at;
  Tensor<float> U;   ///< (G·H, I)
  Tensor<float> W;   ///< (G·H, H)
  Tensor<float> b;   ///< (G·H)
  Tensor<float> d;   ///< (H) of a GRU, otherwise empty
  Tensor<float> x;   ///< (T·B, I), time-major; from ids that of the first pass
  Tensor<float> dh;  ///< (T·B, H): ∂L/∂h_t from above, of a training step

  // From ids. Those of many passes, or the words of one would stay in the first-level cache; drawn
  // as words are, the r-th most frequent 1/r as often as the first (Zipf's law).
  Tensor<float> E;                ///< (V, I)
  std::vector<std::int32_t> ids;  ///< (passes, T·B)

  /// (T·B), of a runner's pass, counted from 0; none where x is given.
  std::span<const std::int32_t> ids_of(std::size_t pass) const;
};

/// What a pass leaves. The gradients are those of a training step, otherwise empty.
struct CellOutputs {
  Tensor<float> h;   ///< (T·B, H)
  Tensor<float> dU;  ///< as U, W, b, d
  Tensor<float> dW;
  Tensor<float> db;
  Tensor<float> dd;
};

/// A layer made ready for one problem and one number of threads.
class CellRunner {
 public:
  virtual ~CellRunner() = default;
  /// The whole pass, once; from ids the next one. A training step clears the gradients and computes
  /// them.
  virtual void run() = 0;
  /// What the last run computed.
  virtual CellOutputs outputs() const = 0;
};

struct CellContender {
  std::string implementation;  ///< "unroll", "pytorch"
  /// A runner that may use so many threads of its own, and is run by the thread that made it; null
  /// where the contender has no such layer. The problem outlives it.
  std::function<std::unique_ptr<CellRunner>(const CellProblem&, std::size_t threads)> make;
  PrecisionChoice precision = PrecisionChoice::kFull;
};

/// The library's own layer; from ids with the products of all words, E·Uᵀ + b, computed when a
/// runner is made, as SequencePredictor's are. Making a runner sets the library's number of
/// threads.
CellContender our_cells(PrecisionChoice precision = PrecisionChoice::kFull);

/// What its layer multiplies in this case.
Precision precision_of(PrecisionChoice choice, const CellCase& at);

/// The largest difference of h, dU, dW, db or dd, as a part of the largest value there; infinite
/// where a value is not finite or a size differs.
double relative_error(const CellOutputs& found, const CellOutputs& expected);

/// The error of h against the equations as plain loops in double, in the first and the last row of
/// the batch: no row knows of another, and all of them would take long.
double error_of_plain_loops(const CellProblem& problem, const Tensor<float>& h);

}  // namespace unroll
