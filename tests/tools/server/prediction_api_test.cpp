#include "unroll/tools/server/prediction_api.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/tools/small_classifier.h"
#include "unroll/core/error.h"

namespace unroll {
namespace {

std::string error_of(std::string_view body) {
  try {
    parse_prediction_request(body);
  } catch (const DataError& error) {
    return error.what();
  }
  return "";
}

TEST(PredictionApi, ReadsEveryMember) {
  const PredictionRequest request = parse_prediction_request(
      R"({"texts": ["a", "很好"], "top": 2, "threshold": 0.25, "model": "m"})");
  EXPECT_EQ(request.texts, (std::vector<std::string>{"a", "很好"}));
  EXPECT_FALSE(request.is_one);
  EXPECT_EQ(request.top, 2U);
  EXPECT_EQ(request.threshold, 0.25);
  EXPECT_EQ(request.model, "m");
  EXPECT_TRUE(parse_prediction_request(R"({"text": ""})").is_one);
}

TEST(PredictionApi, SaysWhatIsWrong) {
  EXPECT_EQ(error_of(R"({"text": 1})"), R"("text" is number, expected a string)");
  EXPECT_EQ(error_of(R"({"texts": ["a", {}]})"), R"("texts[1]" is object, expected a string)");
  EXPECT_EQ(error_of(R"({"text": "a", "top": 1.5})"),
            R"("top" is 1.5, expected a whole number of 1 or more)");
  EXPECT_EQ(error_of(R"({"text": "a", "threshold": "x"})"),
            R"("threshold" is "x", expected a number from 0 to 1)");
  EXPECT_EQ(error_of("[]"), "the body is array, expected an object with text or texts");
  EXPECT_NE(error_of("{").find("the body is not JSON: parse error at line 1, column 2"),
            std::string::npos);
}

TEST(PredictionApi, AnswersWithTheLargestProbabilitiesFirstWhereTopIsAsked) {
  const TextPredictor predictor(test::small_classifier());
  const Prediction prediction{.label = "pos",
                              .probability = 0.5,
                              .probabilities = {0.25F, 0.25F, 0.5F},
                              .text = {},
                              .error = ""};
  PredictionRequest request{
      .texts = {"a"}, .is_one = true, .top = {}, .threshold = {}, .model = ""};
  EXPECT_EQ(prediction_answer(request, predictor, {&prediction, 1}),
            "{\"label\":\"pos\",\"probability\":0.5,"
            "\"probabilities\":{\"neg\":0.25,\"neu\":0.25,\"pos\":0.5}}\n");
  request.top = 2;
  request.threshold = 0.6;
  EXPECT_EQ(prediction_answer(request, predictor, {&prediction, 1}),
            "{\"label\":null,\"probability\":0.5,\"probabilities\":{\"pos\":0.5,\"neg\":0.25}}\n");
  request.is_one = false;
  EXPECT_EQ(prediction_answer(request, predictor, {}), "{\"results\":[]}\n");
}

TEST(PredictionApi, AnErrorIsJsonWhateverItQuotes) {
  EXPECT_EQ(error_answer("a \"b\"\n"), "{\"error\":\"a \\\"b\\\"\\n\"}\n");
  EXPECT_EQ(error_answer("\xff"), "{\"error\":\"\xEF\xBF\xBD\"}\n");
}

}  // namespace
}  // namespace unroll
