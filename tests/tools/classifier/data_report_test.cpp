#include "unroll/tools/classifier/data_report.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

namespace unroll {
namespace {

DataFile file_of(const std::string& name,
                 const std::vector<std::pair<std::string, std::string>>& rows) {
  DataFile file{
      .name = name, .format = "tsv", .columns = {"label", "text"}, .records = {}, .groups = {}};
  for (const auto& [label, text] : rows)
    file.records.push_back({text, label, file.records.size() + 2});
  return file;
}

/// By words: of the few texts of a test, characters would often be chosen instead.
DataReport report_of(const std::vector<DataFile>& files, TextOptions options = {}) {
  options.tokenizer = TokenizerKind::kIcu;
  return report_on(files, options);
}

TEST(DataReport, CountsLabelsAndTheirShares) {
  const auto report =
      report_of({file_of("a", {{"x", "one two"}, {"y", "three"}, {"x", "four"}, {"x", "five"}})});
  const FileReport& file = report.files.at(0);
  EXPECT_EQ(file.rows, 4u);
  ASSERT_EQ(file.labels.size(), 2u);
  EXPECT_EQ(file.labels[0].label, "x");
  EXPECT_EQ(file.labels[0].rows, 3u);
  EXPECT_EQ(file.labels[0].share, 0.75);
  EXPECT_EQ(file.labels[1].line, 3u);
}

TEST(DataReport, MeasuresTextsInTokensAndWhatIsCut) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (int k = 1; k <= 11; ++k) {
    std::string text;
    for (int word = 0; word < k; ++word) text += "w ";
    rows.emplace_back(k % 2 == 0 ? "x" : "y", text);
  }
  rows.emplace_back("x", " ");
  TextOptions options;
  options.max_tokens = 9;
  const auto report = report_of({file_of("a", rows)}, options);
  const FileReport& file = report.files.at(0);
  EXPECT_EQ(file.tokens.shortest, 0u);
  EXPECT_EQ(file.tokens.median, 5u);
  EXPECT_EQ(file.tokens.ninetieth, 10u) << "11 of 12 texts, and 10 would be less than nine in ten";
  EXPECT_EQ(file.tokens.longest, 11u);
  EXPECT_EQ(file.tokens.cut, 2u);
  EXPECT_EQ(file.tokens.lost_share, 3.0 / 66);
  EXPECT_EQ(file.empty.rows, 1u);
  EXPECT_EQ(file.empty.line, 13u);
}

TEST(DataReport, CallsWordsUnknownThatTheFirstFilesVocabularyLacks) {
  const auto report = report_of({file_of("train", {{"x", "a a b"}, {"y", "b c"}}),
                                 file_of("test", {{"x", "a z"}, {"y", "zz"}})});
  EXPECT_EQ(report.vocabulary, 3u) << "<unk> a b";
  EXPECT_EQ(report.files[0].unknown_share, 0.2) << "c occurs once";
  EXPECT_EQ(report.files[1].unknown_share, 2.0 / 3);
  EXPECT_EQ(report.files[1].unknown_rows, 1u);
}

/// A file of names, each of which occurs once.
DataFile names(const std::string& file, int first) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (int k = first; k < first + 40; ++k)
    rows.emplace_back(k % 2 == 0 ? "x" : "y", std::to_string(k) + "n");
  return file_of(file, rows);
}

TEST(DataReport, SaysThatTrainingWouldTakeCharactersWhereWordsAreTooRare) {
  for (const auto& files : {std::vector{names("a", 0)}, {names("a", 0), names("b", 50)}}) {
    const auto report = report_on(files, {});
    EXPECT_EQ(report.tokenizer.kind, TokenizerKind::kChar);
    EXPECT_EQ(report.tokenizer.reason, TokenizerReason::kMostlyUnknown);
    EXPECT_EQ(report.unknown_as_words, 1);
    const std::string dev = files.size() > 1 ? "b" : "rows held back for dev";
    EXPECT_NE(to_table(report, 120).find("char, because 100 % of the tokens of " + dev),
              std::string::npos);
    EXPECT_NE(to_json(report).find("\"unknown_as_words\":1.0"), std::string::npos);
  }
  EXPECT_EQ(report_of({names("a", 0)}).tokenizer.reason, TokenizerReason::kNamed);
}

TEST(DataReport, CountsARepeatOnceAndSaysWhereTheFirstIs) {
  const auto report = report_of({file_of("a", {{"x", "a good long film"},
                                               {"y", "something else"},
                                               {"x", "a good long film"},
                                               {"x", "A good, long film!"},
                                               {"x", "a good long film"}})});
  const RepeatCount& repeats = report.files[0].repeats;
  EXPECT_EQ(repeats.exact, 2u);
  EXPECT_EQ(repeats.alike, 1u);
  EXPECT_EQ(repeats.near, 0u);
  EXPECT_EQ(repeats.line, 4u);
  EXPECT_EQ(repeats.twin_line, 2u);
}

