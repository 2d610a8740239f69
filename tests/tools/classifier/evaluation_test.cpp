#include "unroll/tools/classifier/evaluation.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

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
  EXPECT_EQ(e.confusion, (std::vector<Confusion>{{0, 0, 3}, {0, 1, 1}, {1, 0, 1}, {1, 1, 1}}));
  EXPECT_DOUBLE_EQ(e.classes[0].precision, 3.0 / 4);
  EXPECT_DOUBLE_EQ(e.classes[0].recall, 3.0 / 4);
  EXPECT_DOUBLE_EQ(e.classes[1].f1, 0.5);
  EXPECT_DOUBLE_EQ(e.macro_f1, (0.75 + 0.5) / 2);
}

TEST(Evaluation, GivesZeroNotNanWhereThereIsNothingToDivideBy) {
  const Evaluation e = evaluate(Labels{"a", "b", "c"}, Labels{"a", "b"}, Labels{"a", "a"});
  EXPECT_EQ(e.classes[1].precision, 0);
  EXPECT_EQ(e.classes[1].f1, 0);
  EXPECT_EQ(e.classes[1].recall, 0);
  const Evaluation nothing = evaluate(kLabels, Labels{}, Labels{});
  EXPECT_EQ(nothing.accuracy, 0);
  EXPECT_EQ(nothing.macro_f1, 0);
}

TEST(Evaluation, LeavesOutLabelsThatDoNotOccur) {
  const Evaluation e =
      evaluate(Labels{"a", "b", "c", "d"}, Labels{"a", "a", "c"}, Labels{"a", "d", "c"});
  ASSERT_EQ(e.classes.size(), 3u);
  EXPECT_EQ(e.classes[1].label, "c");
  EXPECT_EQ(e.classes[2].label, "d") << "predicted, though no row has it";
  EXPECT_EQ(e.absent, 1u);
  // By scikit-learn: f1_score(..., average="macro") over a, c, d.
  EXPECT_DOUBLE_EQ(e.macro_f1, (2.0 / 3 + 1 + 0) / 3);
}

TEST(Evaluation, CountsUnseenLabelsAsWrongAndNamesThem) {
  const Evaluation e = evaluate(kLabels, Labels{"a", "z", "m", "z"}, Labels{"a", "a", "b", "b"});
  EXPECT_EQ(e.unseen, (Labels{"m", "z"}));
  EXPECT_DOUBLE_EQ(e.accuracy, 0.25);
  EXPECT_EQ(e.classes[2].label, "m");
  EXPECT_EQ(e.classes[3].support, 2u);
  EXPECT_EQ(e.confusion[1], (Confusion{.actual = 2, .predicted = 1, .rows = 1}));
}

/// Ten thousand labels, and as many rows, of which every second is predicted as its neighbour.
Evaluation many_labels() {
  Labels labels, predicted;
  for (int k = 10'000; k < 20'000; ++k) {
    labels.push_back("code" + std::to_string(k));
    predicted.push_back("code" + std::to_string(k - k % 2));
  }
  return evaluate(labels, labels, predicted);
}

