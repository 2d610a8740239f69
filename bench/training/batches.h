/// The data of the training race: texts encoded as `unroll train` does it, and the batches that
/// represent an epoch.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "unroll/text/batches.h"
#include "unroll/tools/classifier/text_classifier.h"

namespace unroll::bench {

/// The texts of one batch.
using TrainingBatch = std::vector<Example>;

struct TrainingData {
  std::vector<Example> examples;
  TextClassifier classifier;  ///< with the initial values of `unroll train`
};

/// A file of labelled texts (tools/classifier/train_classifier.h); vocabulary, length limit and
/// model are the defaults. Throws DataError.
TrainingData read_training_data(const std::string& path);

std::size_t token_count(const std::vector<Example>& examples);

/// How the texts of an epoch are put into batches.
enum class BatchOrder {
  kBucketed,  ///< alike lengths together (text/batches.h)
  kShuffled,  ///< as they come
};

/// `count` batches that represent an epoch's: cut into so many parts by their size, one of the
/// middle of each, in rising order. All of them if they are fewer.
std::vector<TrainingBatch> sample_batches(const std::vector<Example>& examples, BatchOrder order,
                                          std::size_t batch_size, std::size_t count);

/// Every text cut to the length of its batch's shortest, so that nobody has anything to pad.
std::vector<TrainingBatch> without_padding(std::vector<TrainingBatch> batches);

/// JSON, a line {"ids": [[…], …], "labels": […]} for each batch.
void write_batches(const std::filesystem::path& path, const std::vector<TrainingBatch>& batches);
/// Reads a file of write_batches().
std::vector<TrainingBatch> read_batches(const std::filesystem::path& path);

}  // namespace unroll::bench
