/// Evaluation: how good predictions are, by class and in all.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace unroll {

struct ClassScore {
  std::string label;
  std::size_t support = 0;  ///< rows that have this label
  double precision = 0;     ///< of the rows predicted so, the share that has it; 0 if none was
  double recall = 0;        ///< of the rows that have it, the share predicted so; 0 if none has
  double f1 = 0;            ///< harmonic mean of both; 0 if both are
};

struct Evaluation {
  std::size_t rows = 0;
  std::size_t correct = 0;
  double accuracy = 0;  ///< a fraction
  double macro_f1 = 0;  ///< mean over the classes
  std::vector<ClassScore> classes;
  /// confusion[actual][predicted], rows and columns in the order of classes.
  std::vector<std::vector<std::size_t>> confusion;
  /// Labels of the data that the model does not know; their rows count as wrong.
  std::vector<std::string> unseen;
};

/// `labels`: the model's, in byte order; a label outside it gets a class of its own at the end.
Evaluation evaluate(std::span<const std::string> labels, std::span<const std::string> actual,
                    std::span<const std::string> predicted);

/// A table for people, at most `width` columns wide where the labels allow, ending in a line break.
std::string to_table(const Evaluation& evaluation, std::size_t width);

/// One JSON object.
std::string to_json(const Evaluation& evaluation);

}  // namespace unroll
