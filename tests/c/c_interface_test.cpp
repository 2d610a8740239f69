#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/tools/small_classifier.h"
#include "unroll/c.h"
#include "unroll/tools/classifier/text_predictor.h"

namespace unroll {
namespace {

struct Free {
  void operator()(unroll_model* model) const { unroll_free(model); }
};
using Model = std::unique_ptr<unroll_model, Free>;

Model opened(const std::string& bytes) {
  unroll_model* model = nullptr;
  EXPECT_EQ(unroll_open_memory(bytes.data(), bytes.size(), &model), UNROLL_OK) << unroll_error();
  return Model(model);
}

Model small_model() {
  return opened(test::small_classifier().to_bytes());
}

TEST(CInterface, OpensAModelFromMemoryAndNamesItsLabels) {
  const Model model = small_model();
  ASSERT_EQ(unroll_label_count(model.get()), 3U);
  EXPECT_STREQ(unroll_label(model.get(), 0), "neg");
  EXPECT_STREQ(unroll_label(model.get(), 2), "pos");
  EXPECT_EQ(unroll_label(model.get(), 3), nullptr);
  EXPECT_EQ(unroll_label(model.get(), UNROLL_NO_LABEL), nullptr);
  EXPECT_EQ(unroll_has_any_number_of_labels(model.get()), 0);
  EXPECT_EQ(unroll_warning(model.get()), nullptr);
}

TEST(CInterface, PredictsTheBitsOfThePredictorAloneAndInABatch) {
  const Model model = small_model();
  const TextPredictor predictor(test::small_classifier());
  const std::array<const char*, 3> texts{"a good film", "", "bad bad"};
  std::array<std::int32_t, 3> labels{};
  std::array<float, 9> probabilities{};
  ASSERT_EQ(unroll_predict_batch(model.get(), texts.data(), nullptr, texts.size(), labels.data(),
                                 probabilities.data()),
            UNROLL_OK);
  for (std::size_t k = 0; k < texts.size(); ++k) {
    const Prediction expected = predictor.predict(texts[k]);
    EXPECT_EQ(unroll_label(model.get(), labels[k]), expected.label);
    std::array<float, 3> alone{};
    std::int32_t label = UNROLL_NO_LABEL;
    ASSERT_EQ(unroll_predict(model.get(), texts[k], UNROLL_TO_ZERO, &label, alone.data()),
              UNROLL_OK);
    EXPECT_EQ(label, labels[k]);
    for (std::size_t j = 0; j < 3; ++j) {
      EXPECT_EQ(probabilities[3 * k + j], expected.probabilities[j]);
      EXPECT_EQ(alone[j], expected.probabilities[j]);
    }
  }
}

TEST(CInterface, TakesSizesForTextsThatHoldZeros) {
  const Model model = small_model();
  const std::string whole("good\0bad", 8);
  const char* const text = whole.data();
  const std::size_t size = 4;
  std::array<float, 3> cut{}, short_text{};
  EXPECT_EQ(unroll_predict_batch(model.get(), &text, &size, 1, nullptr, cut.data()), UNROLL_OK);
  EXPECT_EQ(unroll_predict(model.get(), "good", UNROLL_TO_ZERO, nullptr, short_text.data()),
            UNROLL_OK);
  EXPECT_EQ(cut, short_text);
}

TEST(CInterface, ATextThatIsNotUtf8SpoilsNoOther) {
  const Model model = small_model();
  const std::array<const char*, 3> texts{"good", "\xff", "bad"};
  std::array<std::int32_t, 3> labels{};
  std::array<float, 9> probabilities{};
  EXPECT_EQ(unroll_predict_batch(model.get(), texts.data(), nullptr, 3, labels.data(),
                                 probabilities.data()),
            UNROLL_DATA_ERROR);
  EXPECT_STREQ(
      unroll_error(),
      "text 1 of 3 (from 0): the text is not valid UTF-8 at byte 0; 1 in all have no label");
  EXPECT_EQ(labels[1], UNROLL_NO_LABEL);
  EXPECT_EQ(probabilities[4], 0);
  std::int32_t alone = UNROLL_NO_LABEL;
  EXPECT_EQ(unroll_predict(model.get(), "bad", UNROLL_TO_ZERO, &alone, nullptr), UNROLL_OK);
  EXPECT_EQ(labels[2], alone);
}

TEST(CInterface, LabelsOfGivesTheMostProbableFirst) {
  SequenceClassifierConfig config = test::small_classifier().model().config();
  config.output = OutputKind::kSigmoid;
  TextClassifier several(test::small_classifier().encoder(), {"a", "b", "c"}, config);
  const Model model = opened(several.to_bytes());
  EXPECT_EQ(unroll_has_any_number_of_labels(model.get()), 1);
  std::array<std::int32_t, 3> labels{};
  const std::array<float, 3> probabilities{0.5F, 0.2F, 0.75F};
  ASSERT_EQ(unroll_labels_of(model.get(), probabilities.data(), 0.5, labels.data()), 2U);
  EXPECT_EQ(labels[0], 2);
  EXPECT_EQ(labels[1], 0);
  EXPECT_EQ(unroll_labels_of(model.get(), probabilities.data(), 0.9, labels.data()), 0U);
  const Model one = small_model();
  EXPECT_EQ(unroll_labels_of(one.get(), probabilities.data(), 0.2, labels.data()), 1U);
}

TEST(CInterface, SaysWhatIsWrongWithArguments) {
  const Model model = small_model();
  unroll_model* none = model.get();
  EXPECT_EQ(unroll_open(nullptr, &none), UNROLL_USAGE_ERROR);
  EXPECT_EQ(none, nullptr);
  EXPECT_STREQ(unroll_error(), "path is NULL");
  EXPECT_EQ(unroll_open("x", nullptr), UNROLL_USAGE_ERROR);
  EXPECT_EQ(unroll_predict(nullptr, "x", 1, nullptr, nullptr), UNROLL_USAGE_ERROR);
  EXPECT_STREQ(unroll_error(), "model is NULL");
  EXPECT_EQ(unroll_predict(model.get(), nullptr, 1, nullptr, nullptr), UNROLL_USAGE_ERROR);
  EXPECT_EQ(unroll_predict_batch(model.get(), nullptr, nullptr, 0, nullptr, nullptr), UNROLL_OK);
  EXPECT_EQ(unroll_predict_batch(model.get(), nullptr, nullptr, 1, nullptr, nullptr),
            UNROLL_USAGE_ERROR);
  EXPECT_EQ(unroll_set_threads(0), UNROLL_USAGE_ERROR);
  EXPECT_EQ(unroll_label_count(nullptr), 0U);
  unroll_free(nullptr);
}

TEST(CInterface, ADamagedModelIsCalledDamaged) {
  std::string bytes = test::small_classifier().to_bytes();
  bytes[bytes.size() / 2] ^= 1;
  unroll_model* model = nullptr;
  EXPECT_EQ(unroll_open_memory(bytes.data(), bytes.size(), &model), UNROLL_MODEL_ERROR);
  EXPECT_NE(std::string(unroll_error()).find("model in memory: checksum error"), std::string::npos)
      << unroll_error();
  EXPECT_EQ(unroll_open("/nowhere", &model), UNROLL_MODEL_ERROR);
}

TEST(CInterface, KnowsItsAbi) {
  EXPECT_EQ(unroll_abi_version(), UNROLL_ABI_VERSION);
  EXPECT_EQ(unroll_check_abi(UNROLL_ABI_VERSION), UNROLL_OK);
  EXPECT_EQ(unroll_check_abi(UNROLL_ABI_VERSION + 1), UNROLL_USAGE_ERROR);
}

TEST(CInterface, EachThreadHasItsOwnErrorText) {
  EXPECT_EQ(unroll_open(nullptr, nullptr), UNROLL_USAGE_ERROR);
  const std::string mine = unroll_error();
  std::string other = "?";
  std::thread([&] { other = unroll_error(); }).join();
  EXPECT_EQ(other, "");
  EXPECT_EQ(unroll_error(), mine);
}

TEST(CInterface, ManyThreadsShareAModel) {
  const Model model = small_model();
  std::vector<float> expected(3), first(24);
  ASSERT_EQ(unroll_predict(model.get(), "a good film", UNROLL_TO_ZERO, nullptr, expected.data()),
            UNROLL_OK);
  std::vector<std::thread> threads;
  for (std::size_t n = 0; n < 8; ++n) {
    threads.emplace_back([&, n] {
      for (int k = 0; k < 50; ++k) {
        unroll_predict(model.get(), "a good film", UNROLL_TO_ZERO, nullptr, &first[3 * n]);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (std::size_t k = 0; k < first.size(); ++k) EXPECT_EQ(first[k], expected[k % 3]);
}

}  // namespace
}  // namespace unroll
