#include "unroll/text/records.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include "tests/support/temp_folder.h"
#include "tests/text/text_support.h"
#include "unroll/core/error.h"
#include "unroll/text/record_file.h"

namespace unroll {

inline bool operator==(const Record& a, const Record& b) {
  return a.text == b.text && a.label == b.label && a.line == b.line && a.weight == b.weight &&
         a.more_labels == b.more_labels;
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

using Names = std::vector<std::string>;

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
  EXPECT_EQ(
      error_of("label\ttext\npos\tgood\nneg\n"),
      ":3: row 2: 1 column, expected at least 2 (text is column 2, label is column 1); the row is "
      "cut off or no record: mend it, or leave it out");
  EXPECT_TRUE(contains(error_of("pos\nneg\n", kByNumber), "; is the separator a comma?"));
  EXPECT_TRUE(contains(error_of("label,text\npos\n"), ":2: row 1: 1 column, expected at least 2"));
  EXPECT_TRUE(contains(error_of("pos\n", kByNumber), ":1: row 1: 1 column"));
  EXPECT_EQ(options_of("label,text\npos\n"), (Names{"bad_rows=skip"}));
}

TEST(Records, SayWhichRowIsTooLong) {
  EXPECT_EQ(error_of("label,text\npos,good, very good\n"),
            ":2: row 1: 3 columns, the first row has 2; put a field that holds a comma in quotes");
  EXPECT_TRUE(contains(error_of("pos\ta\nneg\tb\tc\n", kByNumber), ":2: row 2: 3 columns"));
  EXPECT_EQ(options_of("label,text\npos,good, very good\n"),
            (Names{"separator", "quoting", "bad_rows=skip"}));
}

TEST(Records, SayWhichLabelIsEmpty) {
  EXPECT_TRUE(error_of("label\ttext\npos\ta\n \tb\n").starts_with(":3: row 2: the label is empty"));
  EXPECT_TRUE(error_of("__label__ text\n").starts_with(":1: row 1: `__label__` has no label"));
  EXPECT_TRUE(
      error_of("{\"text\": \"a\", \"label\": \"\"}").starts_with(":1: row 1: the label is empty"));
}

TEST(Records, RefuseAFileWithoutRecords) {
  for (const std::string content : {"", "\n\n", "text\tlabel\n", "text,label", "\xEF\xBB\xBF"}) {
    EXPECT_TRUE(contains(error_of(content), "holds no records")) << content;
  }
}

TEST(Records, SayWhereAFileIsNotUtf8) {
  EXPECT_TRUE(error_of("text\tlabel\ngo\xFF"
                       "d\tpos\n")
                  .starts_with(":2:3: row 1: byte 0xFF"));
  EXPECT_TRUE(
      error_of("text,label\na,pos\n\"two\nli\xFFnes\",pos\n").starts_with(":4:3: row 2: byte"));
}

TEST(Records, SayWhereAFileOfAnotherAlphabetIsNotUtf8) {
  const std::string message = error_of("label\ttext\n\xBA\xC3\t\xD5\xE2\xB3\xB5\xBA\xDC\xBA\xC3\n");
  EXPECT_TRUE(message.starts_with(":2:1: row 1: byte 0xBA is not valid UTF-8")) << message;
}

TEST(Records, SayWhereAQuoteOpened) {
  EXPECT_TRUE(error_of("text,label\na,b\n\"c,d\n").starts_with(":3:1: row 2: a quote opens here"));
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
  const std::string message = error_of("{\"body\": \"a\", \"label\": 1}");
  EXPECT_TRUE(message.starts_with(
      ":1: row 1: there is no key \"text\"; the keys are \"body\", \"label\". Name one of them"))
      << message;
  EXPECT_EQ(options_of("{\"body\": \"a\", \"label\": 1}"), (Names{"text_column"}));
  EXPECT_EQ(options_of("{\"text\": \"a\", \"stars\": 1}"), (Names{"label_column"}));
}

TEST(JsonLines, SayThatARowLacksAKeyWhichOthersHave) {
  const std::string content =
      "{\"text\": \"a\", \"label\": 1}\n{\"body\": \"a\", \"label\": 1}\n{\"text\": \"b\"}";
  EXPECT_TRUE(contains(error_of(content), "Records before it have the key: mend this one"));
  EXPECT_EQ(options_of(content), (Names{"bad_rows=skip"}));
  EXPECT_EQ(options_of("{\"text\": \"a\", \"label\": 1}\n{\"text\": \"a\"}"),
            (Names{"bad_rows=skip"}));
}

TEST(JsonLines, ListTheFirstKeysOfMany) {
  std::string object = "{\"label\": 1";
  for (int i = 0; i < 5000; ++i) object += fmt::format(", \"key{}\": 1", i);
  const std::string message = error_of(object + "}");
  EXPECT_LT(message.size(), 500u);
  EXPECT_TRUE(contains(message, "\"key1014\", … (5001 in all)")) << message;
}

TEST(JsonLines, NameTheCureOfABadRow) {
  for (const std::string_view bad :
       {R"({"text": null, "label": 1})", R"({"text": 1, "label": 1})",
        R"({"text": {}, "label": 1})", R"({"text": "a", "label": null})",
        R"({"text": "a", "label": {}})", R"({"text": "a", "label": " "})", R"([["a", "x"]])",
        R"(["a", "x"])"})
    EXPECT_EQ(options_of(bad), (Names{"bad_rows=skip"})) << bad;
  EXPECT_EQ(options_of("text,label\na,\n"), (Names{"bad_rows=skip"}));
  EXPECT_EQ(options_of("__label__a x\nno label\n"), (Names{"format", "bad_rows=skip"}));
  EXPECT_TRUE(contains(error_of(R"([["a", "x"]])"), "this is not JSON; expected objects"));
}

TEST(JsonLines, SayWhereJsonIsBroken) {
  EXPECT_TRUE(error_of("{\"text\": \"a\", \"label\": 1}\n{\"text\": }")
                  .starts_with(":2:10: row 2: this is not valid JSON"));
  EXPECT_TRUE(error_of("{\n\"text\": \"a\",\n \"label\" 1\n}").starts_with(":3:10: row 1: "));
  EXPECT_TRUE(error_of("{\"text\": \"a\", \"label\": 1e99999}").starts_with(":1"));
}

TEST(JsonLines, RefuseOtherTypes) {
  EXPECT_TRUE(
      contains(error_of("{\"text\": 1, \"label\": 1}"), ":1: row 1: \"text\" is of type number"));
  EXPECT_TRUE(
      contains(error_of("{\"text\": \"a\", \"label\": null}"), "\"label\" is of type null"));
  EXPECT_TRUE(contains(error_of("{\"text\": \"a\", \"label\": [[1]]}"),
                       "item 1 of \"label\" is of type array"));
  EXPECT_TRUE(
      contains(error_of("{\"text\": \"a\", \"label\": 1}\n[1]"), ":2:1: row 2: this is not JSON"));
}

TEST(Weights, TakeBothEndsAndAPlus) {
  ReadOptions options;
  options.weight_column = "w";
  const TempFolder folder;
  const std::string path =
      folder.write("data", "label\ttext\tw\na\tx\t1e-9\nb\ty\t1e9\nb\tz\t+2\n");
  ReadReport report;
  const auto records = read_records(path, options, report);
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[2].weight, 2.0F);
  for (const Record& record : records)
    EXPECT_TRUE(is_weight(static_cast<double>(record.weight))) << record.weight;
}

