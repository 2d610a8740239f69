#include "unroll/tools/classifier/fusion.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace unroll {

namespace {

/// Goes through the rows that have a label, with O and ŷ of each.
class FusedRows {
 public:
  FusedRows(std::span<const ExpertScores> experts, std::span<const std::int32_t> labels,
            std::span<const double> a)
      : experts_(experts), labels_(labels), a_(a), O_(classes()), p_(classes()) {}

  std::size_t classes() const { return experts_.front().columns(); }

  /// body(row, label), after O() and p() are those of the row.
  template <typename Body>
  void for_each(Body body) {
    for (std::size_t row = 0; row < labels_.size(); ++row) {
      if (labels_[row] < 0) continue;
      set(row);
      body(row, static_cast<std::size_t>(labels_[row]));
    }
  }
  const std::vector<double>& O() const { return O_; }
  const std::vector<double>& p() const { return p_; }
  /// −ln ŷ_label of the row.
  double loss(std::size_t label) const { return log_sum_ - O_[label]; }

 private:
  void set(std::size_t row) {
    std::ranges::fill(O_, 0.0);
    for (std::size_t e = 0; e < experts_.size(); ++e) {
      const auto s = experts_[e].row(row);
      for (std::size_t k = 0; k < s.size(); ++k) O_[k] += a_[e] * s[k];
    }
    const double most = *std::ranges::max_element(O_);
    double sum = 0;
    for (std::size_t k = 0; k < O_.size(); ++k) sum += p_[k] = std::exp(O_[k] - most);
    for (double& p : p_) p /= sum;
    log_sum_ = most + std::log(sum);
  }

  std::span<const ExpertScores> experts_;
  std::span<const std::int32_t> labels_;
  std::span<const double> a_;
  std::vector<double> O_, p_;
  double log_sum_ = 0;
};

double mean(std::span<const double> p, std::span<const double> s) {
  return std::inner_product(p.begin(), p.end(), s.begin(), 0.0);
}

/// The second derivatives of L: for each row the covariance of the experts' scores under ŷ.
std::vector<double> hessian(std::span<const ExpertScores> experts,
                            std::span<const std::int32_t> labels, std::span<const double> a,
                            std::span<const FusionPrior> priors) {
  const std::size_t size = experts.size();
  std::vector<double> H(size * size);
  FusedRows rows(experts, labels, a);
  rows.for_each([&](std::size_t row, std::size_t) {
    for (std::size_t e = 0; e < size; ++e) {
      const double mean_e = mean(rows.p(), experts[e].row(row));
      for (std::size_t f = 0; f < size; ++f) {
        double sum = 0;
        for (std::size_t k = 0; k < rows.classes(); ++k) {
          sum += rows.p()[k] * (experts[e](row, k) - mean_e) * experts[f](row, k);
        }
        H[e * size + f] += sum;
      }
    }
  });
  for (std::size_t e = 0; e < size; ++e) H[e * size + e] += priors[e].pull;
  return H;
}

/// Solves H x = g for a symmetric, positive definite H, by elimination. What comes of a direction
/// that nothing determines is 0.
std::vector<double> solve(std::vector<double> H, std::vector<double> g) {
  const std::size_t size = g.size();
  for (std::size_t e = 0; e < size; ++e) {
    for (std::size_t f = e + 1; f < size; ++f) {
      const double factor = H[e * size + e] > 0 ? H[f * size + e] / H[e * size + e] : 0;
      for (std::size_t k = e; k < size; ++k) H[f * size + k] -= factor * H[e * size + k];
      g[f] -= factor * g[e];
    }
  }
  for (std::size_t e = size; e-- > 0;) {
    for (std::size_t f = e + 1; f < size; ++f) g[e] -= H[e * size + f] * g[f];
    g[e] = H[e * size + e] > 0 ? g[e] / H[e * size + e] : 0;
  }
  return g;
}

}  // namespace

double fusion_loss(std::span<const ExpertScores> experts, std::span<const std::int32_t> labels,
                   std::span<const double> a, std::span<const FusionPrior> priors,
                   std::span<double> gradient) {
  double loss = 0;
  std::ranges::fill(gradient, 0.0);
  FusedRows rows(experts, labels, a);
  rows.for_each([&](std::size_t row, std::size_t label) {
    loss += rows.loss(label);
    for (std::size_t e = 0; e < gradient.size(); ++e) {  // [Σ_k (ŷ_k − y_k) s_e,k]
      gradient[e] += mean(rows.p(), experts[e].row(row)) - experts[e](row, label);
    }
  });
  for (std::size_t e = 0; e < experts.size(); ++e) {
    const double away = a[e] - priors[e].weight;
    loss += 0.5 * priors[e].pull * away * away;
    if (!gradient.empty()) gradient[e] += priors[e].pull * away;
  }
  return loss;
}

std::vector<double> fit_fusion(std::span<const ExpertScores> experts,
                               std::span<const std::int32_t> labels,
                               std::span<const FusionPrior> priors) {
  constexpr int kMostSteps = 100, kMostHalvings = 40;
  constexpr double kEnough = 1e-10;  // of a step, against weights of about 1
  std::vector<double> a, gradient(experts.size());
  for (const FusionPrior& prior : priors) a.push_back(prior.weight);
  double loss = fusion_loss(experts, labels, a, priors, gradient);
  for (int step = 0; step < kMostSteps; ++step) {
    const std::vector<double> change = solve(hessian(experts, labels, a, priors), gradient);
    std::vector<double> next(a.size());
    double share = 1, next_loss = 0;
    for (int halving = 0; halving < kMostHalvings; ++halving, share /= 2) {
      for (std::size_t e = 0; e < a.size(); ++e) next[e] = a[e] - share * change[e];
      next_loss = fusion_loss(experts, labels, next, priors);
      if (next_loss <= loss) break;
    }
    if (!(next_loss <= loss)) break;  // rounding is all that is left
    double moved = 0;
    for (std::size_t e = 0; e < a.size(); ++e) moved = std::max(moved, std::abs(next[e] - a[e]));
    a = next;
    loss = fusion_loss(experts, labels, a, priors, gradient);
    if (moved < kEnough) break;
  }
  return a;
}

double fit_inverse_temperature(ExpertScores scores, std::span<const std::int32_t> labels,
                               FusionPrior prior) {
  constexpr double kLeast = 0.01;  // of scores that say nothing, or the contrary
  const double a = fit_fusion(std::array{scores}, labels, std::array{prior}).front();
  return std::max(a, kLeast);  // L is convex: the nearest value is the best one
}

FusedScore fused_score(std::span<const ExpertScores> experts, std::span<const std::int32_t> labels,
                       std::span<const double> a) {
  double loss = 0;
  std::size_t count = 0, correct = 0;
  FusedRows rows(experts, labels, a);
  rows.for_each([&](std::size_t, std::size_t label) {
    const auto best = std::ranges::max_element(rows.O()) - rows.O().begin();
    if (static_cast<std::size_t>(best) == label) ++correct;
    loss += rows.loss(label);
    ++count;
  });
  return {.accuracy = static_cast<double>(correct) / static_cast<double>(labels.size()),
          .loss = loss / static_cast<double>(std::max<std::size_t>(count, 1))};
}

}  // namespace unroll
