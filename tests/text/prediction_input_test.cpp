#include "unroll/text/prediction_input.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/temp_folder.h"
#include "tests/text/text_support.h"
#include "unroll/core/error.h"

namespace unroll {
namespace {

using Texts = std::vector<std::string>;

struct Read {
  Texts texts;  ///< "!" and the error for one that can't be read
  Texts inputs;
  std::string remarks;
};

Read read(std::string_view content, PredictionInputOptions options = {}) {
  const TempFolder folder;
  const std::string path = folder.write("data", content);
  options.reading.labels = false;
  ReadReport report;
  Read result;
  PredictionInput input(path, options, report);
  for (InputText text; input.next(text);) {
    result.texts.push_back(text.text);
    if (!text.error.empty())
      result.texts.back() = std::string("!").append(text.error.substr(path.size()));
    result.inputs.push_back(text.input);
  }
  input.finish(report);
  for (const Remark& remark : report.remarks)
    result.remarks += remark.text.substr(path.size()) + "\n";
  return result;
}

TEST(PredictionInput, ReadsPlainLines) {
  const Read plain = read("one, two\n\nthree\t4\n");
  EXPECT_EQ(plain.texts, (Texts{"one, two", "", "three\t4"}));
  EXPECT_EQ(plain.remarks, "");
}

TEST(PredictionInput, NotesInWhatEncodingLinesAre) {
  using namespace std::string_view_literals;
  const Read lines = read("\xFF\xFEo\0n\0e\0\n\0t\0w\0o\0\n\0"sv);
  EXPECT_EQ(lines.texts, (Texts{"one", "two"}));
  EXPECT_EQ(lines.remarks, ": read as UTF-16LE\n");
  PredictionInputOptions options;
  options.layout = InputLayout::kLines;
  options.reading.encoding = "latin1";
  EXPECT_EQ(read("na\xEFve\n", options).remarks, ": read as latin1\n");
}

TEST(PredictionInput, ReadsTheTextColumnThatTheFirstLineNames) {
  const Read table = read("id,text,label\n1,\"great\nlovely room\",pos\n2,\"dull, rude\",neg\n");
  EXPECT_EQ(table.texts, (Texts{"great\nlovely room", "dull, rude"}));
  EXPECT_EQ(table.remarks, ": read as csv; the texts are its \"text\"\n");
  EXPECT_EQ(read("text\na\nb\n").texts, (Texts{"a", "b"}));
  EXPECT_EQ(read("label\ttext\npos\ta\n").texts, (Texts{"a"}));
  EXPECT_EQ(read("sep=;\nlabel;text\npos;a\n").texts, (Texts{"a"}));
}

TEST(PredictionInput, LeavesOutLabelWords) {
  const Read labelled = read("__label__pos a film\n\nb __label__neg\nno label\n");
  EXPECT_EQ(labelled.texts, (Texts{"a film", "", "b", "no label"}));
  EXPECT_EQ(labelled.remarks, ": read as fasttext; its __label__ words are left out\n");
}

TEST(PredictionInput, ReadsJsonWithTheTextsKey) {
  EXPECT_EQ(read("{\"text\": \"a\", \"id\": 7}\n{\"text\": \"b\"}\n").texts, (Texts{"a", "b"}));
  EXPECT_EQ(read("[\n{\n\"text\": \"a\"},\n{\"text\": \"b\"}]\n").texts, (Texts{"a", "b"}));
  EXPECT_EQ(read("{\"body\": \"a\"}\n").texts, (Texts{"{\"body\": \"a\"}"}));
}

TEST(PredictionInput, ReadsLinesWhereThatIsAskedFor) {
  EXPECT_EQ(read("text\na\n", {.layout = InputLayout::kLines}).texts, (Texts{"text", "a"}));
}

TEST(PredictionInput, ReadsAColumnThatIsAskedFor) {
  PredictionInputOptions options{.layout = InputLayout::kRecords};
  options.reading.text_column = "2";
  options.reading.header = false;
  EXPECT_EQ(read("1\ta\n2\tb\n", options).texts, (Texts{"a", "b"}));
}

TEST(PredictionInput, WarnsOfLinesThatLookLikeATable) {
  EXPECT_EQ(
      read("id,review\n1,good\n2,bad\n").remarks,
      ": this looks like a table of 2 columns, and each line is read as one text; name the column "
      "of the texts, or say that lines are plain\n");
}

TEST(PredictionInput, WarnsOfLinesThatLookLikeOtherRecords) {
  const auto what = [](std::string_view content) {
    const std::string remarks = read(content).remarks;
    const std::string_view begin = ": this looks like ";
    return remarks.empty()
               ? ""
               : remarks.substr(begin.size(), remarks.find(", and each") - begin.size());
  };
  const std::string keyless = "JSON without the key \"text\" in its first object";
  EXPECT_EQ(what("{\"review\":\"good\"}\n{\"review\":\"bad\"}\n"), keyless);
  EXPECT_EQ(what("[\n{\"review\":\"good\"},\n{\"review\":\"bad\"}\n]\n"), keyless);
  EXPECT_EQ(what("{\n\"review\":\n\"good\"\n}\n"), keyless);
  EXPECT_EQ(what("[\"good\", \"bad\"]\n"), keyless);
  EXPECT_EQ(what("\"good, day\"\n\"bad \"\"x\"\"\"\n\"line\nbreak\"\n"),
            "CSV of one column, whose fields are in quotes");
  EXPECT_EQ(what("TEXT\ngood\nbad\n"), "a column with the name \"TEXT\"");
  EXPECT_EQ(what("\"Text\"\r\ngood\r\nbad\r\n"), "a column with the name \"\\\"Text\\\"\"");
  for (const std::string_view text :
       {"[Music] plays\n", "[1] a note\n", "{sigh}\n", "\"Hello,\" he said.\n\"Hi\"\n\"Ho\"\n",
        "caf\xE9\n", "texts\n", "\n\n", ""}) {
    PredictionInputOptions options;
    options.reading.bad_rows = BadRows::kSkip;
    EXPECT_FALSE(contains(read(text, options).remarks, "this looks like")) << text;
  }
}

TEST(PredictionInput, WritesEveryKeyOnce) {
  EXPECT_EQ(read("text,a,a,a_2\nx,1,2,3\n", {.columns = InputColumns::kJson}).inputs,
            (Texts{R"({"text":"x","a":"1","a_3":"2","a_2":"3"})"}));
}

TEST(PredictionInput, WritesWideTablesInLinearTime) {
  constexpr std::size_t kColumns = 100'000;
  std::string header = "text", row = "good";
  for (std::size_t i = 0; i < kColumns; ++i) {
    header += fmt::format(",c{}", i);
    row += ",1";
  }
  const Texts inputs = read(header + "\n" + row + "\n", {.columns = InputColumns::kJson}).inputs;
  EXPECT_TRUE(inputs.at(0).ends_with(R"("c99999":"1"})"));
}

TEST(PredictionInput, KeepsTheColumnsOfEachText) {
  const std::string table = "id,text\n1,\"a\tb\"\n2,c\n";
  EXPECT_EQ(read(table, {.columns = InputColumns::kTsv}).inputs, (Texts{"1\ta\\tb", "2\tc"}));
  EXPECT_EQ(read(table, {.columns = InputColumns::kJson}).inputs,
            (Texts{"{\"id\":\"1\",\"text\":\"a\\tb\"}", "{\"id\":\"2\",\"text\":\"c\"}"}));
  EXPECT_EQ(read("[{\"text\": \"a\",\n \"n\": 1e2}]", {.columns = InputColumns::kJson}).inputs,
            (Texts{"{\"text\": \"a\",  \"n\": 1e2}"}));
  EXPECT_EQ(read("a\nb\n", {.columns = InputColumns::kJson}).inputs,
            (Texts{"{\"text\":\"a\"}", "{\"text\":\"b\"}"}));
  EXPECT_THROW(read("{\"text\": \"a\"}", {.columns = InputColumns::kTsv}), UsageError);
}

TEST(PredictionInput, KeepsStepWhereATextCannotBeRead) {
  PredictionInputOptions options;
  options.reading.bad_rows = BadRows::kSkip;
  const Read lines = read("a\ncaf\xE9\nb\n", options);
  ASSERT_EQ(lines.texts.size(), 3u);
  EXPECT_TRUE(lines.texts[1].starts_with("!:2:4: byte 0xE9")) << lines.texts[1];
  EXPECT_EQ(lines.texts[2], "b");
  const Read objects = read("{\"text\": \"a\"}\n{\"text\": 1}\n{\"text\": \"b\"}\n", options);
  ASSERT_EQ(objects.texts.size(), 3u);
  EXPECT_TRUE(objects.texts[1].starts_with("!:2: row 2: \"text\" is of type number"));
  EXPECT_EQ(objects.texts[2], "b");
}

}  // namespace
}  // namespace unroll
