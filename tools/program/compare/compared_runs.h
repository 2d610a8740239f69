/// The runs of a comparison: each a folder that `unroll train` makes, and goes on with if it was
/// interrupted.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "unroll/text/records.h"
#include "unroll/tools/program/compare/comparison.h"
#include "unroll/tools/program/compare/comparison_spec.h"
#include "unroll/tools/program/signals.h"
#include "unroll/tools/program/terminal.h"

namespace unroll {

/// What a run is tested on.
struct TestRows {
  std::string file;  ///< for messages
  std::vector<Record> records;
};

/// A run to be made, tested on rows that its variant's other runs share or not.
struct PlannedRun {
  std::size_t variant = 0;
  std::string name;  ///< "seed 1", "fold 2"
  std::filesystem::path folder = {};
  Settings settings;  ///< of `train`, but for --out
  const TestRows* test = nullptr;
};

/// How the texts of one fold are trained on and tested.
struct Fold {
  std::string train;  ///< a file
  TestRows test;
};

/// Splits records into folds, seeded and stratified by label, and writes what each trains on below
/// `folder`, as JSON lines, which hold whatever a record has. Throws DataError for too few records.
std::vector<Fold> make_folds(std::vector<Record> records, std::size_t count, std::uint64_t seed,
                             const std::filesystem::path& folder);

/// The settings of a run: those of its variant with a seed, and perhaps a fold's texts.
Settings run_settings(const Variant& variant, std::uint64_t seed, const Fold* fold);

/// Makes a run, unless it is done. Returns the status of a training that did not end well, 0
/// otherwise. Throws UsageError if the folder holds another finished run and `overwrite` is false.
int make_run(const PlannedRun& run, bool overwrite, const std::string& progress,
             const InterruptGuard& guard, Terminal& terminal);

/// What runs are compared by where the specification does not say: accuracy; micro-F1 where texts
/// have any number of labels.
Metric metric_of(const ComparisonSpec& spec, const PlannedRun& run);

/// Tests a run that is done, and adds it and the scores of its rows to its variant.
void test_run(const PlannedRun& run, const Metric& metric, ComparedVariant& variant,
              Terminal& terminal);

/// How settings say that records are read.
ReadOptions read_options_of(const Settings& settings);

}  // namespace unroll