TEST(FastText, RefusesALabelWithoutAName) {
  ReadOptions options;
  for (const char* separator : {"", ","}) {
    options.label_separator = separator;
    EXPECT_TRUE(contains(error_of("__label__a one\n__label__ b two", options),
                         ":2: row 2: `__label__` has no label behind it"));
  }
}

TEST(FastText, SkipsEmptyLines) {
  EXPECT_EQ(records_of("__label__pos good film\n\n__label__neg bad film \n"),
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
                  .starts_with(":2: row 2: no word begins with `__label__`"));
}

// ------------------------------------------------------------------------------- files people have

ReadOptions columns(const std::string& text, const std::string& label) {
  return {.text_column = text, .label_column = label};
}

/// What the reader says of the file, each remark on a line, warnings with "!"; %: the file's name.
std::string remarks_of(std::string_view content, const ReadOptions& options = kByName) {
  const TempFolder folder;
  const std::string path = folder.write("data", content);
  ReadReport report;
  read_records(path, options, report);
  std::string text;
  for (const Remark& remark : report.remarks)
    text += (remark.is_warning ? "!" : "") + remark.text + "\n";
  for (std::size_t at = text.find(path); at != std::string::npos; at = text.find(path))
    text = text.substr(0, at) + "%" + text.substr(at + path.size());
  return text;
}

TEST(Columns, OfTextAndLabelAreTwo) {
  EXPECT_TRUE(
      error_of("nice place,1\nloud place,2\n", columns("1", "2"))
          .starts_with(":1: text and label are the same column, number 2, whose name is \"1\""));
  EXPECT_EQ(options_of("label\ttext\na\tb\n", columns("label", "label")),
            (Names{"text_column", "label_column", "header"}));
  ReadOptions numbers = columns("2", "2");
  numbers.header = false;
  EXPECT_TRUE(
      contains(error_of<UsageError>("a\tb\n", numbers), "text and label are both column 2"));
}

