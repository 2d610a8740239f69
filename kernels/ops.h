/// The floor under layers and optimizers: arithmetic on views, shapes checked once, then
/// one kernel of the active instruction set (unroll/kernels/isa.h). Serial; callers split rows or
/// columns over threads.
///
/// A value never depends on its position, on the length of the array or on the other rows: vector
/// bodies and tails use the same maths. kernels/README.md says how
/// accurate exp, tanh and sigmoid are. All that needs neither of them (additions, products,
/// optimizers) gives the same bits on every instruction set.
///
/// Everything is defined for Real = float and double. Outputs may be the same memory as an input of
/// the same shape unless said otherwise; partial overlap is not allowed. Every op throws
/// ShapeError, naming itself and both sides, when shapes differ.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

#include "unroll/core/bfloat16.h"
#include "unroll/core/float16.h"
#include "unroll/core/tensor.h"

namespace unroll {

// ------------------------------------------------------------------------------------- activations

/// φ of the simple recurrent layer.
enum class Activation { kTanh, kSigmoid, kRelu };
std::string_view to_string(Activation activation);

/// y = φ(x), elementwise.
template <typename Real>
void activate(Activation activation, std::span<const Real> x, std::span<Real> y);

/// dx = dy ⊙ φ′(x), from the *output* y = φ(x):
///   sigmoid′ = y(1 − y), tanh′ = 1 − y², ReLU′ = [y > 0]
template <typename Real>
void activate_backward(Activation activation, std::span<const Real> y, std::span<const Real> dy,
                       std::span<Real> dx);

/// Each row y = softmax(x) = exp(x − max x) / Σ exp(x − max x).
template <typename Real>
void softmax(MatrixView<const Real> x, MatrixView<Real> y);

/// softmax and cross-entropy in one: Σ_r −log ŷ_{r,y_r} with ŷ = softmax(O) by rows, for targets
/// y_r in 0 .. K − 1 (ShapeError for others); sets dO = weight·(ŷ − 1_y) unless it is empty. The
/// same loss with and without dO; NaN where a row's O has an infinite maximum or a NaN.
template <typename Real>
double softmax_cross_entropy_sum(MatrixView<const Real> O, std::span<const std::int32_t> y,
                                 Real weight, MatrixView<Real> dO);

// ------------------------------------------------------------------------------------- elementwise

/// y += x.
template <typename Real>
void add(std::span<const Real> x, std::span<Real> y);

/// y += a·x.
template <typename Real>
void add_scaled(Real a, std::span<const Real> x, std::span<Real> y);

/// y *= a.
template <typename Real>
void scale(Real a, std::span<Real> y);

/// y = x ⊙ m.
template <typename Real>
void multiply(std::span<const Real> x, std::span<const Real> m, std::span<Real> y);

/// y = min(max(y, low), high); NaN stays NaN.
template <typename Real>
void clamp(Real low, Real high, std::span<Real> y);

/// Σ x², accumulated in double, in an order that depends on the size alone.
template <typename Real>
double sum_of_squares(std::span<const Real> x);

/// Σ x² in the making: value j of an array is in sum j mod 16. 16 because that is two AVX-512
/// vectors of doubles (eight of SSE2's): enough to hide the latency of an addition.
inline constexpr std::size_t kPartialSums = 16;
using PartialSums = std::array<double, kPartialSums>;

/// sums_{j mod 16} += x_j². Zeros add nothing: parts of an array that begin at multiples of 16 and
/// leave out nothing but zeros give the same bits as the whole array.
template <typename Real>
void add_squares(std::span<const Real> x, PartialSums& sums);
/// The sum of all.
double total(const PartialSums& sums);

/// −Σ [y log σ(O) + (1 − y) log(1 − σ(O))] = Σ [max(O, 0) − O y + log(1 + e^{−|O|})]: nothing
/// overflows. Computed in double, in order.
template <typename Real>
double sigmoid_cross_entropy_sum(std::span<const Real> O, std::span<const Real> y);

// -------------------------------------------------------------------------------------------- rows

/// Each row of z = b: the start of every z = … + b.
template <typename Real>
void set_rows(std::span<const Real> b, MatrixView<Real> z);

/// db += Σ_rows dz: the gradient of a broadcast bias. The rows are added in order. T: Real, or
/// BFloat16 for sums in float.
template <typename Real, typename T = Real>
void add_column_sums(MatrixView<const std::type_identity_t<T>> dz, std::span<Real> db);

/// y_r = table_{ids[r]}: embedding. Throws ShapeError for an id outside the table.
template <typename Real>
void gather_rows(MatrixView<const Real> table, std::span<const std::int32_t> ids,
                 MatrixView<Real> y);

/// dtable_{ids[r]} += dy_r, rows in order: the gradient of gather_rows. T: see add_column_sums.
template <typename Real, typename T = Real>
void scatter_add_rows(MatrixView<const std::type_identity_t<T>> dy,
                      std::span<const std::int32_t> ids, MatrixView<Real> dtable);

/// y = x, rounded to the nearest BFloat16: as values of that type, or of any Real; y may be x.
void round_to_bfloat16(MatrixView<const float> x, MatrixView<BFloat16> y);
template <typename Real>
void round_to_bfloat16(MatrixView<const Real> x, MatrixView<Real> y);
/// y = x, rounded to the nearest Float16.
void round_to_float16(MatrixView<const float> x, MatrixView<Float16> y);

/// Where x > best: best = x and at = index. Called once for each step, it leaves the maximum over
/// time and where it was (the first one, of equals).
template <typename Real>
void keep_maximum(std::span<const Real> x, std::int32_t index, std::span<Real> best,
                  std::span<std::int32_t> at);

/// dx_j += dy_j where at_j == index: the gradient of keep_maximum for the step `index`.
template <typename Real>
void add_where_maximum(std::span<const Real> dy, std::span<const std::int32_t> at,
                       std::int32_t index, std::span<Real> dx);

// -------------------------------------------------------------------------------------- optimizers

/// One step of SGD with momentum μ and weight decay λ, step size η (Sutskever et al. 2013, in
/// PyTorch's form):
///   g = grad + λ·value;  v = μ·v + g;  value −= η·(nesterov ? g + μ·v : v)
template <typename Real>
struct SgdStep {
  Real learning_rate = 0;
  Real momentum = 0;
  Real weight_decay = 0;
  bool nesterov = false;
};
/// `velocity` may be empty if momentum is 0.
template <typename Real>
void sgd_update(const SgdStep<Real>& step, std::span<const Real> grad, std::span<Real> velocity,
                std::span<Real> value);

/// One step of Adam (Kingma & Ba 2015) with L2 weight decay λ, or decoupled decay (AdamW,
/// Loshchilov & Hutter 2019):
///   g = grad + (decoupled ? 0 : λ·value);  m = β₁m + (1−β₁)g;  v = β₂v + (1−β₂)g²
///   value −= η·( m·c₁ / (√(v·c₂) + ε) + (decoupled ? λ·value : 0) )
/// with c_i = 1/(1 − β_iⁿ) at the n-th step.
template <typename Real>
struct AdamStep {
  Real learning_rate = 0;
  Real beta1 = 0;
  Real beta2 = 0;
  Real epsilon = 0;
  Real weight_decay = 0;
  bool decoupled = false;
  Real correction1 = 1;  ///< c₁
  Real correction2 = 1;  ///< c₂
};
template <typename Real>
void adam_update(const AdamStep<Real>& step, std::span<const Real> grad, std::span<Real> m,
                 std::span<Real> v, std::span<Real> value);

/// One update of a moving average of parameters: average = keep·average + take·value.
template <typename Real>
struct AverageStep {
  Real keep = 0;
  Real take = 1;
};
/// All the steps in order, while the value stays the same.
template <typename Real>
void update_average(std::span<const AverageStep<Real>> steps, std::span<const Real> value,
                    std::span<Real> average);

}  // namespace unroll
