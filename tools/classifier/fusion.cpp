#include "unroll/tools/classifier/fusion.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace unroll {

namespace {

/// Goes through rows, with O and ŷ of each.
class FusedRows {
 public:
  FusedRows(std::span<const ExpertScores> experts, const DevRows& rows, std::span<const double> a)
      : experts_(experts), rows_(rows), a_(a), O_(classes()), p_(classes()) {}

  std::size_t classes() const { return experts_.front().columns(); }

  /// body(row, labels, weight) for those that have a loss, after O() and p() are those of the row.
  /// Labels that no expert knows are left out.
  template <typename Body>
  void for_each(Body body) {
    for (std::size_t row = 0; row < rows_.labels.size(); ++row) {
      if (!has_loss(row)) continue;
      set(row);
      body(row, known_labels(row), weight(row));
    }
  }
  bool has_loss(std::size_t row) const { return has_sets() || !known_labels(row).empty(); }
  std::span<const std::int32_t> known_labels(std::size_t row) const {
    const auto labels = labels_of(rows_.labels[row], rows_.sets);
    return !labels.empty() && labels.front() < 0 ? labels.subspan(1) : labels;
  }
  double weight(std::size_t row) const {
    return rows_.weights.empty() ? 1 : static_cast<double>(rows_.weights[row]);
  }
  /// O and ŷ become those of this row.
  void set(std::size_t row) {
    std::ranges::fill(O_, 0.0);
    for (std::size_t e = 0; e < experts_.size(); ++e) {
      const auto s = experts_[e].row(row);
      for (std::size_t k = 0; k < s.size(); ++k) O_[k] += a_[e] * s[k];
    }
    has_sets() ? set_sigmoids() : set_softmax();
  }
  /// What is answered by O.
  std::span<const std::int32_t> answer() {
    answer_.clear();
    if (!has_sets()) {
      answer_.push_back(static_cast<std::int32_t>(std::ranges::max_element(O_) - O_.begin()));
      return answer_;
    }
    for (std::size_t k = 0; k < O_.size(); ++k) {
      if (O_[k] >= 0) answer_.push_back(static_cast<std::int32_t>(k));
    }
    return answer_;
  }
  bool has_sets() const { return rows_.sets != nullptr; }
  const std::vector<double>& p() const { return p_; }
  /// The loss of the row with these labels.
  double loss(std::span<const std::int32_t> labels) const {
    double loss = log_sum_;
    for (const std::int32_t label : labels) loss -= O_[static_cast<std::size_t>(label)];
    return loss;
  }

 private:
  void set_softmax() {
    const double most = *std::ranges::max_element(O_);
    double sum = 0;
    for (std::size_t k = 0; k < O_.size(); ++k) sum += p_[k] = std::exp(O_[k] - most);
    for (double& p : p_) p /= sum;
    log_sum_ = most + std::log(sum);
  }
  /// Σ_k ln(1 + exp O_k) takes the logarithm's place: the loss is that less the labels' O, too.
  void set_sigmoids() {
    log_sum_ = 0;
    for (std::size_t k = 0; k < O_.size(); ++k) {
      const double e = std::exp(-std::abs(O_[k]));
      p_[k] = (O_[k] >= 0 ? 1 : e) / (1 + e);
      log_sum_ += std::max(O_[k], 0.0) + std::log1p(e);
    }
  }

