#include "unroll/tools/lab/checks/gradient_check.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>

#include "unroll/core/random.h"

namespace unroll {

namespace {

std::size_t sum_of(const GradientReport& report, std::size_t (*count)(const TensorCheck&)) {
  std::size_t sum = 0;
  for (const TensorCheck& check : report.checks) sum += count(check);
  return sum;
}

}  // namespace

void GradientReport::append(std::vector<TensorCheck> more) {
  checks.insert(checks.end(), std::make_move_iterator(more.begin()),
                std::make_move_iterator(more.end()));
}

bool GradientReport::holds() const {
  return std::ranges::all_of(checks, [](const TensorCheck& check) { return check.holds(); });
}

std::size_t GradientReport::compared() const {
  return sum_of(*this, [](const TensorCheck& check) { return check.directions + check.entries; });
}

std::size_t GradientReport::retried() const {
  return sum_of(*this, [](const TensorCheck& check) { return check.retried; });
}

std::size_t GradientReport::skipped() const {
  return sum_of(*this, [](const TensorCheck& check) { return check.skipped; });
}

double direction_error(const TensorCheck& check) {
  return check.direction_error;
}

double entry_error(const TensorCheck& check) {
  return check.entry_error;
}

double float_error(const TensorCheck& check) {
  return check.float_error.value_or(-1);
}

const TensorCheck* GradientReport::worst(double (*error)(const TensorCheck&)) const {
  const TensorCheck* worst = nullptr;
  for (const TensorCheck& check : checks) {
    if (error(check) < 0) continue;
    if (worst == nullptr || !(error(check) <= error(*worst))) worst = &check;
    if (std::isnan(error(*worst))) break;
  }
  return worst;
}

GradientReport check_gradients(const SequenceClassifier<float>& model, const GradientSample& sample,
                               const GradientCheckOptions& options) {
  GradientReport report;
  check_parameters(model, sample, options, report);
  check_states(model, sample, options, report);
  return report;
}

GradientSample random_sample(const SequenceClassifierConfig& config,
                             std::span<const std::size_t> lengths, std::uint64_t seed) {
  std::vector<std::size_t> sorted(lengths.begin(), lengths.end());
  std::ranges::sort(sorted, std::greater<>());
  GradientSample sample{.shape = RaggedShape(sorted)};
  Random random(seed, "gradient check/sample");
  for (std::size_t n = 0; n < sample.shape.tokens(); ++n) {
    sample.ids.push_back(static_cast<std::int32_t>(random.below(config.vocabulary)));
  }
  const std::size_t targets = config.pool ? sample.shape.batch() : sample.shape.tokens();
  for (std::size_t k = 0; k < targets; ++k) {
    sample.targets.push_back(static_cast<std::int32_t>(random.below(config.classes)));
  }
  return sample;
}

}  // namespace unroll