TEST(DataReport, FindsTextsOfOneFileInAnother) {
  const std::string text = "the staff was friendly and the room was warm and quiet at night";
  const auto report = report_of({file_of("train", {{"x", text}, {"y", "nothing of the kind"}}),
                                 file_of("dev", {{"x", "other"}, {"y", text + "s"}}),
                                 file_of("test", {{"x", text}, {"x", "OTHER"}, {"y", "new"}})});
  ASSERT_EQ(report.overlaps.size(), 3u);
  EXPECT_EQ(report.overlaps[0].earlier, 0u);
  EXPECT_EQ(report.overlaps[0].later, 1u);
  EXPECT_EQ(report.overlaps[0].repeats.near, 1u);
  EXPECT_EQ(report.overlaps[0].repeats.line, 3u);
  EXPECT_EQ(report.overlaps[1].repeats.exact, 1u) << "train and test";
  EXPECT_EQ(report.overlaps[2].repeats.near, 1u) << "dev and test";
  EXPECT_EQ(report.overlaps[2].repeats.alike, 1u);
  EXPECT_EQ(report.files[2].repeats.all(), 0u);
}

TEST(DataReport, FindsTextsUnderSeveralLabelsAndTroubledOnes) {
  const auto report = report_of({file_of(
      "a", {{"x", "same"}, {"y", "same"}, {"x", "a<br>b"}, {"y", "cafÃ©"}, {"y", "<p>"}})});
  const FileReport& file = report.files[0];
  EXPECT_EQ(file.conflicting_texts, 1u);
  EXPECT_EQ(file.conflicts.rows, 2u);
  EXPECT_EQ(file.conflicts.line, 2u);
  ASSERT_EQ(file.troubles.size(), 2u);
  EXPECT_EQ(file.troubles[0].trouble, TextTrouble::kMojibake);
  EXPECT_EQ(file.troubles[0].found.line, 5u);
  EXPECT_EQ(file.troubles[1].found.rows, 2u);
}

TEST(DataReport, DoubtsLabelsThatAreHardlyMeant) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (int k = 0; k < 20; ++k) rows.emplace_back(k % 2 == 0 ? "pos" : "1", std::to_string(k));
  rows.insert(rows.end(), {{"Pos", "a"},
                           {"Pos", "b"},
                           {"1.0", "c"},
                           {"1.0", "d"},
                           {"p\u043Es", "h"},  // with a Cyrillic letter
                           {"p\u043Es", "i"},
                           {"pos.", "j"},  // a mark is seen
                           {"pos.", "k"},
                           {"a,b", "e"},
                           {"a,b", "f"},
                           {"label", "text"},
                           {"once", "g"}});
  const auto report = report_of({file_of("a", rows)});
  std::vector<std::string> doubts;
  for (const DoubtfulLabel& label : report.files[0].doubtful) {
    doubts.push_back(std::string(to_string(label.doubt)) + " " + label.label + " " + label.other +
                     " " + std::to_string(label.line));
  }
  EXPECT_EQ(doubts,
            (std::vector<std::string>{"single label  32", "single once  33", "alike Pos pos 22",
                                      "alike p\u043Es pos 26", "number 1.0 1 24", "unusual a,b  30",
                                      "header label  32"}));
}

TEST(DataReport, SaysThatTheLabelColumnIsHardlyTheLabels) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (int k = 0; k < 20; ++k) rows.emplace_back("id" + std::to_string(k), "text");
  const auto report = report_of({file_of("a", rows)});
  ASSERT_EQ(report.files[0].doubtful.size(), 1u);
  EXPECT_EQ(report.files[0].doubtful[0].doubt, LabelDoubt::kManifold);
}

TEST(DataReport, NamesLabelsThatTheFirstFileLacks) {
  const auto report =
      report_of({file_of("a", {{"x", "a"}, {"y", "b"}}), file_of("b", {{"x", "c"}, {"z", "d"}})});
  ASSERT_EQ(report.files[1].unseen.size(), 1u);
  EXPECT_EQ(report.files[1].unseen[0].label, "z");
}

TEST(DataReport, FitsSixtyColumnsAndSaysEverything) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (int k = 0; k < 400; ++k)
    rows.emplace_back("a rather long label " + std::to_string(k % 40),
                      "text <br> " + std::to_string(k));
  rows.emplace_back("标签标签标签标签标签标签标签标签标签标签标签标签", "text <br> 3");
  const auto report =
      report_of({file_of("train.tsv", rows), file_of("test.tsv", {{"z", rows[0].second}})});
  const std::string table = to_table(report, 60);
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 90u) << line;
  for (const char* text : {"train.tsv\n", "columns \"label\", \"text\"", "rows        401\n",
                           "labels      41\n", "… 26 more; the rarest:", "HTML tags", "conflicts",
                           "test.tsv in train.tsv\n", "overlap     1 of 1 texts", "unseen"})
    EXPECT_NE(table.find(text), std::string::npos) << text << '\n' << table;
}

}  // namespace
}  // namespace unroll
