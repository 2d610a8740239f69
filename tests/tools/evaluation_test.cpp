#include "unroll/tools/evaluation.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace unroll {
namespace {

using Labels = std::vector<std::string>;

const Labels kLabels{"a", "b"};
const Labels kActual{"a", "a", "a", "b", "b", "a"};
const Labels kPredicted{"a", "b", "a", "b", "a", "a"};

TEST(Evaluation, CountsByHand) {
  const Evaluation e = evaluate(kLabels, kActual, kPredicted);
  EXPECT_EQ(e.rows, 6u);
  EXPECT_EQ(e.correct, 4u);
  EXPECT_DOUBLE_EQ(e.accuracy, 4.0 / 6);
  EXPECT_EQ(e.confusion, (std::vector<std::vector<std::size_t>>{{3, 1}, {1, 1}}));
  EXPECT_DOUBLE_EQ(e.classes[0].precision, 3.0 / 4);
  EXPECT_DOUBLE_EQ(e.classes[0].recall, 3.0 / 4);
  EXPECT_DOUBLE_EQ(e.classes[1].f1, 0.5);
  EXPECT_DOUBLE_EQ(e.macro_f1, (0.75 + 0.5) / 2);
}

TEST(Evaluation, GivesZeroNotNanWhereThereIsNothingToDivideBy) {
  const Evaluation e = evaluate(Labels{"a", "b", "c"}, Labels{"a", "b"}, Labels{"a", "a"});
  EXPECT_EQ(e.classes[1].precision, 0);
  EXPECT_EQ(e.classes[1].f1, 0);
  EXPECT_EQ(e.classes[2].recall, 0);
}

TEST(Evaluation, CountsUnseenLabelsAsWrongAndNamesThem) {
  const Evaluation e = evaluate(kLabels, Labels{"a", "z", "m", "z"}, Labels{"a", "a", "b", "b"});
  EXPECT_EQ(e.unseen, (Labels{"m", "z"}));
  EXPECT_DOUBLE_EQ(e.accuracy, 0.25);
  EXPECT_EQ(e.classes[2].label, "m");
  EXPECT_EQ(e.classes[3].support, 2u);
  EXPECT_EQ(e.confusion[3][0], 1u);
}

TEST(EvaluationTable, FitsIntoEightyColumns) {
  for (std::size_t width : {40, 80}) {
    const std::string table = to_table(evaluate(kLabels, kActual, kPredicted), width);
    EXPECT_EQ(table.find("accuracy 66.67 %  (4 of 6 rows)"), 0u);
    std::size_t begin = 0;
    for (std::size_t end; (end = table.find('\n', begin)) != std::string::npos; begin = end + 1) {
      EXPECT_LE(end - begin, 80u);
    }
    EXPECT_EQ(begin, table.size());
  }
}

TEST(EvaluationTable, ListsConfusionsWhereAMatrixIsTooWide) {
  Labels labels, actual, predicted;
  for (int k = 0; k < 20; ++k) {
    labels.push_back("label-" + std::to_string(10 + k));
    actual.push_back(labels.back());
    predicted.push_back(labels.front());
  }
  const std::string table = to_table(evaluate(labels, actual, predicted), 80);
  EXPECT_NE(table.find("label-11 → label-10"), std::string::npos);
  EXPECT_EQ(table.find("predicted\n"), std::string::npos);
}

TEST(EvaluationTable, AlignsWideCharacters) {
  const std::string table = to_table(evaluate(Labels{"好", "bad"}, Labels{"好"}, Labels{"好"}), 80);
  EXPECT_NE(table.find("\n好         "), std::string::npos) << table;
  EXPECT_NE(table.find("\nbad        "), std::string::npos) << table;
}

TEST(EvaluationJson, IsOneObjectWithAccuracyAsAFraction) {
  const auto json = nlohmann::json::parse(to_json(evaluate(kLabels, kActual, kPredicted)));
  EXPECT_DOUBLE_EQ(json["accuracy"].get<double>(), 4.0 / 6);
  EXPECT_EQ(json["classes"][0]["label"], "a");
  EXPECT_EQ(json["confusion"][0][1], 1);
}

}  // namespace
}  // namespace unroll
