#include "unroll/tools/lab/proofs/proof.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace unroll {

std::string_view to_string(ProofKind kind) {
  switch (kind) {
    case ProofKind::kClosedForm:
      return "closed form";
    case ProofKind::kDifferences:
      return "differences";
    case ProofKind::kBound:
      return "bound";
  }
  return "?";
}

double Finding::allowed() const {
  switch (kind) {
    case ProofKind::kClosedForm:
      return 1e-12;
    case ProofKind::kDifferences:
      return kDifferenceBound;
    case ProofKind::kBound:
      return 1 + 1e-11;
  }
  return 0;
}

double relative_error(std::span<const double> a, std::span<const double> b) {
  if (a.size() != b.size()) return std::numeric_limits<double>::infinity();
  double difference = 0;
  double largest = 0;
  for (std::size_t i = 0; i < b.size(); ++i) {
    keep_worst(std::abs(a[i] - b[i]), difference);
    largest = std::max(largest, std::abs(b[i]));
  }
  return largest == 0 ? difference : difference / largest;
}

void keep_worst(double error, double& worst) {
  if (!(error <= worst) && !std::isnan(worst)) worst = error;
}

double dot(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

std::vector<double> central_differences(std::span<double> values,
                                        const std::function<double()>& loss) {
  // The error is of the order of step⁴ and of 1e-16 / step.
  constexpr double kStep = 5e-4;
  std::vector<double> gradient;
  for (double& value : values) {
    const double before = value;
    const auto at = [&](double steps) {
      value = before + steps * kStep;
      return loss();
    };
    gradient.push_back((8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * kStep));
    value = before;
  }
  return gradient;
}

}  // namespace unroll