TEST(Columns, WarnOfANameThatIsAnotherColumnsNumber) {
  EXPECT_EQ(remarks_of("3,2,1\na,b,x\nc,d,y\n", columns("1", "2")),
            "!%:1: column \"1\" is number 3, which has this name, and not number 1\n");
}

TEST(Columns, MakeOneTextOfSeveral) {
  EXPECT_EQ(records_of("title,label,body\nA,pos,great\n,neg,bad\nB,neg,\n",
                       columns("title,body", "label")),
            (Records{{"A great", "pos", 2}, {"bad", "neg", 3}, {"B", "neg", 4}}));
  EXPECT_EQ(records_of("{\"t\": \"A\", \"b\": \"b\", \"label\": 1}", columns("t, b", "label")),
            (Records{{"A b", "1", 1}}));
  EXPECT_EQ(records_of("\"a,b\",label\nx,pos\n", columns("a,b", "label")),
            (Records{{"x", "pos", 2}}))
      << "a column of that name";
  EXPECT_TRUE(contains(error_of("title,label\nA,pos\n", columns("title,body", "label")),
                       "there is no column \"body\""));
}

TEST(FirstRow, IsRefusedAsHeaderIfItsLabelIsThatOfOtherRows) {
  const std::string message = error_of("pos\ta b\nneg\tc\npos\td\n", columns("2", "1"));
  EXPECT_EQ(message,
            ":1: this row is read as a header, but it looks like data: 1 other row has its "
            "label \"pos\"");
  EXPECT_EQ(records_of("1,2\na,1\nb,2\n", columns("1", "2")).size(), 2u)
      << "numbers are what a table without names has for names";
}

TEST(FirstRow, IsRefusedAsDataIfItIsSurelyAHeader) {
  EXPECT_TRUE(
      error_of("label\ttext\npos\ta\nneg\tb\n", kByNumber)
          .starts_with(":1: this row is read as data, but it looks like a header: text \"text\", "
                       "label \"label\""));
  EXPECT_TRUE(contains(error_of("stars\tx\n1\ta\n2\tb\n", kByNumber), "looks like a header"));
  EXPECT_TRUE(
      contains(remarks_of("Sentiment\tx\npos\ta\nneg\tb\n", kByNumber), "!%:1: this row is read"));
  EXPECT_EQ(remarks_of("pos\tcontent\nneg\tb\npos\tc\n", kByNumber), "")
      << "its label occurs again";
}

TEST(FirstRow, IsDoubtedAsDataIfNoOtherRowHasItsLabel) {
  std::string rows = "kategorie\tinhalt\n";
  for (int i = 0; i < 30; ++i) rows += i % 2 == 0 ? "pos\tgut\n" : "neg\tschlecht\n";
  EXPECT_EQ(remarks_of(rows, kByNumber),
            "!%:1: no other row has the label \"kategorie\" of this one; is it a header?\n");
  EXPECT_EQ(
      remarks_of(rows + rows, kByNumber),
      "!%:1: no other row has the label \"kategorie\" of this one, but for 1 that repeats it; is "
      "it a header?\n");
  std::string classes;
  for (int i = 0; i < 30; ++i) classes += "c" + std::to_string(i / 2) + "x\tgut\n";
  EXPECT_EQ(remarks_of("rare\tx\n" + classes, kByNumber), "") << "many labels are rare";
}

TEST(FirstRow, IsNoHeaderWhereALaterLineIs) {
  for (const char* names : {"label,text", "id;text;label", "\"label\"\t\"text\""})
    EXPECT_EQ(
        error_of(std::string("Reviews of 2024\n\n") + names + "\npos,good\n"),
        ":1: the columns are named in line 3; remove what is above it (`tail -n +3` prints the "
        "rest)");
}

TEST(FirstRow, NamesASeparatorThatNobodyGuesses) {
  EXPECT_EQ(error_of("label~text\npos~good\n"),
            ":1: the columns are separated by \"~\", which has to be named");
  EXPECT_EQ(options_of("label~text\npos~good\n"), (Names{"separator"}));
  EXPECT_TRUE(contains(error_of("text\x01label\na\x01pos\n"), "separated by \"\\x01\""));
  EXPECT_EQ(error_of("label::text\npos::good\n"),
            ":1: the columns are separated by \"::\"; make tabs of them, e.g. with `sed "
            "'s/::/\\t/g'`");
  EXPECT_TRUE(contains(error_of("label，text\npos，good\n"), "separated by \"，\""));
}

TEST(Rows, ThatBeginWithTheirNumbersAreRs) {
  for (const char separator : {',', '\t', ';'}) {
    std::string rows = "\"text\",\"label\"\n\"1\",\"good\",\"pos\"\n\"2\",\"bad\",\"neg\"\n";
    std::ranges::replace(rows, ',', separator);
    EXPECT_EQ(error_of(rows),
              ":2: row 1: 3 columns, the first row has 2; the rows begin with their numbers, as R "
              "writes them: give that column a name, the first one of the first line (write.table: "
              "col.names = NA)");
  }
}

