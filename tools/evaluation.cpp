#include "unroll/tools/evaluation.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>

namespace unroll {

namespace {

/// Above this many classes a confusion matrix is no longer read; the most frequent confusions are
/// listed instead.
constexpr std::size_t kMatrixClasses = 12;
constexpr std::size_t kConfusionsListed = 10;

double ratio(double part, double whole) {
  return whole == 0 ? 0 : part / whole;
}

using Numbers = std::map<std::string, std::size_t>;

/// Numbers of all labels: the model's in order, then unknown ones in byte order.
Numbers number_labels(std::span<const std::string> labels, std::span<const std::string> actual,
                      Evaluation& evaluation) {
  Numbers numbers;
  for (const std::string& label : labels) numbers.emplace(label, numbers.size());
  Numbers unseen;
  for (const std::string& label : actual) {
    if (!numbers.contains(label)) unseen.emplace(label, 0);
  }
  for (const auto& [label, unused] : unseen) {
    numbers.emplace(label, numbers.size());
    evaluation.unseen.push_back(label);
  }
  evaluation.classes.resize(numbers.size());
  for (const auto& [label, number] : numbers) evaluation.classes[number].label = label;
  return numbers;
}

void score_classes(Evaluation& evaluation) {
  const std::size_t K = evaluation.classes.size();
  for (std::size_t k = 0; k < K; ++k) {
    ClassScore& score = evaluation.classes[k];
    std::size_t predicted = 0;
    for (std::size_t j = 0; j < K; ++j) {
      predicted += evaluation.confusion[j][k];
      score.support += evaluation.confusion[k][j];
    }
    const auto hits = static_cast<double>(evaluation.confusion[k][k]);
    score.precision = ratio(hits, static_cast<double>(predicted));
    score.recall = ratio(hits, static_cast<double>(score.support));
    score.f1 = ratio(2 * score.precision * score.recall, score.precision + score.recall);
    evaluation.macro_f1 += score.f1 / static_cast<double>(K);
  }
}

/// Columns on a terminal, where East Asian characters take two: fmt knows them when it pads, so
/// what it adds tells.
std::size_t columns_of(std::string_view text) {
  const std::size_t wide = 4 * text.size() + 1;
  const std::size_t padding = fmt::format("{:<{}}", text, wide).size() - text.size();
  return wide - padding;
}

std::string padded(std::string_view text, std::size_t width) {
  return fmt::format("{:<{}}", text, width);
}

std::size_t label_width(const Evaluation& evaluation) {
  std::size_t width = 7;  // "average"
  for (const ClassScore& score : evaluation.classes)
    width = std::max(width, columns_of(score.label));
  return width;
}

std::string class_table(const Evaluation& evaluation, std::size_t label_columns) {
  std::string table =
      fmt::format("{}  precision  recall      F1    rows\n", padded("label", label_columns));
  for (const ClassScore& score : evaluation.classes) {
    table +=
        fmt::format("{}  {:8.2f}%  {:5.2f}%  {:5.2f}%  {:6}\n", padded(score.label, label_columns),
                    100 * score.precision, 100 * score.recall, 100 * score.f1, score.support);
  }
  double precision = 0;
  double recall = 0;
  for (const ClassScore& score : evaluation.classes) {
    precision += score.precision / static_cast<double>(evaluation.classes.size());
    recall += score.recall / static_cast<double>(evaluation.classes.size());
  }
  table += fmt::format("{}  {:8.2f}%  {:5.2f}%  {:5.2f}%  {:6}\n", padded("average", label_columns),
                       100 * precision, 100 * recall, 100 * evaluation.macro_f1, evaluation.rows);
  return table;
}

std::string confusion_matrix(const Evaluation& evaluation, std::size_t label_columns) {
  std::size_t cell = 5;
  for (const ClassScore& score : evaluation.classes) cell = std::max(cell, columns_of(score.label));
  std::string table = fmt::format("\n{}  predicted\n", padded("actual", label_columns));
  table += std::string(label_columns, ' ');
  for (const ClassScore& score : evaluation.classes) {
    table += fmt::format("  {:>{}}", score.label, cell);
  }
  table += '\n';
  for (std::size_t k = 0; k < evaluation.classes.size(); ++k) {
    table += padded(evaluation.classes[k].label, label_columns);
    for (std::size_t count : evaluation.confusion[k]) table += fmt::format("  {:>{}}", count, cell);
    table += '\n';
  }
  return table;
}

std::size_t matrix_width(const Evaluation& evaluation, std::size_t label_columns) {
  std::size_t cell = 5;
  for (const ClassScore& score : evaluation.classes) cell = std::max(cell, columns_of(score.label));
  return label_columns + evaluation.classes.size() * (cell + 2);
}

std::string confusion_list(const Evaluation& evaluation) {
  struct Confusion {
    std::size_t count, actual, predicted;
  };
  std::vector<Confusion> confusions;
  for (std::size_t j = 0; j < evaluation.classes.size(); ++j) {
    for (std::size_t k = 0; k < evaluation.classes.size(); ++k) {
      if (j != k && evaluation.confusion[j][k] > 0)
        confusions.push_back({evaluation.confusion[j][k], j, k});
    }
  }
  std::ranges::stable_sort(confusions, std::greater<>(), &Confusion::count);
  std::string list =
      confusions.empty() ? "" : "\nmost frequent confusions (rows: actual → predicted)\n";
  for (std::size_t n = 0; n < std::min(confusions.size(), kConfusionsListed); ++n) {
    const Confusion& c = confusions[n];
    list += fmt::format("{:6}: {} → {}\n", c.count, evaluation.classes[c.actual].label,
                        evaluation.classes[c.predicted].label);
  }
  return list;
}

}  // namespace

Evaluation evaluate(std::span<const std::string> labels, std::span<const std::string> actual,
                    std::span<const std::string> predicted) {
  Evaluation evaluation;
  const Numbers numbers = number_labels(labels, actual, evaluation);
  evaluation.rows = actual.size();
  evaluation.confusion.assign(numbers.size(), std::vector<std::size_t>(numbers.size()));
  for (std::size_t r = 0; r < actual.size(); ++r) {
    ++evaluation.confusion[numbers.at(actual[r])][numbers.at(predicted[r])];
    if (actual[r] == predicted[r]) ++evaluation.correct;
  }
  evaluation.accuracy =
      ratio(static_cast<double>(evaluation.correct), static_cast<double>(evaluation.rows));
  score_classes(evaluation);
  return evaluation;
}

std::string to_table(const Evaluation& evaluation, std::size_t width) {
  const std::size_t label_columns = label_width(evaluation);
  std::string table = fmt::format("accuracy {:.2f} %  ({} of {} rows)\n\n",
                                  100 * evaluation.accuracy, evaluation.correct, evaluation.rows);
  table += class_table(evaluation, label_columns);
  const bool fits = matrix_width(evaluation, label_columns) <= width;
  if (evaluation.classes.size() <= kMatrixClasses && fits) {
    table += confusion_matrix(evaluation, label_columns);
  } else {
    table += confusion_list(evaluation);
  }
  return table;
}

std::string to_json(const Evaluation& evaluation) {
  using Json = nlohmann::ordered_json;
  Json classes = Json::array();
  for (const ClassScore& score : evaluation.classes) {
    classes.push_back({{"label", score.label},
                       {"precision", score.precision},
                       {"recall", score.recall},
                       {"f1", score.f1},
                       {"rows", score.support}});
  }
  const Json json = {{"accuracy", evaluation.accuracy},
                     {"rows", evaluation.rows},
                     {"correct", evaluation.correct},
                     {"macro_f1", evaluation.macro_f1},
                     {"classes", classes},
                     {"confusion", evaluation.confusion},
                     {"unseen_labels", evaluation.unseen}};
  return json.dump();
}

}  // namespace unroll