  std::span<const ExpertScores> experts_;
  const DevRows& rows_;
  std::span<const double> a_;
  std::vector<double> O_, p_;
  std::vector<std::int32_t> answer_;
  double log_sum_ = 0;
};

double mean(std::span<const double> p, std::span<const double> s) {
  return std::inner_product(p.begin(), p.end(), s.begin(), 0.0);
}

/// Σ_k of the derivative of ŷ_k by a_e, times s_f,k: the covariance of two experts' scores under a
/// softmax, with mean_e = Σ_k ŷ_k s_e,k; Σ_k ŷ_k (1 − ŷ_k) s_e,k s_f,k of sigmoids, with mean_e =
/// 0.
double curvature(const FusedRows& fused, std::span<const double> s_e, double mean_e,
                 std::span<const double> s_f) {
  double sum = 0;
  for (std::size_t k = 0; k < s_e.size(); ++k) {
    const double p = fused.has_sets() ? fused.p()[k] * (1 - fused.p()[k]) : fused.p()[k];
    sum += p * (s_e[k] - mean_e) * s_f[k];
  }
  return sum;
}

/// The second derivatives of L.
std::vector<double> hessian(std::span<const ExpertScores> experts, const DevRows& rows,
                            std::span<const double> a, std::span<const FusionPrior> priors) {
  const std::size_t size = experts.size();
  std::vector<double> H(size * size);
  FusedRows fused(experts, rows, a);
  fused.for_each([&](std::size_t row, std::span<const std::int32_t>, double w) {
    for (std::size_t e = 0; e < size; ++e) {
      const auto s_e = experts[e].row(row);
      const double mean_e = fused.has_sets() ? 0 : mean(fused.p(), s_e);
      for (std::size_t f = 0; f < size; ++f) {
        H[e * size + f] += w * curvature(fused, s_e, mean_e, experts[f].row(row));
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

double fusion_loss(std::span<const ExpertScores> experts, const DevRows& rows,
                   std::span<const double> a, std::span<const FusionPrior> priors,
                   std::span<double> gradient) {
  double loss = 0;
  std::ranges::fill(gradient, 0.0);
  FusedRows fused(experts, rows, a);
  fused.for_each([&](std::size_t row, std::span<const std::int32_t> labels, double w) {
    loss += w * fused.loss(labels);
    for (std::size_t e = 0; e < gradient.size(); ++e) {  // [w Σ_k (ŷ_k − y_k) s_e,k]
      double sum = mean(fused.p(), experts[e].row(row));
      for (const std::int32_t label : labels) sum -= experts[e](row, label);
      gradient[e] += w * sum;
    }
  });
  for (std::size_t e = 0; e < experts.size(); ++e) {
    const double away = a[e] - priors[e].weight;
    loss += 0.5 * priors[e].pull * away * away;
    if (!gradient.empty()) gradient[e] += priors[e].pull * away;
  }
  return loss;
}

std::vector<double> fit_fusion(std::span<const ExpertScores> experts, const DevRows& rows,
                               std::span<const FusionPrior> priors) {
  constexpr int kMostSteps = 100, kMostHalvings = 40;
  constexpr double kEnough = 1e-10;  // of a step, against weights of about 1
  std::vector<double> a, gradient(experts.size());
  for (const FusionPrior& prior : priors) a.push_back(prior.weight);
  double loss = fusion_loss(experts, rows, a, priors, gradient);
  for (int step = 0; step < kMostSteps; ++step) {
    const std::vector<double> change = solve(hessian(experts, rows, a, priors), gradient);
    std::vector<double> next(a.size());
    double share = 1, next_loss = 0;
    for (int halving = 0; halving < kMostHalvings; ++halving, share /= 2) {
      for (std::size_t e = 0; e < a.size(); ++e) next[e] = a[e] - share * change[e];
      next_loss = fusion_loss(experts, rows, next, priors);
      if (next_loss <= loss) break;
    }
    if (!(next_loss <= loss)) break;  // rounding is all that is left
    double moved = 0;
    for (std::size_t e = 0; e < a.size(); ++e) moved = std::max(moved, std::abs(next[e] - a[e]));
    a = next;
    loss = fusion_loss(experts, rows, a, priors, gradient);
    if (moved < kEnough) break;
  }
  return a;
}

double fit_inverse_temperature(ExpertScores scores, const DevRows& rows, FusionPrior prior) {
  constexpr double kLeast = 0.01;  // of scores that say nothing, or the contrary
  const double a = fit_fusion(std::array{scores}, rows, std::array{prior}).front();
  return std::max(a, kLeast);  // L is convex: the nearest value is the best one
}

double count_fused(std::span<const ExpertScores> experts, const DevRows& rows,
                   std::span<const double> a, AnswerCounts& answers) {
  double loss = 0, weight = 0;
  FusedRows fused(experts, rows, a);
  for (std::size_t row = 0; row < rows.labels.size(); ++row) {
    fused.set(row);
    answers.add(labels_of(rows.labels[row], rows.sets), fused.answer());
    if (!fused.has_loss(row)) continue;
    loss += fused.weight(row) * fused.loss(fused.known_labels(row));
    weight += fused.weight(row);
  }
  return weight > 0 ? loss / weight : 0;
}

}  // namespace unroll