TEST(Rows, OfBlanksAloneAreNoData) {
  EXPECT_EQ(records_of("label,text\npos,a\n   \nneg,b\n").size(), 2u);
}

TEST(Separators, AreThoseThatMakeTheFewestLabels) {
  std::string rows;
  for (int i = 0; i < 30; ++i)
    rows += (i % 2 == 0 ? "pos;good " : "neg;bad ") + std::to_string(i) + ", really\n";
  EXPECT_EQ(records_of(rows, kByNumber)[0], (Record{"good 0, really", "pos", 1}));
}

TEST(Separators, OfEuropeanSpreadsheetsAreRead) {
  EXPECT_EQ(records_of("sentiment;review\npos;good, really good\nneg;bad\n",
                       columns("review", "sentiment")),
            (Records{{"good, really good", "pos", 2}, {"bad", "neg", 3}}));
  EXPECT_EQ(records_of("sep=;\r\nlabel;text\r\npos;a\r\n"), (Records{{"a", "pos", 3}}));
  EXPECT_EQ(records_of("label|text\npos|a;b\n"), (Records{{"a;b", "pos", 2}}));
  EXPECT_TRUE(error_of("sep=;\nlabel;text\npos\n").starts_with(":3: row 1: 1 column"));
}

TEST(Spreadsheets, PadRowsWithEmptyCells) {
  EXPECT_EQ(
      records_of("v1,v2,,,\nham,hello,,,\nspam,\"win, now\",, ,\n,,,,\n", columns("v2", "v1")),
      (Records{{"hello", "ham", 2}, {"win, now", "spam", 3}}));
  EXPECT_EQ(records_of("label,text\nham,hello,,\n"), (Records{{"hello", "ham", 2}}));
  EXPECT_TRUE(contains(error_of("label,text\nham,hello,,x\n"), "row 1: 4 columns"));
}

TEST(Quotes, BetweenTabsAreReadAsPandasWritesThem) {
  const std::string file =
      "label\ttext\npos\twarm room\npos\t\"He said \"\"lovely\"\"\nand left\twith a "
      "smile\"\nneg\tx\n";
  EXPECT_EQ(records_of(file), (Records{{"warm room", "pos", 2},
                                       {"He said \"lovely\"\nand left\twith a smile", "pos", 3},
                                       {"x", "neg", 5}}));
}

TEST(Quotes, OfTheTextThatMayBeTheFilesAreWarnedOf) {
  EXPECT_EQ(
      remarks_of("label\ttext\npos\ta\nneg\t\"b\"\npos\tc\nneg\td\n"),
      "!%: the quotes around fields are read as a part of the texts (1 row, the first is in line "
      "3); read them as CSV's if they are\n");
}

TEST(Quotes, ThatEncloseRowsAreWarnedOf) {
  const std::string stray =
      "label,text\npos,\"fine film\nneg,dull film\nneg,rude staff\npos,good "
      "room\"\nneg,sad\npos,warm\n";
  EXPECT_EQ(
      remarks_of(stray),
      "!%:2: one field in quotes has 4 lines that look like records of their own (label \"neg\"); "
      "is a quote in a text taken for its beginning? 1 such field\n");
  EXPECT_EQ(remarks_of("label,text\npos,\"Dear all,\nthanks, bye\"\nneg,b\n"), "");
}

TEST(JoinedFiles, HaveHeadersInTheMiddle) {
  const std::string one = "label,text\npos,a\n", marked = "\xEF\xBB\xBF" + one;
  const Records expected = {{"a", "pos", 2}, {"a", "pos", 4}};
  EXPECT_EQ(records_of(one + one), expected);
  EXPECT_EQ(records_of(marked + marked), expected);
  EXPECT_EQ(remarks_of(one + marked + one),
            "%: 2 rows in the middle are headers of joined files, and no records\n");
}

TEST(JoinedFiles, MayHaveTheirColumnsInAnotherOrder) {
  EXPECT_EQ(records_of("label\ttext\npos\ta\nid\ttext\tlabel\n7\tb\tneg\n"),
            (Records{{"a", "pos", 2}, {"b", "neg", 4}}));
}

TEST(JoinedFiles, OfJsonAreRead) {
  EXPECT_EQ(
      records_of("{\"text\": \"a\", \"label\": 1}\n\xEF\xBB\xBF{\"text\": \"b\", \"label\": 2}"
                 "{\"text\": \"c\", \"label\": 3}\n"),
      (Records{{"a", "1", 1}, {"b", "2", 2}, {"c", "3", 2}}));
  EXPECT_EQ(records_of("[{\"text\": \"a\", \"label\": 1}]\n[{\"text\": \"b\", \"label\": 2}]"),
            (Records{{"a", "1", 1}, {"b", "2", 2}}));
}

