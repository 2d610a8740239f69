#include "unroll/tools/lab/sheets/worked_example_pages.h"

#include <gtest/gtest.h>

#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "unroll/kernels/ops.h"

namespace unroll {
namespace {

const std::vector<std::int32_t> kIds{3, 1, 4, 1, 5};

WorkedExample example_of(SequenceClassifierConfig config, const WorkedExampleRequest& request) {
  config.vocabulary = 6;
  config.classes = 3;
  config.embedding = 4;
  config.hidden = 5;
  SequenceClassifier<double> model(config);
  model.init(11);
  scale<double>(8, model.embedding().E.value.values());
  return work_example(model, kIds, 2, request);
}

WorkedExampleNames names() {
  return {"A title", {"<b>", "$w{2}", "w3", "w4", "w5"}, {"neg", "neu", "pos"}};
}

/// "name,step,row,column" → value, every line of the CSV.
std::map<std::string, double> values_of(const std::string& csv) {
  std::map<std::string, double> values;
  std::istringstream lines(csv);
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(line, "name,step,row,column,value");
  while (std::getline(lines, line)) {
    const std::size_t comma = line.rfind(',');
    EXPECT_TRUE(values.emplace(line.substr(0, comma), std::stod(line.substr(comma + 1))).second)
        << line;
  }
  return values;
}

TEST(WorkedExampleCsv, HoldsEveryValueInFull) {
  const WorkedExample example = example_of({.bidirectional = false}, {0, Direction::kForward, 3});
  const auto values = values_of(to_csv(example));
  EXPECT_EQ(values.at("L,,,"), example.loss);
  EXPECT_EQ(values.at("x,2,4,"), example.x.matrix()(1, 3));
  EXPECT_EQ(values.at("z_o,5,1,"), example.z.matrix()(4, 15));
  EXPECT_EQ(values.at("f,1,2,"), example.gates.matrix()(0, 1));
  EXPECT_EQ(values.at("dC,4,5,"), example.dC.matrix()(3, 4));
  EXPECT_EQ(values.at("dW_a,,2,3"), example.dW.matrix()(11, 2));
  EXPECT_EQ(values.at("dU_i_path,2,1,4"), example.path_dU(2).matrix()(5, 3));
  EXPECT_EQ(values.at("db_f_part,,5,"), example.part_db[4]);
  EXPECT_EQ(values.at("y,,3,"), 1);
  // Parameters with gradients and parts, what has a step, what has none, paths.
  const std::size_t H = 5, I = 4, K = 3, T = 5;
  const std::size_t layer = 4 * H * (I + H + 1);
  const std::size_t series = T * (2 * I + 3 * 4 * H + 8 * H);  // x dx; z gates dz; h_prev … dC
  const std::size_t paths = 3 * 4 * H * (1 + H + I);
  EXPECT_EQ(values.size(),
            3 * layer + 2 * K * (H + 1) + series + 2 * H + 4 * K + 1 + 2 * H + paths);
}

TEST(WorkedExampleCsv, LeavesOutWhatAnRnnHasNot) {
  const auto values = values_of(to_csv(
      example_of({.cell = Cell::kRnn, .bidirectional = false}, {0, Direction::kForward, 3})));
  EXPECT_TRUE(values.contains("z,1,1,"));
  EXPECT_TRUE(values.contains("dW,,5,5"));
  EXPECT_FALSE(values.contains("C,1,1,"));
  EXPECT_FALSE(values.contains("f,1,1,"));
}

TEST(WorkedExampleSheet, StandsInTheOrderOfReading) {
  const std::string text =
      to_text(to_sheet(example_of({}, {0, Direction::kForward, 3}), names(), 4));
  std::size_t at = 0;
  for (const char* part :
       {"A title", "Forward\n", "Step 1: \"<b>\"", "LSTM-f", "Step 2: \"$w{2}\"", "Step 5",
        "LSTM-h", "Output and loss\n", "CE-softmax", "Backward\n", "RNN-dO", "Step 5", "LSTM-dC",
        "Step 1", "LSTM-dC0", "Gradients of the parameters\n", "LSTM-dW    dW_f",
        "Paths from h_3\n"}) {
    at = text.find(part, at);
    ASSERT_NE(at, std::string::npos) << "no " << part << " after what came before\n" << text;
  }
}

TEST(WorkedExampleSheet, ReadsABackwardLayerFromTheEnd) {
  const std::string text = to_text(
      to_sheet(example_of({.pool = Pool::kMean}, {0, Direction::kBackward, 3}), names(), 4));
  EXPECT_LT(text.find("Step 5"), text.find("Step 1"));
  EXPECT_NE(text.find("+ W_f h_4"), std::string::npos);
  EXPECT_LT(text.find("k = 3"), text.find("k = 5"));
}

TEST(WorkedExampleSheet, SaysWhereTheGradientEntersIfNotHere) {
  const std::string text = to_text(to_sheet(
      example_of({.bidirectional = false, .pool = Pool::kLast}, {0, Direction::kForward, 3}),
      names(), 4));
  EXPECT_NE(text.find("with last pooling"), std::string::npos);
  EXPECT_NE(text.find("step 5 (--t 5)"), std::string::npos) << text;
}

TEST(WorkedExampleSheet, MakesAPageThatEscapesTheText) {
  const std::string html =
      to_html(to_sheet(example_of({}, {0, Direction::kForward, 3}), names(), 4));
  EXPECT_EQ(html.find("\"<b>\""), std::string::npos);
  EXPECT_NE(html.find("&quot;&lt;b&gt;&quot;"), std::string::npos);
}

}  // namespace
}  // namespace unroll
