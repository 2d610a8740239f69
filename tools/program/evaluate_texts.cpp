#include "unroll/tools/program/evaluate_texts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "unroll/core/error.h"
#include "unroll/text/labels.h"
#include "unroll/tools/program/commands.h"

namespace unroll {

namespace {

using Seen = std::function<void(const Record&, const Prediction&)>;

/// Texts between two looks at the progress line.
constexpr std::size_t kBlock = 256;

/// The mean loss of answers.
class LossOfAnswers {
 public:
  explicit LossOfAnswers(const TextPredictor& predictor)
      : labels_(predictor.labels()), has_sets_(predictor.classifier().has_any_number_of_labels()) {}

  void add(const Record& record, const Prediction& prediction) {
    if (has_sets_) return add_set(labels_of(record), prediction.probabilities);
    const auto label = std::ranges::lower_bound(labels_, record.label);
    if (label == labels_.end() || *label != record.label) return;
    sum_ += minus_log(prediction.probabilities[static_cast<std::size_t>(label - labels_.begin())]);
    ++rows_;
  }
  std::optional<double> mean() const {
    if (rows_ == 0) return std::nullopt;
    return sum_ / static_cast<double>(rows_);
  }

 private:
  /// Finite: a probability that is 0 in a float is small.
  static double minus_log(float probability) {
    return -std::log(std::max(static_cast<double>(probability), 1e-45));
  }
  void add_set(const std::vector<std::string_view>& actual, std::span<const float> probabilities) {
    for (std::size_t k = 0; k < labels_.size(); ++k) {
      const bool has = std::ranges::count(actual, labels_[k]) > 0;
      sum_ += minus_log(has ? probabilities[k] : 1 - probabilities[k]);
    }
    ++rows_;
  }

  std::span<const std::string> labels_;
  bool has_sets_;
  double sum_ = 0;
  std::size_t rows_ = 0;
};

/// Calls body(prediction) for all texts in order, and returns their loss.
template <typename Body>
std::optional<double> for_each_prediction(const TextPredictor& predictor,
                                          std::span<const Record> records, const Seen& seen,
                                          Terminal& terminal, Body body) {
  LossOfAnswers loss(predictor);
  const std::vector<std::string_view> texts = texts_of(records);
  for (std::size_t first = 0; first < texts.size(); first += kBlock) {
    const auto block = std::span(texts).subspan(first, std::min(kBlock, texts.size() - first));
    std::size_t row = first;
    for (Prediction& prediction : predictor.predict(block)) {
      if (seen) seen(records[row], prediction);
      loss.add(records[row], prediction);
      ++row;
      body(prediction);
    }
    terminal.progress(fmt::format(
        "test  {:3.0f} %",
        100 * static_cast<double>(first + block.size()) / static_cast<double>(texts.size())));
  }
  return loss.mean();
}

Evaluation evaluate_labels(const TextPredictor& predictor, std::span<const Record> records,
                           const Seen& seen, Terminal& terminal) {
  std::vector<std::string> actual, predicted;
  std::vector<double> confidences;
  for (const Record& record : records) actual.push_back(record.label);
  TextFigures texts;
  const auto loss =
      for_each_prediction(predictor, records, seen, terminal, [&](Prediction& prediction) {
        predicted.push_back(std::move(prediction.label));
        confidences.push_back(prediction.probability);
        texts.add(prediction.text);
      });
  Evaluation evaluation = evaluate(predictor.labels(), actual, predicted, confidences);
  evaluation.texts = texts;
  evaluation.loss = loss;
  return evaluation;
}

LabelSet set_of(std::span<const std::string_view> labels, std::string first) {
  return {{labels.begin(), labels.end()}, std::move(first)};
}

Evaluation evaluate_label_sets(const TextPredictor& predictor, std::span<const Record> records,
                               double threshold, const Seen& seen, Terminal& terminal) {
  std::vector<LabelSet> actual, predicted;
  for (const Record& record : records) actual.push_back(set_of(labels_of(record), ""));
  TextFigures texts;
  const auto loss =
      for_each_prediction(predictor, records, seen, terminal, [&](Prediction& prediction) {
        predicted.push_back(set_of(predictor.labels_of(prediction, threshold), prediction.label));
        texts.add(prediction.text);
      });
  Evaluation evaluation = evaluate_sets(predictor.labels(), actual, predicted);
  evaluation.texts = texts;
  evaluation.loss = loss;
  return evaluation;
}

/// A model that answers one label can't be right about a row with several.
void refuse_label_sets(std::span<const Record> records, const std::string& file) {
  const auto has_set = [](const Record& record) { return have_any_number_of_labels({&record, 1}); };
  const auto first = std::ranges::find_if(records, has_set);
  if (first == records.end()) return;
  throw DataError({file == "-" ? "<stdin>" : file, first->line},
                  fmt::format("{} of {} rows have several labels or none, this is the first; the "
                              "model answers one label a text. Train it on texts with several "
                              "labels, or test it on texts with one",
                              std::ranges::count_if(records, has_set), records.size()));
}

}  // namespace

std::vector<Record> read_labelled(const std::string& path, const ReadOptions& options,
                                  const TextPredictor& predictor, Terminal& terminal) {
  ReadReport report;
  std::vector<Record> records = read_records(path, options, report);
  match_model(records, path, predictor, report);
  show(report, terminal);
  return records;
}

void match_model(std::vector<Record>& records, const std::string& path,
                 const TextPredictor& predictor, ReadReport& report) {
  match_labels(records, predictor.labels(), path, report);
  if (!predictor.classifier().has_any_number_of_labels()) refuse_label_sets(records, path);
}

Evaluation evaluate_texts(const TextPredictor& predictor, std::span<const Record> records,
                          double threshold, Terminal& terminal, const Seen& seen) {
  return predictor.classifier().has_any_number_of_labels()
             ? evaluate_label_sets(predictor, records, threshold, seen, terminal)
             : evaluate_labels(predictor, records, seen, terminal);
}

}  // namespace unroll
