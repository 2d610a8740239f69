#include "unroll/text/records.h"

#include <gtest/gtest.h>

#include "tests/support/temp_folder.h"
#include "tests/text/text_support.h"
#include "unroll/core/error.h"

namespace unroll {

inline bool operator==(const Record& a, const Record& b) {
  return a.text == b.text && a.label == b.label && a.line == b.line;
}
inline void PrintTo(const Record& record, std::ostream* stream) {
  *stream << record.line << " [" << record.label << "] " << record.text;
}

namespace {

using Records = std::vector<Record>;

const ReadOptions kByName;
const ReadOptions kNoLabels = [] {
  ReadOptions options;
  options.labels = false;
  return options;
}();
const ReadOptions kByNumber = {
    .text_column = "2", .label_column = "1", .header = false, .labels = true};

Records records_of(std::string_view content, const ReadOptions& options = kByName) {
  const TempFolder folder;
  return read_records(folder.write("data", content), options);
}

/// The message behind the file's name.
template <typename ErrorType = DataError>
std::string error_of(std::string_view content, const ReadOptions& options = kByName) {
  const TempFolder folder;
  const std::string path = folder.write("data", content);
  const std::string message = message_of<ErrorType>([&] { read_records(path, options); });
  return message.starts_with(path) ? message.substr(path.size()) : message;
}

using Names = std::vector<std::string_view>;

/// The options that the error names.
Names options_of(std::string_view content, const ReadOptions& options = kByName) {
  const TempFolder folder;
  try {
    read_records(folder.write("data", content), options);
  } catch (const Error& error) {
    return error.options();
  }
  return {"no error"};
}

TEST(Records, ReadTsvByTheNamesInItsHeader) {
  EXPECT_EQ(records_of("label\ttext\npos\tgood, \"very\"\nneg\tbad\n"),
            (Records{{"good, \"very\"", "pos", 2}, {"bad", "neg", 3}}));
}

TEST(Records, ReadCsvByTheNamesInItsHeader) {
  EXPECT_EQ(records_of("id,text,label\r\n1,\"good,\nvery\",pos\r\n2,bad,neg\r\n"),
            (Records{{"good,\nvery", "pos", 2}, {"bad", "neg", 4}}));
}

TEST(Records, ReadGzipWithByteOrderMarkAndCrlf) {
  EXPECT_EQ(records_of(gzipped("\xEF\xBB\xBFtext\tlabel\r\n好\tpos\r\n")),
            (Records{{"好", "pos", 2}}));
}

TEST(Records, ReadColumnsByNumberWithoutHeader) {
  EXPECT_EQ(records_of("pos\tgood\nneg\tbad\n", kByNumber),
            (Records{{"good", "pos", 1}, {"bad", "neg", 2}}));
}

TEST(Records, ReadColumnsByNumberUnlessAColumnHasThatName) {
  ReadOptions options = {.text_column = "2", .label_column = "3"};
  EXPECT_EQ(records_of("a\tb\tc\n1\t2\t3\n", options), (Records{{"2", "3", 2}}));
  EXPECT_EQ(records_of("2\t3\tc\nx\ty\tz\n", options), (Records{{"x", "y", 2}}));
}

TEST(Records, ReadOneColumnWhereLabelsAreNotAskedFor) {
  EXPECT_EQ(records_of("text\ngood\n\"bad, worse\"\n", kNoLabels),
            (Records{{"good", "", 2}, {"bad, worse", "", 3}}));
}

TEST(Records, IgnoreLabelsThatAreNotAskedFor) {
  EXPECT_EQ(records_of("text\tlabel\na\tpos\n", kNoLabels), (Records{{"a", "", 2}}));
  EXPECT_EQ(records_of("text\tlabel\na\n", kNoLabels), (Records{{"a", "", 2}}));
  EXPECT_EQ(records_of("__label__pos a\nb\n", kNoLabels), (Records{{"a", "", 1}, {"b", "", 2}}));
  EXPECT_EQ(records_of("{\"text\": \"a\"}", kNoLabels), (Records{{"a", "", 1}}));
}

TEST(Records, SkipEmptyLinesButKeepEmptyTexts) {
  EXPECT_EQ(records_of("\ntext\tlabel\n\n\tpos\n\nb\tneg\n\n"),
            (Records{{"", "pos", 4}, {"b", "neg", 6}}));
}

TEST(Records, TrimLabelsAndColumnNamesButNotTexts) {
  EXPECT_EQ(records_of("text , label\n a , pos\u3000\n"), (Records{{" a ", "pos", 2}}));
}

TEST(Records, ReadCsvWithTabsInItsQuotedHeader) {
  const ReadOptions options = {.text_column = "1", .label_column = "label"};
  EXPECT_EQ(records_of("\"te\txt\",label\na\tb,pos\n", options), (Records{{"a\tb", "pos", 2}}));
}

TEST(Records, KeepNulBytes) {
  const std::string content("text\tlabel\na\0b\tpos\n", 19);
  EXPECT_EQ(records_of(content)[0].text, std::string("a\0b", 3));
}

TEST(Records, ReadACsvFieldOfFiveMegabytes) {
  const std::string text = repeated("一行文字,\n", 5 << 20);
  EXPECT_EQ(records_of("text,label\n\"" + text + "\",pos\n")[0].text, text);
}

TEST(Records, NameTheColumnsThereAreIfOneIsMissing) {
  const std::string message = error_of("label\treview\npos\tgood\n");
  EXPECT_TRUE(message.starts_with(
      ":1: there is no column \"text\"; the columns are \"label\", \"review\"."));
  EXPECT_EQ(options_of("label\treview\npos\tgood\n"), (Names{"text_column", "header"}));
  EXPECT_EQ(options_of("text,y\na,b\n"), (Names{"label_column", "header"}));
}

TEST(Records, RefuseANumberBeyondTheColumns) {
  EXPECT_TRUE(contains(error_of("a\tb\nc\td\n", {.text_column = "3", .label_column = "1"}),
                       "no column \"3\""));
  EXPECT_TRUE(contains(error_of("a\tb\nc\td\n", {.text_column = "0", .label_column = "1"}),
                       "no column \"0\""));
}

TEST(Records, RefuseAColumnNameThatStandsTwice) {
  EXPECT_TRUE(contains(error_of("text,text,label\na,b,c\n"), "two columns are named \"text\""));
}

TEST(Records, AskForNumbersWhereThereIsNoHeader) {
  ReadOptions options;
  options.header = false;
  const std::string message = error_of<UsageError>("pos\tgood\n", options);
  EXPECT_TRUE(contains(message, "no column is named \"text\"")) << message;
  EXPECT_EQ(options_of("pos\tgood\n", options), (Names{"text_column"}));
  options.text_column = "2";
  EXPECT_TRUE(contains(error_of<UsageError>("pos\tgood\n", options), "\"label\""));
}

TEST(Records, SayWhichRowIsTooShort) {
  EXPECT_EQ(error_of("label\ttext\npos\tgood\nneg\n"),
            ":3: row has 1 column, expected at least 2 (text is column 2, label is column 1); is "
            "the separator a "
            "tab?");
  EXPECT_TRUE(contains(error_of("label,text\npos\n"), ":2: row has 1 column, expected at least 2"));
  EXPECT_TRUE(contains(error_of("pos\n", kByNumber), ":1: row has 1 column"));
}

TEST(Records, SayWhichRowIsTooLong) {
  EXPECT_EQ(error_of("label,text\npos,good, very good\n"),
            ":2: row has 3 columns, the first one has 2; put a field that holds a comma in quotes");
  EXPECT_TRUE(contains(error_of("pos\ta\nneg\tb\tc\n", kByNumber), ":2: row has 3 columns"));
}

TEST(Records, SayWhichLabelIsEmpty) {
  EXPECT_TRUE(error_of("label\ttext\npos\ta\n \tb\n").starts_with(":3: the label is empty"));
  EXPECT_TRUE(error_of("__label__ text\n").starts_with(":1: the label is empty"));
  EXPECT_TRUE(error_of("{\"text\": \"a\", \"label\": \"\"}").starts_with(":1: the label is empty"));
}

TEST(Records, RefuseAFileWithoutRecords) {
  for (const std::string content : {"", "\n\n", "text\tlabel\n", "text,label", "\xEF\xBB\xBF"}) {
    EXPECT_TRUE(contains(error_of(content), "holds no records")) << content;
  }
}

TEST(Records, SayWhereAFileIsNotUtf8) {
  EXPECT_TRUE(error_of("text\tlabel\ngo\xFF"
                       "d\tpos\n")
                  .starts_with(":2:3: byte 0xFF"));
}

TEST(Records, SayWhereAQuoteOpened) {
  EXPECT_TRUE(error_of("text,label\na,b\n\"c,d\n").starts_with(":3:1: a quote opens here"));
}

TEST(JsonLines, ReadStringsNumbersAndBooleansAsLabels) {
  EXPECT_EQ(records_of("{\"text\": \"a\", \"label\": \"pos\"}\r\n"
                       "{\"label\": 3, \"text\": \"b\"}\n\n"
                       "{\"label\": true, \"text\": \"\\u597d\\n\"}\n"
                       "{\"label\": -1.5, \"text\": \"d\"}"),
            (Records{{"a", "pos", 1}, {"b", "3", 2}, {"好\n", "true", 4}, {"d", "-1.5", 5}}));
}

TEST(JsonLines, ReadOtherKeys) {
  const ReadOptions options = {.text_column = "review", .label_column = "stars"};
  EXPECT_EQ(records_of("{\"review\": \"a\", \"stars\": 5, \"text\": 0}", options),
            (Records{{"a", "5", 1}}));
}

TEST(JsonLines, NameTheKeysThereAreIfOneIsMissing) {
  const std::string message =
      error_of("{\"text\": \"a\", \"label\": 1}\n{\"body\": \"a\", \"label\": 1}");
  EXPECT_TRUE(
      message.starts_with(":2: there is no key \"text\"; the keys are \"body\", \"label\"."));
  EXPECT_EQ(options_of("{\"body\": \"a\", \"label\": 1}"), (Names{"text_column"}));
  EXPECT_EQ(options_of("{\"text\": \"a\", \"stars\": 1}"), (Names{"label_column"}));
}

TEST(JsonLines, SayWhereJsonIsBroken) {
  EXPECT_TRUE(error_of("{\"text\": \"a\", \"label\": 1}\n{\"text\": }")
                  .starts_with(":2:10: this is not valid JSON"));
  EXPECT_TRUE(error_of("{\n\"text\": \"a\"\n}").starts_with(":1:"));
  EXPECT_TRUE(error_of("{\"text\": \"a\", \"label\": 1e999}").starts_with(":1"));
}

TEST(JsonLines, RefuseOtherTypes) {
  EXPECT_TRUE(contains(error_of("{\"text\": 1, \"label\": 1}"), ":1: \"text\" is of type number"));
  EXPECT_TRUE(
      contains(error_of("{\"text\": \"a\", \"label\": null}"), "\"label\" is of type null"));
  EXPECT_TRUE(
      contains(error_of("{\"text\": \"a\", \"label\": [1]}"), "\"label\" is of type array"));
  EXPECT_TRUE(
      contains(error_of("{\"text\": \"a\", \"label\": 1}\n[1]"), ":2: found JSON of type array"));
}

TEST(FastText, ReadTheFirstLabelAndDropTheOthers) {
  EXPECT_EQ(
      records_of("__label__pos good film\n\n__label__neg __label__old bad __label__x film \n"),
      (Records{{"good film", "pos", 1}, {"bad film", "neg", 3}}));
}

TEST(FastText, ReadLabelsAnywhereInTheLaterLines) {
  EXPECT_EQ(records_of("__label__pos\ta\nbad  film __label__neg\n"),
            (Records{{"a", "pos", 1}, {"bad  film", "neg", 2}}));
}

TEST(FastText, TakeALabelWithinAWordAsText) {
  EXPECT_EQ(records_of("__label__pos a__label__b\n"), (Records{{"a__label__b", "pos", 1}}));
}

TEST(FastText, SayWhichLineHasNoLabel) {
  EXPECT_TRUE(error_of("__label__pos a\nno label here\n")
                  .starts_with(":2: no word begins with `__label__`"));
}

TEST(ReadLines, KeepsEmptyLinesAsEmptyTexts) {
  const TempFolder folder;
  EXPECT_EQ(read_lines(folder.write("data", "\xEF\xBB\xBFone, two\r\n\nthree\t\"x\n")),
            (std::vector<std::string>{"one, two", "", "three\t\"x"}));
}

TEST(ReadLines, UnpacksGzipAndReadsAnEmptyFile) {
  const TempFolder folder;
  EXPECT_EQ(read_lines(folder.write("packed", gzipped("一\n二"))),
            (std::vector<std::string>{"一", "二"}));
  EXPECT_TRUE(read_lines(folder.write("empty", "")).empty());
}

}  // namespace
}  // namespace unroll