TEST(Evaluation, HasNoMoreConfusionsThanRows) {
  const Evaluation e = many_labels();
  EXPECT_EQ(e.correct, 5'000u);
  EXPECT_EQ(e.confusion.size(), 10'000u);
  EXPECT_LT(to_json(e).size(), 2u << 20);
}

std::vector<std::string> lines_of(const std::string& table) {
  std::vector<std::string> lines;
  std::istringstream stream(table);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST(EvaluationTable, HasAtMostFortyLines) {
  const std::string table = to_table(many_labels(), 80);
  EXPECT_LE(lines_of(table).size(), 40u) << table;
  EXPECT_NE(table.find("… and 9980 other labels with as many mistakes or fewer"), std::string::npos)
      << table;
}

TEST(EvaluationTable, ShowsTheClassesOfMostMistakes) {
  Labels labels, actual, predicted;
  for (int k = 10; k < 60; ++k) {
    labels.push_back("label-" + std::to_string(k));
    actual.insert(actual.end(), 2, labels.back());
    predicted.insert(predicted.end(), 2, k < 50 ? labels.back() : "label-50");
  }
  const std::string table = to_table(evaluate(labels, actual, predicted), 80);
  EXPECT_EQ(lines_of(table)[3].find("label-50"), 0u) << table;
  EXPECT_NE(table.find("label-59"), std::string::npos) << table;
  EXPECT_EQ(table.find("label-49"), std::string::npos) << table;
}

TEST(EvaluationTable, SaysHowManyLabelsDoNotOccur) {
  const Labels rows{"a"};
  EXPECT_NE(to_table(evaluate(kLabels, rows, rows), 80).find("\n1 of the model's labels"),
            std::string::npos);
  EXPECT_EQ(to_table(evaluate(kLabels, kActual, kPredicted), 80).find("of the model's labels"),
            std::string::npos);
}

TEST(EvaluationTable, CutsLongLabelsAndKeepsThemOnOneLine) {
  std::string wide;
  for (int i = 0; i < 1000; ++i) wide += "标";
  const Labels labels{"two\nlines", std::string(3000, 'x'), wide};
  for (const std::size_t width : {80u, 120u}) {
    const std::string table = to_table(evaluate(labels, labels, labels), width);
    EXPECT_NE(table.find("\ntwo\\nlines "), std::string::npos) << table;
    EXPECT_NE(table.find("xx…"), std::string::npos) << table;
    EXPECT_NE(table.find("标…"), std::string::npos) << table;
    for (const std::string& line : lines_of(table)) EXPECT_LE(line.size(), 2 * width) << line;
  }
}

TEST(EvaluationTable, FitsIntoEightyColumns) {
  for (std::size_t width : {40, 80}) {
    const std::string table = to_table(evaluate(kLabels, kActual, kPredicted), width);
    EXPECT_EQ(table.find("accuracy 66.67 %  (4 of 6 rows; 95 % interval: 30.00 to 90.32 %)"), 0u);
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
  const std::string table =
      to_table(evaluate(Labels{"bad", "好"}, Labels{"bad", "好"}, Labels{"好", "好"}), 80);
  EXPECT_NE(table.find("\n好         "), std::string::npos) << table;
  EXPECT_NE(table.find("\nbad        "), std::string::npos) << table;
}

TEST(EvaluationJson, IsOneObjectWithAccuracyAsAFraction) {
  const auto json = nlohmann::json::parse(to_json(evaluate(kLabels, kActual, kPredicted)));
  EXPECT_DOUBLE_EQ(json["accuracy"].get<double>(), 4.0 / 6);
  EXPECT_EQ(json["classes"][0]["label"], "a");
  EXPECT_EQ(json["confusion"].size(), 4u);
  EXPECT_EQ(json["confusion"][1]["actual"], "a");
  EXPECT_EQ(json["confusion"][1]["predicted"], "b");
  EXPECT_EQ(json["confusion"][1]["rows"], 1);
  EXPECT_EQ(json["absent_labels"], 0);
}

Evaluation evaluation_of_sets(std::span<const std::string> labels, std::span<const LabelSet> actual,
                              std::span<const LabelSet> predicted) {
  AnswerTally tally(labels);
  for (std::size_t r = 0; r < actual.size(); ++r) tally.add(actual[r], predicted[r]);
  return tally.evaluation();
}

TEST(EvaluationOfSets, CountsByHand) {
  const std::vector<std::string> labels{"a", "b", "c", "d"};
  const std::vector<LabelSet> actual{{{"a", "b"}, ""}, {{"b"}, ""}, {{}, ""}, {{"c", "new"}, ""}};
  const std::vector<LabelSet> predicted{{{"b", "a"}, "b"}, {{"a"}, "a"}, {{}, "a"}, {{"c"}, "c"}};
  const Evaluation e = evaluation_of_sets(labels, actual, predicted);
  EXPECT_EQ(e.rows, 4u);
  EXPECT_EQ(e.correct, 2u);  // in any order; nothing for nothing
  EXPECT_DOUBLE_EQ(e.accuracy, 0.5);
  ASSERT_TRUE(e.sets);
  EXPECT_DOUBLE_EQ(e.sets->micro_precision, 3.0 / 4);
  EXPECT_DOUBLE_EQ(e.sets->micro_recall, 3.0 / 5);
  EXPECT_DOUBLE_EQ(e.sets->micro_f1, 2 * 3.0 / 9);
  EXPECT_DOUBLE_EQ(e.sets->precision_at_1, 2.0 / 3);  // of the rows that have labels
  EXPECT_DOUBLE_EQ(e.sets->recall_at_1, 2.0 / 5);
  EXPECT_DOUBLE_EQ(e.macro_f1, (2.0 / 3 + 2.0 / 3 + 1 + 0) / 4);  // a, b, c, new
  EXPECT_EQ(e.unseen, (std::vector<std::string>{"new"}));
  EXPECT_EQ(e.absent, 1u);  // d
  EXPECT_TRUE(e.confusion.empty());
  EXPECT_NE(to_table(e, 80).find("micro-F1 66.67 %"), std::string::npos) << to_table(e, 80);
  EXPECT_NE(to_json(e).find("\"micro_precision\":0.75"), std::string::npos) << to_json(e);
}

TEST(EvaluationOfSets, GivesZeroNotNanWhereThereIsNothingToDivideBy) {
  const std::vector<std::string> labels{"a", "b"};
  const std::vector<LabelSet> nothing{{{}, "a"}};
  const Evaluation e = evaluation_of_sets(labels, nothing, nothing);
  EXPECT_EQ(e.accuracy, 1);
  EXPECT_EQ(e.sets->micro_f1, 0);
  EXPECT_EQ(e.sets->precision_at_1, 0);
  EXPECT_EQ(e.macro_f1, 0);
}

}  // namespace
}  // namespace unroll