TEST(LineEnds, MayBeCrAlone) {
  EXPECT_EQ(records_of("label\ttext\rpos\ta\rneg\tb\r"),
            (Records{{"a", "pos", 2}, {"b", "neg", 3}}));
  EXPECT_EQ(records_of("label,text\rpos,\"a\rb\"\rneg,c"),
            (Records{{"a\nb", "pos", 2}, {"c", "neg", 4}}));
}

TEST(Json, MayBeAnArrayOrOverSeveralLines) {
  EXPECT_EQ(
      records_of(
          "[\n  {\n    \"text\": \"a}\",\n    \"label\": \"x\"\n  },\n  {\"text\": \"b\\\\\", "
          "\"label\": \"y\"}\n]\n"),
      (Records{{"a}", "x", 2}, {"b\\", "y", 6}}));
  EXPECT_EQ(
      records_of(
          "{\n\"text\": \"a\", \"more\": {\"text\": [1, \"]\"]}, \"label\": 1}\n{\"text\": \"b\", "
          "\"label\": 2}"),
      (Records{{"a", "1", 1}, {"b", "2", 3}}));
}

TEST(Json, KeepsTheDigitsOfNumbers) {
  EXPECT_EQ(records_of("{\"text\": \"a\", \"label\": 12345678901234567890123}\n"
                       "{\"text\": \"a\", \"label\": 1e2}\n{\"text\": \"a\", \"label\": 1.0}\n"
                       "{\"text\": \"a\", \"label\": 0.10}\n{\"text\": \"a\", \"label\": "
                       "18446744073709551615}\n{\"text\": \"a\", \"label\": -0}\n"
                       "{\"text\": \"a\", \"label\": -1e400}\n"),
            (Records{{"a", "12345678901234567890123", 1},
                     {"a", "1e2", 2},
                     {"a", "1.0", 3},
                     {"a", "0.10", 4},
                     {"a", "18446744073709551615", 5},
                     {"a", "-0", 6},
                     {"a", "-1e400", 7}}));
}

TEST(Json, ReadsHalfOfASurrogatePairAsTheReplacementCharacter) {
  EXPECT_EQ(records_of("{\"text\": \"so great \\ud83d\", \"label\": \"\\udE00x\"}\n"
                       "{\"text\": \"\\ud83d\\ude00 \\\\ud83d\", \"label\": \"\\ud83d\\u0041\"}"),
            (Records{{"so great �", "�x", 1}, {"😀 \\ud83d", "�A", 2}}));
}

TEST(FastText, WarnsOfLabelsThatTookTheirTextIn) {
  EXPECT_EQ(remarks_of("__label__pos\u00A0good day\n__label__neg bad\n"),
            "!%:1: a label holds a blank that is no ASCII (a label ends at an ordinary blank or a "
            "tab) in 1 line, here \"pos\\u00A0good\"\n");
  EXPECT_EQ(remarks_of("__label__neg bad\n__label__pos:good\n__label__pos:fine\n"),
            "!%:2: no text is behind the label (a label ends at a blank or a tab) in 2 lines, here "
            "\"pos:good\"\n");
}

TEST(FastText, ReadsBlanksBeforeTheFirstLabel) {
  EXPECT_EQ(records_of("  __label__a x\n\t__label__b y\n"),
            (Records{{"x", "a", 1}, {"y", "b", 2}}));
}

TEST(BadRows, AreSkippedAndCountedWhereThatIsAskedFor) {
  ReadOptions skip;
  skip.bad_rows = BadRows::kSkip;
  const std::string table = "label,text\npos,a\n,b\nneg,c,d\npos,\"e\"f\nneg,caf\xE9\nneg,g\n";
  EXPECT_EQ(records_of(table, skip), (Records{{"a", "pos", 2}, {"g", "neg", 7}}));
  const std::string remarks = remarks_of(table, skip);
  EXPECT_TRUE(
      remarks.starts_with("!4 bad rows were left out; the first are\n  %:3: row 2: the label is "
                          "empty; give the record a label, remove it, or name a separator of "
                          "labels if a text may have none\n  %:4: row 3: 3 columns"))
      << remarks;
  EXPECT_FALSE(contains(remarks, "caf")) << "three are named";
  EXPECT_EQ(
      records_of("{\"text\": \"a\", \"label\": 1}\n{\"text\": \"b\n{\"text\": 1}\nnull\n{\"text\": "
                 "\"c\", \"label\": 2}",
                 skip),
      (Records{{"a", "1", 1}, {"c", "2", 5}}));
  EXPECT_EQ(records_of("__label__a x\nno label\n__label__b y\n", skip),
            (Records{{"x", "a", 1}, {"y", "b", 3}}));
  EXPECT_TRUE(contains(error_of("label,text\n,b\n", skip), "holds no records"));
}

