#include "unroll/tools/classifier/metric.h"

#include <fmt/format.h>

#include <algorithm>

#include "unroll/core/error.h"
#include "unroll/text/labels.h"
#include "unroll/text/utf8.h"

namespace unroll {

namespace {

constexpr std::string_view kF1Of = "f1:";

double value_of(const AnswerCounts& answers, double loss, const Metric& metric,
                std::span<const std::string> labels) {
  switch (metric.kind) {
    case Metric::Kind::kAccuracy:
      return answers.accuracy();
    case Metric::Kind::kMicroF1:
      return answers.micro_f1();
    case Metric::Kind::kMacroF1:
      return answers.macro_f1();
    case Metric::Kind::kLabelF1:
      return answers.f1(static_cast<std::size_t>(std::ranges::lower_bound(labels, metric.label) -
                                                 labels.begin()));
    case Metric::Kind::kLoss:
      return loss;
  }
  return 0;
}

}  // namespace

std::string to_string(const Metric& metric) {
  switch (metric.kind) {
    case Metric::Kind::kAccuracy:
      return "accuracy";
    case Metric::Kind::kMicroF1:
      return "micro-f1";
    case Metric::Kind::kMacroF1:
      return "macro-f1";
    case Metric::Kind::kLabelF1:
      return fmt::format("{}{}", kF1Of, metric.label);
    case Metric::Kind::kLoss:
      return "loss";
  }
  return "";
}

std::optional<Metric> metric_from(std::string_view name) {
  for (const auto kind : {Metric::Kind::kAccuracy, Metric::Kind::kMicroF1, Metric::Kind::kMacroF1,
                          Metric::Kind::kLoss}) {
    if (to_string(Metric{.kind = kind}) == name) return Metric{.kind = kind};
  }
  if (!name.starts_with(kF1Of) || name.size() == kF1Of.size()) return std::nullopt;
  return Metric{.kind = Metric::Kind::kLabelF1, .label = std::string(name.substr(kF1Of.size()))};
}

void AnswerCounts::add(std::span<const std::int32_t> actual,
                       std::span<const std::int32_t> predicted) {
  ++rows_;
  correct_ += std::ranges::equal(actual, predicted) ? 1 : 0;
  all_.actual += actual.size();
  all_.predicted += predicted.size();
  for (const std::int32_t label : predicted) ++counts_[static_cast<std::size_t>(label)].predicted;
  for (const std::int32_t label : actual) {
    if (label < 0) continue;
    Count& count = counts_[static_cast<std::size_t>(label)];
    ++count.actual;
    if (!std::ranges::binary_search(predicted, label)) continue;
    ++count.hits;
    ++all_.hits;
  }
}

double AnswerCounts::accuracy() const {
  return rows_ == 0 ? 0 : static_cast<double>(correct_) / static_cast<double>(rows_);
}

double AnswerCounts::f1(std::size_t label) const {
  return f1_of(counts_[label]);
}

double AnswerCounts::micro_f1() const {
  return f1_of(all_);
}

double AnswerCounts::f1_of(const Count& count) {
  const std::size_t whole = count.actual + count.predicted;
  return whole == 0 ? 0 : 2 * static_cast<double>(count.hits) / static_cast<double>(whole);
}

double AnswerCounts::macro_f1() const {
  double sum = 0;
  std::size_t occurring = 0;
  for (std::size_t k = 0; k < counts_.size(); ++k) {
    if (counts_[k].actual + counts_[k].predicted == 0) continue;
    sum += f1(k);
    ++occurring;
  }
  return occurring == 0 ? 0 : sum / static_cast<double>(occurring);
}

Score DevScore::by(const Metric& chosen) const {
  const bool is_loss = chosen.kind == Metric::Kind::kLoss;
  return {.value = is_loss ? -loss : metric, .loss = loss};
}

void check_metric(const Metric& metric, std::span<const std::string> labels) {
  if (metric.kind != Metric::Kind::kLabelF1) return;
  if (std::ranges::binary_search(labels, metric.label)) return;
  throw mended_by({"metric"}, UsageError(fmt::format(
                                  "the metric is the F1 of {}, which is no label of the training "
                                  "texts; theirs are {}",
                                  in_quotes(metric.label), list_of_labels(labels))));
}

DevScore dev_score(const AnswerCounts& answers, double loss, const Metric& metric,
                   std::span<const std::string> labels) {
  return {.accuracy = answers.accuracy(),
          .metric = value_of(answers, loss, metric, labels),
          .loss = loss};
}

}  // namespace unroll
