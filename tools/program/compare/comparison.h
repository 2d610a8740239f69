/// What a comparison found: figures of each variant, and a verdict about each pair.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "unroll/tools/classifier/significance.h"
#include "unroll/tools/classifier/train_classifier.h"
#include "unroll/tools/program/settings.h"

namespace unroll {

/// A training of one variant: with a seed, or on a fold.
struct ComparedRun {
  std::string folder;
  std::string name;             ///< "seed 1", "fold 3"
  double score = 0;             ///< the metric
  double accuracy = 0;          ///< the share of rows that are right in all of their labels
  std::size_t rows = 0;         ///< that it was tested on
  double seconds = 0;           ///< of all processes that trained it
  std::size_t peak_memory = 0;  ///< bytes; 0: unknown
  std::size_t model_bytes = 0;
  std::string hash = {};
};

struct ComparedVariant {
  std::string name;
  Settings settings;
  std::vector<ComparedRun> runs = {};
  RowScores scores = {};    ///< what each row adds to the metric
  RowScores right = {};     ///< 1 where a row is right in all of its labels
  MeanEstimate score = {};  ///< of all runs

  double accuracy() const;          ///< the mean of all runs
  double seconds() const;           ///< the mean of a run
  std::size_t peak_memory() const;  ///< the most of any run
  std::size_t model_bytes() const;  ///< the most of any run
};

struct ComparedPair {
  std::size_t first = 0, second = 0;  ///< variants
  MeanEstimate difference = {};       ///< of the second's score and the first's
  double corrected_p = 1;             ///< by Holm, for all pairs
  Discordance rows = {};              ///< first_better: those of the pair's first
  double mcnemar_p = 1;

  bool differs() const { return corrected_p < 0.05; }
};

struct Comparison {
  std::string test;  ///< its file; empty: folds of the training texts
  Metric metric;     ///< of the scores
  std::size_t rows = 0;
  std::vector<ComparedVariant> variants;
  std::vector<ComparedPair> pairs;

  bool has_folds() const { return test.empty(); }
};

/// Estimates and tests. `variants` have their runs and scores, as many each.
Comparison compare(std::string test, const Metric& metric, std::vector<ComparedVariant> variants,
                   bool every_pair);

/// Settings that are not the same in all variants.
std::vector<std::string> differing_settings(const Comparison& comparison);

/// "gru is better than lstm by 0.80 points (0.45 to 1.15)", "no difference shown between …".
std::string verdict(const Comparison& comparison, const ComparedPair& pair);
/// "80.10 % (78.00 to 82.20)".
std::string share_text(const MeanEstimate& estimate);
/// "+0.80 (0.45 to 1.15)", in per cent points.
std::string points_text(const MeanEstimate& difference);
/// "p 0.012", "p < 0.0002".
std::string p_text(double p);
/// "1066 rows of test.tsv, 3 runs a variant", and the metric where it is not accuracy.
std::string scope_text(const Comparison& comparison);
/// What one run for each variant does not tell; empty where there are more.
std::string caution(const Comparison& comparison);

/// For people, ending in a line break.
std::string to_table(const Comparison& comparison);
/// One JSON object. `page`: the path of the page.
std::string to_json(const Comparison& comparison, const std::string& page);

}  // namespace unroll