/// Each record's text where the second of four records of JSON is `broken`; "!" for a bad one.
std::string read_around(std::string_view broken, std::string_view begin, std::string_view between,
                        std::string_view end) {
  const auto object = [](std::string_view text) {
    return fmt::format(R"({{"text":"{}","label":"p"}})", text);
  };
  const std::string content = fmt::format("{}{}{}{}{}{}{}{}{}", begin, object("a"), between, broken,
                                          between, object("c"), between, object("d"), end);
  const TempFolder folder;
  ReadReport report;
  RecordFile file(folder.write("data", content), ReadOptions{}, report);
  std::string texts;
  for (Record record;;) {
    try {
      if (!file.reader().next(record)) return texts;
      texts += record.text;
    } catch (const DataError&) {
      texts += "!";
    }
  }
}

TEST(BadRows, OfJsonEndWhereTheNextObjectBegins) {
  for (const std::string_view broken : {R"({"text":"b","label":"y")",
                                        R"({"text":"b","label":"y"}})",
                                        R"({"text":"b","label":"y"]})",
                                        R"({"text":"b","label":[})",
                                        R"({"text":"b","label":{})",
                                        R"({"text":"b,"label":"y"})",
                                        R"({"text":"b","label":"y})",
                                        R"({"text":"b" "label":"y"})",
                                        R"({"text":"b","label":})",
                                        R"({"text":"b","label":y]})",
                                        R"({"text":b","label":"y"})",
                                        R"({text":"b","label":"y"})",
                                        R"({"text":"b","label":["y"})",
                                        R"({"text":"b","label":["y",{"x":1})",
                                        R"({"text")",
                                        R"({"text":"b\","label":"y"})",
                                        "{'text':'b','label':'y'}",
                                        R"({"text":"b","label":null})",
                                        R"({"text":"b","label":nul})",
                                        R"({"text":"b",,"label":"y"})",
                                        "null",
                                        "5",
                                        "\"abc\"",
                                        R"(["x","y"])",
                                        R"(["x",["y"]])",
                                        "[]",
                                        "{}",
                                        "abc",
                                        "{"}) {
    EXPECT_EQ(read_around(broken, "", "\n", "\n"), "a!cd") << "lines: " << broken;
    EXPECT_EQ(read_around(broken, "[\n", ",\n", "\n]\n"), "a!cd")
        << "an array of lines: " << broken;
    EXPECT_EQ(read_around(broken, "[", "\n,", "]"), "a!cd") << "commas before: " << broken;
    EXPECT_EQ(read_around(broken, "[", ",", "]"), "a!cd") << "an array in a line: " << broken;
    EXPECT_EQ(read_around(broken, "[", ", ", "]"), "a!cd") << "with blanks: " << broken;
  }
  EXPECT_EQ(read_around("{\"text\":\"b\nb\",\"label\":\"y\"}", "", "\n", "\n"), "a!cd");
  EXPECT_EQ(read_around("{\"text\":\"b\nb\",\"label\":\"y\"}", "[\n", ",\n", "\n]"), "a!cd");
  EXPECT_EQ(read_around("{\n\"text\":\"b\",\n\"label\":\"y\"\n}", "", "\n", "\n"), "abcd");
  EXPECT_EQ(read_around("{\n \"text\":\"b\",\n \"of\":[\n {\"x\":1},\n {\"x\":2}\n ] 5\n}", "[\n",
                        ",\n", "]"),
            "a!cd");
}

TEST(BadRows, OfJsonTakeLinearTime) {
  ReadOptions skip{.format = RecordFormat::kJson};
  skip.bad_rows = BadRows::kSkip;
  const std::string last = "{\"text\":\"a\",\"label\":\"z\"}\n";
  for (const std::string_view broken :
       {"{\"text\":\"b\",\"label\":\"x\"\n", "{\"a\":[{\"b\":[{\"c\":[\n", "[{\"text\":\"b\n",
        "{\"a\n", "[[[\n", "{\"a\":\n", "{\"text\":\"b\",\"label\":\"x\" ",
        "{\"text\":\"b,\"label\":\"x\"},"})
    EXPECT_EQ(records_of(repeated(broken, 1 << 19) + "\n" + last, skip).size(), 1u) << broken;
}

/// What the encoding may be is guessed once, and not for each row.
TEST(BadRows, OfAnotherEncodingTakeLinearTime) {
  ReadOptions skip;
  skip.bad_rows = BadRows::kSkip;
  const std::string content = "label\ttext\n" + repeated("a\tcaf\xE9 au lait\n", 1 << 20);
  EXPECT_EQ(records_of(content + "b\tgood\n", skip).size(), 1u);
}

