#include "unroll/tools/lab/race/prediction_speed.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <nlohmann/json.hpp>
#include <utility>

#include "unroll/core/error.h"
#include "unroll/core/parallel.h"
#include "unroll/core/random.h"

namespace unroll {

namespace {

using Clock = std::chrono::steady_clock;

/// Calls of one kind in a row: long enough that its weights are in the caches again.
constexpr double kSlice = 0.02;

double us_since(Clock::time_point start) {
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

/// A predictor, and what it took to make it.
struct Made {
  Made(TextClassifier classifier, WordProducts word_products)
      : words(word_products),
        start(Clock::now()),
        predictor(std::move(classifier), words),
        ms(us_since(start) * 1e-3) {}

  WordProducts words;
  Clock::time_point start;
  TextPredictor predictor;
  double ms;
};

/// Calls of one predictor with so many texts, and what they took.
class Calls {
 public:
  Calls(const Made& made, std::size_t batch) : made_(&made), batch_(batch) {}

  /// A call after the other, each with the next texts, from the first again after the last.
  void run_slice(std::span<const std::string_view> texts) {
    const Clock::time_point slice = Clock::now();
    do {
      batch_of_texts_.clear();
      for (std::size_t k = 0; k < batch_; ++k) {
        batch_of_texts_.push_back(texts[next_]);
        next_ = (next_ + 1) % texts.size();
      }
      const Clock::time_point start = Clock::now();
      made_->predictor.predict(batch_of_texts_);
      us_.push_back(us_since(start));
    } while (us_since(slice) < kSlice * 1e6);
  }

  void forget() { us_.clear(); }

  PredictionRow row(double tokens_per_text) {
    PredictionRow row{.words = made_->words, .batch = batch_, .made_ms = made_->ms};
    row.bytes = made_->predictor.word_table_bytes();
    row.p50_us = percentile(0.5);
    row.p99_us = percentile(0.99);
    row.texts_per_s = static_cast<double>(batch_) / row.p50_us * 1e6;
    row.tokens_per_s = row.texts_per_s * tokens_per_text;
    return row;
  }

 private:
  /// The least value that this part of all does not exceed.
  double percentile(double part) {
    const auto below = static_cast<std::size_t>(part * static_cast<double>(us_.size() - 1));
    const auto at = us_.begin() + static_cast<std::ptrdiff_t>(below);
    std::ranges::nth_element(us_, at);
    return *at;
  }

  const Made* made_;
  std::size_t batch_;
  std::size_t next_ = 0;
  std::vector<std::string_view> batch_of_texts_;
  std::vector<double> us_;
};

double tokens_per_text(const TextEncoder& encoder, std::span<const std::string_view> texts) {
  std::size_t tokens = 0;
  for (const auto& ids : encoder.encode(texts)) tokens += ids.size();
  return static_cast<double>(tokens) / static_cast<double>(texts.size());
}

void check(std::span<const std::string_view> texts, const PredictionSpeedSettings& settings) {
  if (texts.empty()) throw UsageError("prediction speed: needs at least one text");
  if (settings.batches.empty() || std::ranges::count(settings.batches, 0U) > 0) {
    throw UsageError("prediction speed: expected batches of at least one text");
  }
}

std::string_view when(WordProducts words) {
  return words == WordProducts::kPerBatch ? "per call" : "beforehand";
}

}  // namespace

std::vector<PredictionRow> measure_prediction(
    const std::filesystem::path& model, std::span<const std::string_view> texts,
    const PredictionSpeedSettings& settings,
    const std::function<void(const std::string&)>& progress) {
  check(texts, settings);
  std::deque<Made> made;  // Calls point into it
  std::vector<Calls> calls;
  for (WordProducts words : {WordProducts::kPerBatch, WordProducts::kWholeVocabulary}) {
    progress("reading the model");
    made.emplace_back(TextClassifier::load(model), words);
    for (std::size_t batch : settings.batches) calls.emplace_back(made.back(), batch);
  }
  for (Calls& of : calls) {
    of.run_slice(texts);  // the first calls wait for memory
    of.forget();
  }
  const Clock::time_point start = Clock::now();
  do {
    progress("predicting");
    for (Calls& of : calls) of.run_slice(texts);
  } while (us_since(start) < settings.seconds * 1e6);
  const double tokens = tokens_per_text(made.front().predictor.classifier().encoder(), texts);
  std::vector<PredictionRow> rows;
  for (Calls& of : calls) rows.push_back(of.row(tokens));
  return rows;
}

std::vector<std::string> random_texts(const Vocabulary& vocabulary, std::size_t texts,
                                      std::size_t words, std::uint64_t seed) {
  std::vector<std::uint64_t> until;  // the counts of this word and all before it, but the unknown
  std::uint64_t sum = 0;
  for (std::size_t id = 1; id < vocabulary.size(); ++id) {
    until.push_back(sum += vocabulary.count(static_cast<std::int32_t>(id)));
  }
  Random random(seed, "prediction speed/texts");
  std::vector<std::string> drawn(texts);
  for (std::string& text : drawn) {
    for (std::size_t k = 0; k < words && sum > 0; ++k) {
      const auto found = std::ranges::upper_bound(until, random.below(sum));
      text.append(vocabulary.token(static_cast<std::int32_t>(found - until.begin()) + 1)) += ' ';
    }
  }
  return drawn;
}

std::string prediction_table(std::span<const PredictionRow> rows) {
  std::string text =
      fmt::format("{:<12}{:>6}{:>11}{:>11}{:>10}{:>10}{:>10}{:>7}\n", "products", "texts", "p50 us",
                  "p99 us", "texts/s", "tokens/s", "made ms", "MiB");
  for (const PredictionRow& row : rows) {
    text += fmt::format("{:<12}{:>6}{:>11.1f}{:>11.1f}{:>10.0f}{:>10.0f}{:>10.1f}{:>7.1f}\n",
                        when(row.words), row.batch, row.p50_us, row.p99_us, row.texts_per_s,
                        row.tokens_per_s, row.made_ms, static_cast<double>(row.bytes) / 0x1p20);
  }
  return text;
}

std::string prediction_json(std::span<const PredictionRow> rows) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const PredictionRow& row : rows) {
    json.push_back({{"word_products", when(row.words)},
                    {"batch", row.batch},
                    {"threads", thread_count()},
                    {"texts_per_s", row.texts_per_s},
                    {"tokens_per_s", row.tokens_per_s},
                    {"p50_us", row.p50_us},
                    {"p99_us", row.p99_us},
                    {"made_ms", row.made_ms},
                    {"word_table_bytes", row.bytes}});
  }
  return json.dump() + "\n";
}

}  // namespace unroll
