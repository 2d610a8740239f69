/// The training race as Markdown.
#pragma once

#include <span>
#include <string>

#include "bench/training/race.h"

namespace unroll::bench {

/// "**mr.train.tsv.gz**: 8529 texts of 21.3 tokens on average, 9053 words, 2 labels".
std::string training_title(const std::string& file, const TrainingData& data);

/// Rows as race_training() returns them, a table for each number of threads: tokens per second,
/// memory, and how many times as fast, and how many times smaller, the first contender is.
std::string training_tables(std::span<const TrainingRow> rows);

}  // namespace unroll::bench