TEST(BadRows, AreCountedAndNamedWhereNoRowIsGood) {
  ReadOptions skip;
  skip.bad_rows = BadRows::kSkip;
  const std::string content = "text,label\n" + repeated("\"good x\" y,pos\n", 15 * 20);
  const std::string message = error_of(content, skip);
  EXPECT_TRUE(
      message.starts_with(": the file holds no records that can be read; 20 rows are bad, "
                          "the first are\n  "))
      << message;
  EXPECT_TRUE(contains(message, ":2:9: row 1: ")) << message;
  EXPECT_TRUE(
      contains(error_of("label\ttext\npos\t\xff\n", skip), "1 row is bad, the first is\n  "));
  EXPECT_TRUE(error_of("label,text\n", skip).ends_with(": the file holds no records"));
}

TEST(JsonLines, WarnOfAKeyThatIsThereTwice) {
  const std::string content =
      "{\"text\": \"a\", \"label\": 1, \"x\": 1, \"x\": 2}\n"
      "{\"text\": \"a\", \"text\": \"b \\ud83d\", \"label\": [1, 2], \"label\": \"z\"}\n";
  EXPECT_EQ(records_of(content), (Records{{"a", "1", 1}, {"b �", "z", 2}}));
  EXPECT_TRUE(contains(remarks_of(content),
                       "!%:2: the key \"label\" is there more than once, and its last value is "
                       "read; records like this: 1"))
      << remarks_of(content);
}

