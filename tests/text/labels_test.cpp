#include "unroll/text/labels.h"

#include <gtest/gtest.h>

#include "tests/text/text_support.h"
#include "unroll/core/error.h"

namespace unroll {
namespace {

std::vector<Record> with_labels(std::initializer_list<std::string> labels) {
  std::vector<Record> records;
  for (const std::string& label : labels) records.push_back({"a text", label, records.size() + 2});
  return records;
}

/// The warnings, each on a line.
std::string warnings_of(const std::vector<Record>& records) {
  ReadReport report;
  examine_labels(records, "f", report);
  std::string text;
  for (const Remark& remark : report.remarks) text += remark.text + "\n";
  return text;
}

TEST(Labels, OfAnOrdinaryFileAreNotWarnedOf) {
  EXPECT_EQ(warnings_of(with_labels({"pos", "neg", "pos", "very good", "1", "2", "好", "坏"})), "");
}

TEST(Labels, OfInvisibleCharactersAndOtherDigitsAreWarnedOf) {
  EXPECT_EQ(warnings_of(with_labels({"a", "\u200B", "b"})),
            "f:3: labels of invisible characters alone: 1 label in 1 row, the first is "
            "\"\\u200B\"\n");
  EXPECT_TRUE(contains(warnings_of(with_labels({"1", "१", "2"})), "look alike"));
}

TEST(Labels, ThatNoOtherRowHasAreWarnedOf) {
  std::vector<Record> records;
  for (int k = 0; k < 30; ++k) records.push_back({"a text", "id" + std::to_string(k), 2});
  EXPECT_EQ(warnings_of(records),
            "f:2: 30 of 30 rows have a label that no other row has, e.g. \"id0\": "
            "are this the right column and the right separator?\n");
  records.resize(10);
  EXPECT_EQ(warnings_of(records), "") << "a short file of many classes";
}

TEST(Labels, WithCommasTabsAndLineBreaksAreWarnedOf) {
  EXPECT_TRUE(
      contains(warnings_of(with_labels({"a", "red,green", "red,blue", "red,green"})),
               "f:3: labels with \",\" are one label each, not several, unless it is named as the "
               "separator of labels: 2 labels in 3 rows, the first is \"red,green\""));
  EXPECT_TRUE(contains(warnings_of(with_labels({"a", "b", "a;b"})), "f:4: labels with \";\""));
  EXPECT_TRUE(contains(warnings_of(with_labels({"a", "b", "b | c"})), "f:4: labels with \"|\""));
  EXPECT_EQ(warnings_of(with_labels({"dogs, cats and others", "red;green", "a|"})), "")
      << "labels that share nothing are names";
  EXPECT_TRUE(contains(warnings_of(with_labels({"a", "b\nc"})), "f:3: labels with line breaks"));
  EXPECT_TRUE(contains(warnings_of(with_labels({"a\tb", "c"})), "f:2: labels with tabs"));
  EXPECT_TRUE(contains(warnings_of(with_labels({std::string(200, 'x'), "c"})), "as long as texts"));
}

TEST(Labels, ThatLookAlikeAreShownSpelled) {
  const auto looks = [](const std::string& one, const std::string& other) {
    return warnings_of(with_labels({one, other}));
  };
  EXPECT_EQ(looks("caf\u00E9", "cafe\u0301"),
            "f:3: \"cafe\\u0301\" and \"caf\\u00E9\" look alike, and are two labels; labels that "
            "look like "
            "another: 1\n");
  EXPECT_TRUE(contains(looks("pos", "pos\u200B"), "\"pos\" and \"pos\\u200B\" look alike"));
  EXPECT_TRUE(contains(looks("pos", "p\u043Es"), "\\u043E")) << "a Cyrillic o";
  EXPECT_TRUE(contains(looks("Pos", "pos"), "\"Pos\" and \"pos\""));
  EXPECT_TRUE(contains(looks("a b", "a\u00A0b"), "\\u00A0"));
  EXPECT_TRUE(contains(looks("１", "1"), "\\uFF11"));
  EXPECT_TRUE(contains(looks("1", "1.0"), "\"1\" and \"1.0\""));
  EXPECT_TRUE(contains(looks("01", "1"), "\"01\" and \"1\""));
  EXPECT_EQ(looks("12345678901234567890123", "12345678901234567890124"), "");
  EXPECT_EQ(looks("l", "1"), "") << "people tell ASCII's characters apart";
}

TEST(Labels, LookLikeTheMostFrequentOfTheirKind) {
  const std::vector<Record> records =
      with_labels({"POS", "pos", "pos", "Pos", "1", "1.0", "c", "c++", "c#", "-1", "neg"});
  std::string found;
  for (const LookAlike& alike : look_alikes(rows_by_label(records))) {
    found += std::string(alike.label) + (alike.are_numbers ? " is " : " like ") +
             std::string(alike.other) + "; ";
  }
  EXPECT_EQ(found, "1.0 is 1; POS like pos; Pos like pos; ");
}

std::vector<std::string> matched(std::vector<Record> records, std::vector<std::string> known,
                                 std::string* note = nullptr) {
  ReadReport report;
  match_labels(records, known, "f", report);
  if (note != nullptr && !report.remarks.empty()) *note = report.remarks[0].text;
  std::vector<std::string> labels;
  for (const Record& record : records) labels.push_back(record.label);
  return labels;
}

using Labels = std::vector<std::string>;

TEST(MatchLabels, ByTheirNumbers) {
  std::string note;
  EXPECT_EQ(matched(with_labels({"1.0", "0", "2e0", "x"}), {"0", "1", "2"}, &note),
            (Labels{"1", "0", "2", "x"}));
  EXPECT_EQ(note, "f: 2 rows have labels that are training's as numbers: \"1.0\" is \"1\"");
  EXPECT_EQ(matched(with_labels({"+1", "1.50"}), {"1", "1.5"}), (Labels{"1", "1.5"}));
}

TEST(MatchLabels, NotWhereTheNumberIsThatOfTwo) {
  EXPECT_EQ(matched(with_labels({"1.00", "2"}), {"1", "1.0", "2"}), (Labels{"1.00", "2"}));
}

TEST(MatchLabels, RefusesAFileOfStrangersWithBothLists) {
  EXPECT_EQ(
      message_of<DataError>([] {
        matched(with_labels({"good", "bad"}), {"neg", "pos"});
      }),
      "f: no label of this file is one of training's. Its labels are \"bad\", \"good\"; training's "
      "are \"neg\", \"pos\"");
}

TEST(EscapedLabels, AreOneFieldOfOneLine) {
  EXPECT_EQ(escaped("a\tb\nc\r\\d\x1B"), "a\\tb\\nc\\r\\\\d\\x1B");
  EXPECT_EQ(escaped("好 label"), "好 label");
}

TEST(Labels, OfATextWithSeveralCountOneByOne) {
  std::vector<Record> records = with_labels({"a", "b"});
  records[0].more_labels = {"b", "c"};
  const auto rows = rows_by_label(records);
  EXPECT_EQ(rows.at("a").rows, 1u);
  EXPECT_EQ(rows.at("b").rows, 2u);
  EXPECT_EQ(rows.at("c").line, 2u);
}

TEST(Labels, OfATextWithSeveralAreMatchedOneByOne) {
  std::vector<Record> records = with_labels({"1.0", "x"});
  records[0].more_labels = {"y", "2.00"};
  const std::vector<std::string> known{"1", "2"};
  ReadReport report;
  match_labels(records, known, "f", report);
  EXPECT_EQ(records[0].label, "1");
  EXPECT_EQ(records[0].more_labels, (std::vector<std::string>{"y", "2"}));
}

}  // namespace
}  // namespace unroll
