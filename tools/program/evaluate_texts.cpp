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

/// Texts between two looks at the progress line, and bytes of texts that are read together.
constexpr std::size_t kBlock = 256, kBlockBytes = std::size_t{1} << 20;

LabelSet set_of(std::span<const std::string_view> labels, std::string first) {
  return {{labels.begin(), labels.end()}, std::move(first)};
}

/// Rows that a model which answers one label can't be right about.
struct LabelSetRows {
  std::size_t rows = 0;
  std::size_t line = 0;  // of the first

  void add(const Record& record) {
    if (!have_any_number_of_labels({&record, 1})) return;
    if (rows++ == 0) line = record.line;
  }
};

void refuse(const LabelSetRows& found, std::size_t rows, const std::string& file) {
  if (found.rows == 0) return;
  throw DataError({file == "-" ? "<stdin>" : file, found.line},
                  fmt::format("{} of {} rows have several labels or none, this is the first; the "
                              "model answers one label a text. Train it on texts with several "
                              "labels, or test it on texts with one",
                              found.rows, rows));
}

/// The mean loss of answers.
class LossOfAnswers {
 public:
  explicit LossOfAnswers(const TextPredictor& predictor)
      : labels_(predictor.labels()), has_sets_(predictor.classifier().has_any_number_of_labels()) {}

  void add(const Record& record, const Prediction& prediction) {
    if (has_sets_) return add_set(labels_of(record), prediction.probabilities);
    const auto label = std::ranges::find(labels_, record.label);
    if (label == labels_.end()) return;
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

/// Counts the answers to texts.
class Answers {
 public:
  Answers(const TextPredictor& predictor, double threshold)
      : predictor_(predictor),
        threshold_(threshold),
        tally_(predictor.labels()),
        loss_(predictor) {}

  void add(const Record& record, const Prediction& prediction) {
    texts_.add(prediction.text);
    loss_.add(record, prediction);
    if (!predictor_.classifier().has_any_number_of_labels())
      return tally_.add(record.label, prediction.label, prediction.probability);
    tally_.add(set_of(labels_of(record), ""),
               set_of(predictor_.labels_of(prediction, threshold_), prediction.label));
  }

  Evaluation evaluation() const {
    Evaluation evaluation = tally_.evaluation();
    evaluation.texts = texts_;
    evaluation.loss = loss_.mean();
    return evaluation;
  }

 private:
  const TextPredictor& predictor_;
  double threshold_;
  AnswerTally tally_;
  TextFigures texts_;
  LossOfAnswers loss_;
};

}  // namespace

LabelledTexts::LabelledTexts(const std::string& path, const ReadOptions& options,
                             const TextPredictor& predictor, Terminal& terminal)
    : predictor_(predictor) {
  ReadReport report;
  if (is_plain_text(path, {.encoding = options.encoding})) {
    stream_ = std::make_unique<RecordStream>(path, options);
  } else {
    held_ = read_records(path, options, report);
  }
  survey(path, options, report);
  show(report, terminal);
}

LabelledTexts::LabelledTexts(std::vector<Record> records, const std::string& name,
                             const TextPredictor& predictor)
    : predictor_(predictor), held_(std::move(records)) {
  ReadReport told_by_who_read_them;
  survey(name, {}, told_by_who_read_them);
}

void LabelledTexts::read(const std::function<void(std::span<Record>)>& body) {
  if (!stream_) return body(held_);
  stream_->rewind();
  for (auto records = stream_->read(kBlockBytes); !records.empty();
       records = stream_->read(kBlockBytes))
    body(records);
}

void LabelledTexts::survey(const std::string& path, const ReadOptions& options,
                           ReadReport& report) {
  std::map<std::string, LabelRows> labels;
  LabelMatcher matcher(predictor_.labels());
  LabelSetRows sets;
  read([&](std::span<Record> records) {
    rows_ += records.size();
    for (Record& record : records) {
      if (stream_) count_labels(record, labels);
      sets.add(record);
      matcher.match(record);
    }
  });
  if (stream_) {
    report = stream_->report();
    if (options.labels) examine_labels(views_of(labels), rows_, stream_->name(), report);
  }
  matcher.finish(path, report);
  if (!predictor_.classifier().has_any_number_of_labels()) refuse(sets, rows_, path);
}

void LabelledTexts::for_each_block(const std::function<void(Block)>& body) {
  LabelMatcher matcher(predictor_.labels());
  read([&](std::span<Record> records) {
    if (stream_)
      for (Record& record : records) matcher.match(record);
    for (std::size_t first = 0; first < records.size(); first += kBlock)
      body(records.subspan(first, std::min(kBlock, records.size() - first)));
  });
}

Evaluation evaluate_texts(const TextPredictor& predictor, LabelledTexts& texts, double threshold,
                          Terminal& terminal,
                          const std::function<void(const Record&, const Prediction&)>& seen) {
  Answers answers(predictor, threshold);
  std::size_t row = 0;
  texts.for_each_block([&](LabelledTexts::Block records) {
    const std::vector<Prediction> predictions = predictor.predict(texts_of(records));
    for (std::size_t k = 0; k < records.size(); ++k) {
      if (seen) seen(records[k], predictions[k]);
      answers.add(records[k], predictions[k]);
    }
    row += records.size();
    terminal.progress(fmt::format(
        "test  {:3.0f} %", 100 * static_cast<double>(row) / static_cast<double>(texts.rows())));
  });
  return answers.evaluation();
}

}  // namespace unroll
