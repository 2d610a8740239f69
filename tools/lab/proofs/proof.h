/// What it takes to prove an equation of docs/mathematics: compare two computations of the same
/// thing, and say by how much they differ.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

namespace unroll {

/// What every gradient in double must reach against central differences: far above what they are
/// off by themselves (`central_differences`), far below what a wrong equation is off by.
inline constexpr double kDifferenceBound = 1e-7;

/// How a statement is proven.
enum class ProofKind {
  kClosedForm,   ///< the code against plain loops (naive.h): max|a − b| / max|b|
  kDifferences,  ///< a gradient against central differences of the code's own loss, in the same
                 ///< measure
  kBound,        ///< measured / bound, the largest there was
};
std::string_view to_string(ProofKind kind);

/// One result. Errors are over whole tensors, of an LSTM's U, W, b over each gate's.
struct Finding {
  ProofKind kind = ProofKind::kClosedForm;
  double error = 0;
  /// What it may be at most: rounding for closed forms and bounds, kDifferenceBound for
  /// differences.
  double allowed() const;
  bool holds() const { return error <= allowed(); }  ///< false for NaN
};

/// max|a − b| / max|b|; max|a| where b is all zeros; infinite where the sizes differ.
double relative_error(std::span<const double> a, std::span<const double> b);

/// Keeps the larger of two errors in `worst`. A NaN stays, whatever follows: it is worse than any
/// number, and std::max would lose it.
void keep_worst(double error, double& worst);

/// Σ a ⊙ b, of equal sizes.
double dot(std::span<const double> a, std::span<const double> b);

/// ∂loss/∂values by central differences of fourth order. `values` is as before afterwards.
std::vector<double> central_differences(std::span<double> values,
                                        const std::function<double()>& loss);

/// One way of proving one equation. It may be called with any seed.
struct Proof {
  std::string_view id;
  std::vector<Finding> (*prove)(std::string_view id, std::uint64_t seed);
};

// The proofs, a chapter each.
std::span<const Proof> activation_proofs();
std::span<const Proof> recurrent_proofs();
std::span<const Proof> gradient_flow_proofs();
std::span<const Proof> stack_proofs();
std::span<const Proof> loss_proofs();
std::span<const Proof> optimizer_proofs();

}  // namespace unroll