TEST(Encoding, IsThatOfTheOptions) {
  ReadOptions options;
  options.encoding = "windows-1252";
  EXPECT_EQ(records_of("label\ttext\nneg\tcaf\xE9\n", options), (Records{{"café", "neg", 2}}));
  EXPECT_EQ(remarks_of("label\ttext\nneg\tcaf\xE9\n", options), "%: read as windows-1252\n");
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

const ReadOptions kWeighted = [] {
  ReadOptions options;
  options.weight_column = "w";
  return options;
}();

TEST(Records, ReadTheWeightsOfAColumn) {
  const Records expected{{"good", "pos", 2, 0.5F}, {"bad", "neg", 3, 20}};
  EXPECT_EQ(records_of("label\tw\ttext\npos\t 0.5 \tgood\nneg\t2e1\tbad\n", kWeighted), expected);
  EXPECT_EQ(records_of("text,label,w\ngood,pos,0.5\n\"bad\",neg,20\n", kWeighted), expected);
  EXPECT_EQ(records_of("{\"text\":\"\",\"label\":\"x\",\"w\":1}\n"
                       "{\"text\":\"good\",\"label\":\"pos\",\"w\":0.5}\n"
                       "{\"text\":\"bad\",\"label\":\"neg\",\"w\":\"20\"}\n",
                       kWeighted),
            (Records{{"", "x", 1, 1}, expected[0], expected[1]}));
  ReadOptions numbers = kByNumber;
  numbers.weight_column = "3";
  EXPECT_EQ(records_of("pos\tgood\t0.5\n", numbers), (Records{{"good", "pos", 1, 0.5F}}));
}

TEST(Records, RefuseAWeightThatIsNone) {
  for (const std::string weight : {"0", "-1", "heavy", "inf", "nan", "", "1e10", "0,5", "1 2"}) {
    const std::string row = "label\tw\ttext\npos\t1\tgood\nneg\t" + weight + "\tbad\n";
    EXPECT_EQ(error_of(row, kWeighted),
              ":3: row 2: the weight is \"" + weight +
                  "\", expected a number above 0, from 1e-9 to 1e9")
        << weight;
    EXPECT_EQ(options_of(row, kWeighted), (Names{"weight_column", "bad_rows=skip"}));
  }
  EXPECT_EQ(error_of("{\"text\":\"a\",\"label\":\"x\",\"w\":[1]}", kWeighted),
            ":1: row 1: \"w\" is of type array, expected a number");
}

TEST(Records, RefuseAColumnOfWeightsThatIsNotThere) {
  EXPECT_EQ(options_of("label\ttext\npos\tgood\n", kWeighted), (Names{"weight_column", "header"}));
  EXPECT_EQ(error_of<UsageError>("__label__pos good\n", kWeighted),
            ": lines of __label__ words have no columns, so none of weights");
  ReadOptions same = kWeighted;
  same.weight_column = "label";
  EXPECT_EQ(options_of("label\ttext\npos\tgood\n", same),
            (Names{"label_column", "weight_column", "header"}));
  same.weight_column = "text";
  EXPECT_EQ(options_of("label\ttext\npos\tgood\n", same),
            (Names{"text_column", "weight_column", "header"}));
}

Record labelled(std::string text, std::vector<std::string> labels, std::size_t line) {
  Record record{std::move(text), labels.empty() ? "" : labels.front(), line};
  if (!labels.empty()) record.more_labels.assign(labels.begin() + 1, labels.end());
  return record;
}

TEST(Records, TakeAllLabelsOfALineOfFastText) {
  const Records records =
      records_of("__label__a __label__b good film\n__label__b bad __label__c __label__b\n");
  EXPECT_EQ(records,
            (Records{labelled("good film", {"a", "b"}, 1), labelled("bad", {"b", "c"}, 2)}));
  EXPECT_EQ(labels_of(records[1]), (std::vector<std::string_view>{"b", "c"}));
  EXPECT_TRUE(have_any_number_of_labels(records));
  EXPECT_FALSE(have_any_number_of_labels(records_of("__label__a good\n")));
}

TEST(Records, CutTheLabelsOfAColumnWhereThereIsASeparator) {
  ReadOptions options;
  options.label_separator = ",";
  const Records records = records_of("label\ttext\na, b,a\tgood\nc\tbad\n\tnone\n", options);
  EXPECT_EQ(records, (Records{labelled("good", {"a", "b"}, 2), labelled("bad", {"c"}, 3),
                              labelled("none", {}, 4)}));
  EXPECT_TRUE(have_any_number_of_labels(std::span(records).subspan(2)));
  EXPECT_EQ(records_of("label\ttext\na,b\tgood\n"), (Records{labelled("good", {"a,b"}, 2)}));
  options.label_separator = "; ";
  EXPECT_EQ(records_of("label\ttext\na,b; c\tgood\n", options),
            (Records{labelled("good", {"a,b", "c"}, 2)}));
}

TEST(Records, DoNotCutTheLabelsOfAnArray) {
  ReadOptions options;
  options.label_separator = "|";
  EXPECT_EQ(records_of("{\"text\":\"good\",\"label\":[\"a|b\",\"c\"]}\n"
                       "{\"text\":\"bad\",\"label\":\"a|b\"}\n",
                       options),
            (Records{labelled("good", {"a|b", "c"}, 1), labelled("bad", {"a", "b"}, 2)}));
}

TEST(Records, TakeManyLabelsEachOnce) {
  constexpr std::size_t kLabels = 100'000;
  std::string labels;
  for (std::size_t i = 0; i < 2 * kLabels; ++i) labels += fmt::format("__label__{} ", i % kLabels);
  const Records records = records_of(labels + "text\n");
  ASSERT_EQ(records[0].more_labels.size(), kLabels - 1);
  EXPECT_EQ(records[0].label, "0");
  EXPECT_EQ(records[0].more_labels.back(), std::to_string(kLabels - 1));
  EXPECT_EQ(records_of(labels + "text\n__label__3 __label__3 b\n")[1].more_labels.size(), 0u);
}

TEST(Records, RefuseAnEmptyLabelBetweenOthers) {
  ReadOptions options;
  options.label_separator = ",";
  for (const std::string labels : {"a,", ",a", "a,,b", ","}) {
    EXPECT_EQ(error_of("label\ttext\n" + labels + "\tgood\n", options),
              ":2: row 1: a label is empty; expected labels with one separator between two of them")
        << labels;
  }
}

TEST(Records, TakeTheLabelsOfAJsonArray) {
  EXPECT_EQ(records_of("{\"text\":\"good\",\"label\":[\"a\",1,true,\"a\"]}\n"
                       "{\"label\":[],\"text\":\"none\"}\n"
                       "{\"label\":\"b\",\"text\":\"one\",\"more\":[[1],{\"x\":[2]}]}\n"),
            (Records{labelled("good", {"a", "1", "true"}, 1), labelled("none", {}, 2),
                     labelled("one", {"b"}, 3)}));
  const auto error_of_labels = [](const std::string& labels) {
    return error_of("{\"text\":\"a\",\"label\":" + labels + "}");
  };
  EXPECT_TRUE(error_of_labels("{\"a\":1}").starts_with(":1: row 1: \"label\" is of type object"));
  EXPECT_TRUE(
      error_of_labels("[null]").starts_with(":1: row 1: item 1 of \"label\" is of type null"));
  EXPECT_TRUE(
      error_of_labels("[[\"a\"]]").starts_with(":1: row 1: item 1 of \"label\" is of type array"));
  EXPECT_TRUE(error_of_labels("[\"a\",{}]")
                  .starts_with(":1: row 1: item 2 of \"label\" is of type object"));
  EXPECT_EQ(error_of_labels("[\"a\",\" \"]"),
            ":1: row 1: item 2 of \"label\" is empty; leave it out");
}

}  // namespace
}  // namespace unroll
