/// How fast a trained classifier predicts: texts one at a time, as in a conversation, and many
/// together; with the products of its words computed in each call, and beforehand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/text/vocabulary.h"
#include "unroll/tools/classifier/text_predictor.h"

namespace unroll {

/// Calls of TextPredictor::predict, text to label, with so many texts each.
struct PredictionRow {
  WordProducts words = WordProducts::kPerBatch;
  std::size_t batch = 1;
  double made_ms = 0;       ///< the TextPredictor, of a classifier that was read already
  std::size_t bytes = 0;    ///< of the products it keeps
  double p50_us = 0;        ///< of a call: the half took no longer
  double p99_us = 0;        ///< of a call: 99 of 100 took no longer
  double texts_per_s = 0;   ///< at a call's median
  double tokens_per_s = 0;  ///< likewise, of texts of the mean length
};

struct PredictionSpeedSettings {
  std::vector<std::size_t> batches = {1, 32};
  double seconds = 8;  ///< about so long in all
};

/// Loads the model (TextClassifier::load) once for each row's `words`, and predicts the texts in
/// turns, again and again. Throws UsageError for no texts and batches of 0.
std::vector<PredictionRow> measure_prediction(
    const std::filesystem::path& model, std::span<const std::string_view> texts,
    const PredictionSpeedSettings& settings,
    const std::function<void(const std::string&)>& progress = [](const std::string&) {});

/// Texts of so many words each, drawn as often as training met them: stand-ins where there are no
/// texts. The same seed gives the same texts.
std::vector<std::string> random_texts(const Vocabulary& vocabulary, std::size_t texts,
                                      std::size_t words, std::uint64_t seed);

/// A row for each, at most 80 columns wide.
std::string prediction_table(std::span<const PredictionRow> rows);
/// An array of rows {word_products, batch, threads, texts_per_s, tokens_per_s, p50_us, p99_us,
/// made_ms, word_table_bytes}, on one line.
std::string prediction_json(std::span<const PredictionRow> rows);

}  // namespace unroll
