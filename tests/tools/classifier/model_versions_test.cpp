// Models of every version of the tokenizers' rules, kept in tests/versions, give the answers that
// the program gave that wrote them.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "unroll/tools/classifier/text_predictor.h"

namespace unroll {
namespace {

struct Answer {
  std::string text;
  std::string label;
  double probability = 0;
};

std::vector<Answer> answers_in(const std::filesystem::path& path) {
  std::vector<Answer> answers;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    Answer answer;
    std::istringstream fields(line);
    std::getline(fields, answer.text, '\t');
    std::getline(fields, answer.label, '\t');
    fields >> answer.probability;
    answers.push_back(answer);
  }
  return answers;
}

void expect_answers_of(const std::filesystem::path& model) {
  const TextPredictor predictor = TextPredictor::load(model);
  if (const auto warning = predictor.classifier().icu_warning()) {
    GTEST_SKIP() << model << ": " << *warning;
  }
  const auto answers = answers_in(std::filesystem::path(model).replace_extension(".tsv"));
  ASSERT_GT(answers.size(), 20u) << model;
  for (const Answer& answer : answers) {
    const Prediction prediction = predictor.predict(answer.text);
    EXPECT_EQ(prediction.label, answer.label) << model << ": " << answer.text;
    EXPECT_NEAR(prediction.probability, answer.probability, 5e-6) << model << ": " << answer.text;
  }
}

TEST(ModelVersions, GiveTheAnswersOfTheirTime) {
  std::size_t models = 0;
  for (const auto& entry : std::filesystem::directory_iterator(UNROLL_TEST_DATA "/versions")) {
    if (entry.path().extension() != ".safetensors") continue;
    expect_answers_of(entry.path());
    ++models;
  }
  EXPECT_GE(models, 3u);
}

}  // namespace
}  // namespace unroll
