/// What `unroll compare` is to compare: a file of TOML.
///
///     test = "mr-test.tsv"      # labelled texts that decide; or folds = 5, without test
///     seeds = [1, 2, 3]         # of each variant's runs
///     metric = "macro-f1"       # what variants are compared by; default: accuracy, or micro-f1
///                               # where texts have several labels
///     pairs = "first"           # each variant against the first; "all": each against each
///
///     [train]                   # settings that all runs have in common
///     train = "mr-train.tsv"
///     dev = "mr-dev.tsv"
///
///     [variants.lstm]           # what a variant has of its own: no data, no seed
///     cell = "lstm"
///     [variants.gru]
///     cell = "gru"
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "unroll/tools/classifier/train_classifier.h"
#include "unroll/tools/program/settings.h"

namespace unroll {

/// Where the files of folds are, in the folder of a comparison.
inline constexpr const char* kFoldsFolder = "folds";

struct Variant {
  std::string name;   ///< also that of its folder
  Settings settings;  ///< all that matter to it, but for --out and the seed
};

struct ComparisonSpec {
  std::vector<Variant> variants;              ///< two or more, in the file's order
  std::string train;                          ///< the file that all runs have in common
  std::string test;                           ///< empty: there are folds
  std::size_t folds = 0;                      ///< 0: there is a test file
  std::vector<std::uint64_t> seeds{1, 2, 3};  ///< one alone where there are folds
  std::optional<Metric> metric;               ///< none: by what the labels are
  bool every_pair = false;
  std::vector<std::string> warnings;  ///< of settings that change nothing
};

/// `train`: the command train (train_flags). Throws DataError for what is no TOML and for files
/// that are not there, and UsageError with line and column for what is no specification.
ComparisonSpec read_comparison_spec(const std::string& path, CLI::App& train);

}  // namespace unroll
