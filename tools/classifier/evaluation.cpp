#include "unroll/tools/classifier/evaluation.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>
#include <string_view>
#include <utility>

#include "unroll/text/counted.h"
#include "unroll/text/visible.h"
#include "unroll/tools/classifier/calibration.h"
#include "unroll/tools/classifier/shown_text.h"

namespace unroll {

namespace {

/// Above this many classes a confusion matrix is no longer read; the most frequent confusions are
/// listed instead.
constexpr std::size_t kMatrixClasses = 12;
constexpr std::size_t kConfusionsListed = 10;
/// With these and all other lines the table has fewer than 40.
constexpr std::size_t kClassesListed = 20;

constexpr std::size_t kLeastLabelColumns = 16;

double ratio(double part, double whole) {
  return whole == 0 ? 0 : part / whole;
}

// ----------------------------------------------------------------------------------------- counts

using Numbers = std::map<std::string_view, std::size_t>;

/// Numbers the labels that occur: the model's in their order, then unknown ones in byte order.
Numbers number_labels(std::span<const std::string> labels,
                      const std::set<std::string_view>& occurring, Evaluation& evaluation) {
  std::vector<std::string_view> ordered(occurring.begin(), occurring.end());
  const auto unseen = std::ranges::stable_partition(
      ordered, [&](std::string_view label) { return std::ranges::binary_search(labels, label); });
  evaluation.unseen.assign(unseen.begin(), unseen.end());
  evaluation.absent = labels.size() - (ordered.size() - unseen.size());
  Numbers numbers;
  for (const std::string_view label : ordered) {
    numbers.emplace(label, numbers.size());
    evaluation.classes.push_back({.label = std::string(label)});
  }
  return numbers;
}

struct ClassCounts {
  std::size_t hits = 0;
  std::size_t actual = 0;
  std::size_t predicted = 0;
  std::size_t mistakes() const { return actual + predicted - 2 * hits; }
};

std::vector<ClassCounts> count_classes(const Evaluation& evaluation) {
  std::vector<ClassCounts> counts(evaluation.classes.size());
  for (const auto& [actual, predicted, rows] : evaluation.confusion) {
    counts[actual].actual += rows;
    counts[predicted].predicted += rows;
    if (actual == predicted) counts[actual].hits += rows;
  }
  return counts;
}

void score_classes(std::span<const ClassCounts> counts, Evaluation& evaluation) {
  for (std::size_t k = 0; k < counts.size(); ++k) {
    ClassScore& score = evaluation.classes[k];
    const auto hits = static_cast<double>(counts[k].hits);
    score.support = counts[k].actual;
    score.precision = ratio(hits, static_cast<double>(counts[k].predicted));
    score.recall = ratio(hits, static_cast<double>(counts[k].actual));
    score.f1 = ratio(2 * score.precision * score.recall, score.precision + score.recall);
    score.mistakes = counts[k].mistakes();
    evaluation.macro_f1 += score.f1 / static_cast<double>(counts.size());
  }
}

bool has(const LabelSet& set, const std::string& label) {
  return std::ranges::find(set.labels, label) != set.labels.end();
}

LabelSetFigures figures_of(std::span<const ClassCounts> counts, std::size_t labelled,
                           std::size_t firsts) {
  double hits = 0, of_actual = 0, of_predicted = 0;
  for (const ClassCounts& count : counts) {
    hits += static_cast<double>(count.hits);
    of_actual += static_cast<double>(count.actual);
    of_predicted += static_cast<double>(count.predicted);
  }
  const auto right = static_cast<double>(firsts);
  return {.micro_precision = ratio(hits, of_predicted),
          .micro_recall = ratio(hits, of_actual),
          .micro_f1 = ratio(2 * hits, of_actual + of_predicted),
          .precision_at_1 = ratio(right, static_cast<double>(labelled)),
          .recall_at_1 = ratio(right, of_actual)};
}

/// Whether all labels of both are the same; neither has one twice.
bool are_equal(const LabelSet& actual, const LabelSet& predicted) {
  return actual.labels.size() == predicted.labels.size() &&
         std::ranges::all_of(actual.labels,
                             [&](const std::string& label) { return has(predicted, label); });
}

void set_accuracy(Evaluation& evaluation) {
  evaluation.accuracy =
      ratio(static_cast<double>(evaluation.correct), static_cast<double>(evaluation.rows));
  evaluation.interval = wilson_interval(evaluation.correct, evaluation.rows);
}

// ------------------------------------------------------------------------------------------ table

std::string padded(std::string_view text, std::size_t width) {
  return fmt::format("{:<{}}", text, width);
}

/// The labels as they are shown.
std::vector<std::string> shown_labels(const Evaluation& evaluation, std::size_t width) {
  constexpr std::size_t kBesidesTwoLabels = 11;  // in a line of the list of confusions
  const std::size_t most =
      std::max(kLeastLabelColumns, (std::max(width, kBesidesTwoLabels) - kBesidesTwoLabels) / 2);
  std::vector<std::string> labels;
  for (const ClassScore& score : evaluation.classes)
    labels.push_back(shown(visible(score.label), most));
  return labels;
}

/// The classes in the table: all, or those that most mistakes are about.
std::vector<std::size_t> listed_classes(const Evaluation& evaluation) {
  std::vector<std::size_t> classes(evaluation.classes.size());
  std::iota(classes.begin(), classes.end(), std::size_t{0});
  if (classes.size() <= kClassesListed) return classes;
  std::ranges::stable_sort(classes, std::greater<>(),
                           [&](std::size_t k) { return evaluation.classes[k].mistakes; });
  classes.resize(kClassesListed);
  return classes;
}

std::size_t widest(std::span<const std::string> labels, std::span<const std::size_t> classes) {
  std::size_t width = 7;  // "average"
  for (const std::size_t k : classes) width = std::max(width, columns_of(labels[k]));
  return width;
}

std::string score_line(std::string_view name, std::size_t label_columns, const ClassScore& score) {
  return fmt::format("{}  {:8.2f}%  {:5.2f}%  {:5.2f}%  {:6}\n", padded(name, label_columns),
                     100 * score.precision, 100 * score.recall, 100 * score.f1, score.support);
}

ClassScore average(const Evaluation& evaluation) {
  ClassScore average{.label = "average", .support = evaluation.rows, .f1 = evaluation.macro_f1};
  const auto count = static_cast<double>(evaluation.classes.size());
  for (const ClassScore& score : evaluation.classes) {
    average.precision += score.precision / count;
    average.recall += score.recall / count;
  }
  return average;
}

std::string headline(const Evaluation& evaluation) {
  if (!evaluation.sets) {
    return fmt::format("accuracy {:.2f} %  ({} of {}; 95 % interval: {:.2f} to {:.2f} %)\n\n",
                       100 * evaluation.accuracy, evaluation.correct,
                       counted(evaluation.rows, "row"), 100 * evaluation.interval.low,
                       100 * evaluation.interval.high);
  }
  const LabelSetFigures& sets = *evaluation.sets;
  return fmt::format(
      "micro-F1 {:.2f} %  (precision {:.2f} %, recall {:.2f} %)\n"
      "macro-F1 {:.2f} %\n"
      "the most probable label: precision {:.2f} %, recall {:.2f} %\n"
      "all labels right {:.2f} %  ({} of {}; 95 % interval: {:.2f} to {:.2f} %)\n\n",
      100 * sets.micro_f1, 100 * sets.micro_precision, 100 * sets.micro_recall,
      100 * evaluation.macro_f1, 100 * sets.precision_at_1, 100 * sets.recall_at_1,
      100 * evaluation.accuracy, evaluation.correct, counted(evaluation.rows, "row"),
      100 * evaluation.interval.low, 100 * evaluation.interval.high);
}

std::string class_table(const Evaluation& evaluation, std::span<const std::string> labels,
                        std::span<const std::size_t> classes, std::size_t label_columns) {
  std::string table =
      fmt::format("{}  precision  recall      F1    rows\n", padded("label", label_columns));
  for (const std::size_t k : classes) {
    table += score_line(labels[k], label_columns, evaluation.classes[k]);
  }
  if (classes.size() < evaluation.classes.size()) {
    const std::size_t others = evaluation.classes.size() - classes.size();
    table += fmt::format("… and {} other {} with as many mistakes or fewer\n", others,
                         by_count(others, "label", "labels"));
  }
  table += score_line("average", label_columns, average(evaluation));
  if (evaluation.absent > 0) {
    table += fmt::format("{} of the model's labels {} in no row and no prediction\n",
                         evaluation.absent, by_count(evaluation.absent, "is", "are"));
  }
  return table;
}

std::string confusion_matrix(const Evaluation& evaluation, std::span<const std::string> labels,
                             std::size_t label_columns, std::size_t cell) {
  std::vector<std::vector<std::size_t>> rows(labels.size(),
                                             std::vector<std::size_t>(labels.size()));
  for (const Confusion& c : evaluation.confusion) rows[c.actual][c.predicted] = c.rows;
  std::string table = fmt::format("\n{}  predicted\n", padded("actual", label_columns));
  table += std::string(label_columns, ' ');
  for (const std::string& label : labels) table += fmt::format("  {:>{}}", label, cell);
  table += '\n';
  for (std::size_t k = 0; k < labels.size(); ++k) {
    table += padded(labels[k], label_columns);
    for (const std::size_t count : rows[k]) table += fmt::format("  {:>{}}", count, cell);
    table += '\n';
  }
  return table;
}

std::string confusion_list(const Evaluation& evaluation, std::span<const std::string> labels) {
  std::vector<Confusion> mistakes;
  std::ranges::copy_if(evaluation.confusion, std::back_inserter(mistakes),
                       [](const Confusion& c) { return c.actual != c.predicted; });
  std::ranges::stable_sort(mistakes, std::greater<>(), &Confusion::rows);
  std::string list =
      mistakes.empty() ? "" : "\nmost frequent confusions (rows: actual → predicted)\n";
  for (const Confusion& c : std::span(mistakes).first(std::min(mistakes.size(), kConfusionsListed)))
    list += fmt::format("{:6}: {} → {}\n", c.rows, labels[c.actual], labels[c.predicted]);
  return list;
}

// ------------------------------------------------------------------------------------------- JSON

using Json = nlohmann::ordered_json;

/// Means of no rows are null.
Json json_of(const Calibration& calibration) {
  Json bins = Json::array();
  for (const CalibrationBin& bin : calibration.bins) {
    const auto mean = [&](double value) { return bin.rows > 0 ? Json(value) : Json(); };
    bins.push_back({{"from", bin.from},
                    {"to", bin.to},
                    {"rows", bin.rows},
                    {"confidence", mean(bin.confidence)},
                    {"accuracy", mean(bin.accuracy)}});
  }
  return {{"error", calibration.error}, {"bins", bins}};
}

}  // namespace

void TextFigures::add(const TokenFigures& text) {
  cut += text.cut ? 1 : 0;
  unknown += text.known == 0 ? 1 : 0;
  tokens += text.tokens;
  known_tokens += text.known;
}

AnswerTally::AnswerTally(std::span<const std::string> labels) : labels_(labels) {}
AnswerTally::~AnswerTally() = default;

void AnswerTally::add(const std::string& actual, const std::string& predicted,
                      std::optional<double> confidence) {
  ++rows_;
  ++answers_[{actual, predicted}];
  if (!confidence) return;
  if (!calibration_) calibration_ = std::make_unique<CalibrationCounts>();
  calibration_->add(*confidence, actual == predicted);
}

void AnswerTally::add(const LabelSet& actual, const LabelSet& predicted) {
  ++rows_;
  are_sets_ = true;
  for (const std::string& label : predicted.labels) ++of_label_[label].predicted;
  for (const std::string& label : actual.labels) {
    Rows& rows = of_label_[label];
    ++rows.actual;
    rows.hits += has(predicted, label) ? 1 : 0;
  }
  labelled_ += actual.labels.empty() ? 0 : 1;
  firsts_ += has(actual, predicted.first) ? 1 : 0;
  correct_ += are_equal(actual, predicted) ? 1 : 0;
}

Evaluation AnswerTally::evaluation() const {
  Evaluation evaluation = are_sets_ ? of_sets() : of_labels();
  evaluation.rows = rows_;
  set_accuracy(evaluation);
  return evaluation;
}

Evaluation AnswerTally::of_labels() const {
  Evaluation evaluation;
  std::set<std::string_view> occurring;
  for (const auto& [answer, rows] : answers_) occurring.insert({answer.first, answer.second});
  const Numbers numbers = number_labels(labels_, occurring, evaluation);
  std::map<std::pair<std::size_t, std::size_t>, std::size_t> confusion;
  for (const auto& [answer, rows] : answers_)
    confusion[{numbers.at(answer.first), numbers.at(answer.second)}] = rows;
  for (const auto& [pair, rows] : confusion) {
    evaluation.confusion.push_back({pair.first, pair.second, rows});
    evaluation.correct += pair.first == pair.second ? rows : 0;
  }
  score_classes(count_classes(evaluation), evaluation);
  if (calibration_) evaluation.calibration = calibration_->calibration();
  return evaluation;
}

Evaluation AnswerTally::of_sets() const {
  Evaluation evaluation;
  std::set<std::string_view> occurring;
  for (const auto& [label, rows] : of_label_) occurring.insert(label);
  const Numbers numbers = number_labels(labels_, occurring, evaluation);
  std::vector<ClassCounts> counts(numbers.size());
  for (const auto& [label, rows] : of_label_)
    counts[numbers.at(label)] = {
        .hits = rows.hits, .actual = rows.actual, .predicted = rows.predicted};
  score_classes(counts, evaluation);
  evaluation.sets = figures_of(counts, labelled_, firsts_);
  evaluation.correct = correct_;
  return evaluation;
}

Evaluation evaluate(std::span<const std::string> labels, std::span<const std::string> actual,
                    std::span<const std::string> predicted, std::span<const double> confidences) {
  AnswerTally tally(labels);
  for (std::size_t r = 0; r < actual.size(); ++r)
    tally.add(actual[r], predicted[r],
              confidences.empty() ? std::nullopt : std::optional(confidences[r]));
  return tally.evaluation();
}

std::string to_table(const Evaluation& evaluation, std::size_t width) {
  const std::vector<std::string> labels = shown_labels(evaluation, width);
  const std::vector<std::size_t> classes = listed_classes(evaluation);
  const std::size_t label_columns = widest(labels, classes);
  std::string table = headline(evaluation);
  table += class_table(evaluation, labels, classes, label_columns);
  if (evaluation.sets) return table;
  std::size_t cell = 5;
  for (const std::string& label : labels) cell = std::max(cell, columns_of(label));
  const bool fits = label_columns + labels.size() * (cell + 2) <= width;
  return table + (labels.size() <= kMatrixClasses && fits
                      ? confusion_matrix(evaluation, labels, label_columns, cell)
                      : confusion_list(evaluation, labels));
}

std::string to_json(const Evaluation& evaluation) {
  Json classes = Json::array();
  for (const ClassScore& score : evaluation.classes) {
    classes.push_back({{"label", score.label},
                       {"precision", score.precision},
                       {"recall", score.recall},
                       {"f1", score.f1},
                       {"rows", score.support}});
  }
  Json confusion = Json::array();
  for (const Confusion& c : evaluation.confusion) {
    confusion.push_back({{"actual", evaluation.classes[c.actual].label},
                         {"predicted", evaluation.classes[c.predicted].label},
                         {"rows", c.rows}});
  }
  Json json = {{"accuracy", evaluation.accuracy},
               {"interval", {{"low", evaluation.interval.low}, {"high", evaluation.interval.high}}},
               {"rows", evaluation.rows},
               {"correct", evaluation.correct},
               {"macro_f1", evaluation.macro_f1},
               {"loss", evaluation.loss ? Json(*evaluation.loss) : Json()},
               {"classes", classes},
               {"absent_labels", evaluation.absent},
               {"confusion", confusion},
               {"calibration", json_of(evaluation.calibration)},
               {"unseen_labels", evaluation.unseen},
               {"cut_texts", evaluation.texts.cut},
               {"unknown_texts", evaluation.texts.unknown},
               {"tokens", evaluation.texts.tokens},
               {"known_tokens", evaluation.texts.known_tokens}};
  if (const auto& sets = evaluation.sets) {
    json.erase("confusion");
    json.erase("calibration");
    json.update({{"micro_precision", sets->micro_precision},
                 {"micro_recall", sets->micro_recall},
                 {"micro_f1", sets->micro_f1},
                 {"precision_at_1", sets->precision_at_1},
                 {"recall_at_1", sets->recall_at_1}});
  }
  return json.dump();
}

}  // namespace unroll
