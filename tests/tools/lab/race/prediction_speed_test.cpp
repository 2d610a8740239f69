#include "unroll/tools/lab/race/prediction_speed.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/temp_folder.h"
#include "tests/tools/small_classifier.h"
#include "unroll/core/error.h"

namespace unroll {
namespace {

TEST(PredictionSpeed, HasARowForEachBatchWithProductsPerCallAndBeforehand) {
  const TempFolder folder;
  test::small_classifier().save(folder.path());
  const std::vector<std::string_view> texts{"good", "a bad film"};
  const auto rows = measure_prediction(folder.path(), texts, {.batches = {1, 3, 4}, .seconds = 0});
  ASSERT_EQ(rows.size(), 6U);
  for (std::size_t k = 0; k < rows.size(); ++k) {
    const PredictionRow& row = rows[k];
    EXPECT_EQ(row.words, k < 3 ? WordProducts::kPerBatch : WordProducts::kWholeVocabulary);
    EXPECT_EQ(row.batch, (std::vector<std::size_t>{1, 3, 4}[k % 3]));
    EXPECT_GT(row.p50_us, 0);
    EXPECT_GE(row.p99_us, row.p50_us);
    EXPECT_NEAR(row.texts_per_s * row.p50_us, 1e6 * static_cast<double>(row.batch), 1);
    EXPECT_NEAR(row.tokens_per_s, 2 * row.texts_per_s, 1e-6 * row.tokens_per_s);
    // V = 4 words with the unknown one, two directions, 4·5 gate values each
    EXPECT_EQ(row.bytes, k < 3 ? 0 : 4 * 2 * 20 * sizeof(float));
  }
}

TEST(PredictionSpeed, RefusesNothing) {
  const std::vector<std::string_view> texts{"good"};
  EXPECT_THROW(measure_prediction("nowhere", {}, {}), UsageError);
  EXPECT_THROW(measure_prediction("nowhere", texts, {.batches = {}}), UsageError);
  EXPECT_THROW(measure_prediction("nowhere", texts, {.batches = {1, 0}}), UsageError);
  EXPECT_THROW(measure_prediction("nowhere", texts, {}), ModelError);
}

TEST(RandomTexts, DrawWordsAsOftenAsTrainingMetThem) {
  const Vocabulary vocabulary({{"often", 90}, {"seldom", 10}}, {});
  const auto texts = random_texts(vocabulary, 50, 20, 1);
  ASSERT_EQ(texts.size(), 50U);
  std::size_t often = 0;
  for (const std::string& text : texts) {
    EXPECT_EQ(std::ranges::count(text, ' '), 20);
    for (std::size_t at = text.find("often"); at != std::string::npos;
         at = text.find("often", at + 1)) {
      ++often;
    }
  }
  EXPECT_NEAR(static_cast<double>(often), 900, 50);  // five standard deviations
  EXPECT_EQ(random_texts(vocabulary, 50, 20, 1), texts);
  EXPECT_NE(random_texts(vocabulary, 50, 20, 2), texts);
}

TEST(RandomTexts, OfNoWordsAreEmpty) {
  EXPECT_EQ(random_texts(Vocabulary(), 2, 3, 1), (std::vector<std::string>{"", ""}));
}

TEST(PredictionReport, HasARowForEachCall) {
  const PredictionRow row{.words = WordProducts::kWholeVocabulary,
                          .batch = 32,
                          .made_ms = 12.34,
                          .bytes = 3 << 20,
                          .p50_us = 1600,
                          .p99_us = 1750,
                          .texts_per_s = 20000,
                          .tokens_per_s = 400000};
  const std::string table = prediction_table(std::vector{row});
  EXPECT_NE(table.find("beforehand      32     1600.0     1750.0     20000    400000      12.3"
                       "    3.0\n"),
            std::string::npos)
      << table;
  const auto json = nlohmann::json::parse(prediction_json(std::vector{row}));
  EXPECT_EQ(json[0]["word_products"], "beforehand");
  EXPECT_EQ(json[0]["word_table_bytes"], 3 << 20);
  EXPECT_EQ(json[0].size(), 9U);
}

}  // namespace
}  // namespace unroll
