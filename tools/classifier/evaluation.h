/// Evaluation: how good predictions are, by class and in all.
///
/// A class is a label that occurs: some row has it, or was predicted so. A model may know ten
/// thousand labels; ten rows show no more than twenty of them, and only those take memory and are
/// reported. What a label that does not occur would score is unknown, so means leave it out, as
/// scikit-learn's macro average does.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "unroll/text/encoder.h"

namespace unroll {

/// How much of the texts the model reads.
struct TextFigures {
  std::size_t cut = 0;      ///< texts longer than the model takes
  std::size_t unknown = 0;  ///< texts without a token that the model knows
  std::size_t tokens = 0;   ///< of all texts
  std::size_t known_tokens = 0;

  void add(const TokenFigures& text);
};

struct ClassScore {
  std::string label;
  std::size_t support = 0;  ///< rows that have this label
  double precision = 0;     ///< of the rows predicted so, the share that has it; 0 if none was
  double recall = 0;        ///< of the rows that have it, the share predicted so; 0 if none has
  double f1 = 0;            ///< harmonic mean of both; 0 if both are
  std::size_t mistakes =
      0;  ///< rows that have it and were not predicted so, or the other way round
};

/// A cell of the confusion matrix that is not zero. Both numbers are those of classes.
struct Confusion {
  std::size_t actual = 0;
  std::size_t predicted = 0;
  std::size_t rows = 0;
  bool operator==(const Confusion&) const = default;
};

/// What is predicted where texts have any number of labels. All figures are 0 where there is
/// nothing to divide by.
struct LabelSetFigures {
  double micro_precision = 0;  ///< of all labels that were predicted, the share that is right
  double micro_recall = 0;     ///< of all labels that rows have, the share that was predicted
  double micro_f1 = 0;         ///< harmonic mean of both
  double precision_at_1 = 0;   ///< of rows that have labels, those that have the most probable one
  double recall_at_1 = 0;  ///< of all labels that rows have, those that are the most probable one
};

/// Where a share lies with 95 % certainty.
struct Interval {
  double low = 0;
  double high = 1;
};

/// Answers whose confidence is more than that of the bins before, at most `to`.
struct CalibrationBin {
  double from = 0;
  double to = 0;
  std::size_t rows = 0;
  double confidence = 0;  ///< mean; 0 without rows
  double accuracy = 0;    ///< share that is right; 0 without rows
};

struct Calibration {
  static constexpr std::size_t kBins = 15;  ///< of equal width
  double error = 0;                         ///< the expected calibration error
  std::vector<CalibrationBin> bins;         ///< kBins of them
};

struct Evaluation {
  std::size_t rows = 0;
  std::size_t correct = 0;  ///< with labels in sets: rows with all of their labels and no others
  double accuracy = 0;      ///< a fraction
  Interval interval;        ///< of the accuracy (unroll/tools/classifier/calibration.h)
  double macro_f1 = 0;      ///< mean over the classes
  /// What training minimizes, by the answers' probabilities: the mean over the rows that have a
  /// label which the model knows. None where no probabilities were given, or no such row.
  std::optional<double> loss;
  /// The model's labels in its order, then the labels that it does not know in byte order.
  std::vector<ClassScore> classes;
  /// By rising actual, then by rising predicted; the right predictions are among them.
  /// Empty with labels in sets.
  std::vector<Confusion> confusion;
  std::optional<LabelSetFigures> sets;
  /// Labels of the data that the model does not know; their rows count as wrong.
  std::vector<std::string> unseen;
  TextFigures texts;
  Calibration calibration;  ///< without bins where no confidences are given
  std::size_t absent = 0;   ///< how many of the model's labels do not occur
};

/// The labels of a text, whether it has them or they were predicted, and the most probable one.
struct LabelSet {
  std::vector<std::string> labels;
  std::string
      first;  ///< of predicted ones, the most probable label, though it may not be predicted
};

class CalibrationCounts;

/// Counts answers as they come: a file of any number of rows takes no more memory than its labels.
class AnswerTally {
 public:
  /// `labels`: the model's, in byte order. They outlive it.
  explicit AnswerTally(std::span<const std::string> labels);
  ~AnswerTally();

  /// An answer, and the probability of it where that is known.
  void add(const std::string& actual, const std::string& predicted,
           std::optional<double> confidence = {});
  /// The same where texts have any number of labels.
  void add(const LabelSet& actual, const LabelSet& predicted);
  /// How good the answers are. They are all of one kind.
  Evaluation evaluation() const;

 private:
  /// Rows of a label, where texts have any number of labels.
  struct Rows {
    std::size_t hits = 0, actual = 0, predicted = 0;
  };
  Evaluation of_labels() const;
  Evaluation of_sets() const;

  std::span<const std::string> labels_;
  std::size_t rows_ = 0;
  std::map<std::pair<std::string, std::string>, std::size_t> answers_;  // actual and predicted
  std::unique_ptr<CalibrationCounts> calibration_;  // from the first confidence on
  bool are_sets_ = false;
  std::map<std::string, Rows> of_label_;
  std::size_t correct_ = 0, labelled_ = 0, firsts_ = 0;
};

/// `labels`: the model's, in byte order. Every one of `predicted` is one of them. `confidences`:
/// the probability of each, or none (unroll/tools/classifier/calibration.h).
Evaluation evaluate(std::span<const std::string> labels, std::span<const std::string> actual,
                    std::span<const std::string> predicted,
                    std::span<const double> confidences = {});

/// A table for people, of at most 40 lines, ending in a line break. Longer labels are cut so that a
/// line has at most `width` columns, if that leaves them sixteen.
std::string to_table(const Evaluation& evaluation, std::size_t width);

/// One JSON object, with all classes. `confusion` is a list of {actual, predicted, rows} for
/// however many classes.
std::string to_json(const Evaluation& evaluation);

}  // namespace unroll
