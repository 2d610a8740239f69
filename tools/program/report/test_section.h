/// What a report says about a model's answers on labelled texts: classes, confusion, reliability
/// and mistakes.
#pragma once

#include <string>
#include <vector>

#include "unroll/tools/classifier/evaluation.h"

namespace unroll {

struct Mistake {
  std::string text;
  std::string actual;
  std::string predicted;
  double probability = 0;
};

/// Keeps the mistakes that the model was most sure of.
class Mistakes {
 public:
  static constexpr std::size_t kMost = 20;

  void add(Mistake mistake);
  /// The surest first.
  const std::vector<Mistake>& surest() const { return surest_; }

 private:
  std::vector<Mistake> surest_;
};

struct TestResult {
  std::string file;
  Evaluation evaluation;
  Mistakes mistakes;
};

/// "97.1 % (96.2 to 97.8)"; "micro-F1 71.3 %" where texts have any number of labels.
std::string score_text(const Evaluation& evaluation);

std::string test_section(const TestResult& test);

}  // namespace unroll
