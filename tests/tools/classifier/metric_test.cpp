#include "unroll/tools/classifier/metric.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "unroll/core/error.h"
#include "unroll/tools/classifier/evaluation.h"

namespace unroll {
namespace {

void add(AnswerCounts& counts, const std::vector<std::int32_t>& actual,
         const std::vector<std::int32_t>& predicted) {
  counts.add(actual, predicted);
}

TEST(Metric, IsNamedAsItIsRead) {
  for (const std::string name : {"accuracy", "micro-f1", "macro-f1", "f1:rare", "f1:f1:", "loss"}) {
    const auto metric = metric_from(name);
    ASSERT_TRUE(metric) << name;
    EXPECT_EQ(to_string(*metric), name);
  }
  for (const std::string name : {"", "f1", "f1:", "Accuracy", "macro", "auc"}) {
    EXPECT_FALSE(metric_from(name)) << name;
  }
}

TEST(AnswerCounts, AgreeWithTheEvaluationOfTest) {
  const std::vector<std::string> labels{"a", "b", "c", "d"};
  const std::array actual{0, 0, 0, 1, 1, 2, 0, 1};
  const std::array predicted{0, 0, 1, 1, 0, 0, 0, 1};
  AnswerCounts counts(labels.size());
  std::vector<std::string> actual_labels, predicted_labels;
  for (std::size_t row = 0; row < actual.size(); ++row) {
    counts.add({&actual[row], 1}, {&predicted[row], 1});
    actual_labels.push_back(labels[static_cast<std::size_t>(actual[row])]);
    predicted_labels.push_back(labels[static_cast<std::size_t>(predicted[row])]);
  }
  const Evaluation expected = evaluate(labels, actual_labels, predicted_labels);
  EXPECT_DOUBLE_EQ(counts.accuracy(), expected.accuracy);
  EXPECT_DOUBLE_EQ(counts.micro_f1(), expected.accuracy);
  EXPECT_DOUBLE_EQ(counts.macro_f1(), expected.macro_f1);
  for (std::size_t k = 0; k < 3; ++k) EXPECT_DOUBLE_EQ(counts.f1(k), expected.classes[k].f1) << k;
  EXPECT_EQ(counts.f1(3), 0);  // in no row and no prediction
}

TEST(AnswerCounts, CountALabelThatTrainingHasNotSeenAsWrong) {
  AnswerCounts counts(2);
  add(counts, {0}, {0});
  add(counts, {-1}, {0});
  EXPECT_EQ(counts.accuracy(), 0.5);
  EXPECT_DOUBLE_EQ(counts.f1(0), 2.0 / 3);
}

TEST(AnswerCounts, CountEachLabelOfASet) {
  AnswerCounts counts(3);
  add(counts, {0, 1}, {0, 1});
  add(counts, {-1, 0}, {2});
  add(counts, {}, {});
  EXPECT_DOUBLE_EQ(counts.accuracy(), 2.0 / 3);
  EXPECT_DOUBLE_EQ(counts.micro_f1(), 2 * 2.0 / (4 + 3));
  EXPECT_DOUBLE_EQ(counts.macro_f1(), (2.0 / 3 + 1 + 0) / 3);
}

TEST(DevScore, IsComparedByWhatWasAskedFor) {
  const std::vector<std::string> labels{"common", "rare"};
  AnswerCounts counts(2);
  for (int k = 0; k < 98; ++k) add(counts, {0}, {0});
  add(counts, {1}, {1});
  add(counts, {1}, {0});
  const auto value = [&](const std::string& name) {
    const Metric metric = *metric_from(name);
    return dev_score(counts, 0.25, metric, labels).by(metric).value;
  };
  EXPECT_DOUBLE_EQ(value("accuracy"), 0.99);
  EXPECT_DOUBLE_EQ(value("f1:rare"), 2.0 / 3);
  EXPECT_DOUBLE_EQ(value("macro-f1"), (2.0 / 3 + 196.0 / 197) / 2);
  EXPECT_EQ(value("loss"), -0.25);
}

TEST(Metric, OfALabelThatIsNotThereIsRefusedWithTheOthers) {
  const std::vector<std::string> labels{"common", "rare"};
  check_metric(*metric_from("f1:rare"), labels);
  try {
    check_metric(*metric_from("f1:raer"), labels);
    FAIL() << "no error";
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("\"common\", \"rare\""), std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace unroll
