#include "bench/training/trainer.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "bench/training/batches.h"
#include "tests/support/temp_folder.h"
#include "unroll/core/safetensors.h"

namespace unroll::bench {
namespace {

class OurTrainer : public testing::Test {
 protected:
  OurTrainer() {
    const TrainingData data = read_training_data(folder_.write(
        "a.tsv", "label\ttext\nbad\ta dull film\ngood\ta fine film\nbad\tdull dull dull dull\n"));
    TensorsByName<float> values;
    for (const Parameter<float>* parameter : data.classifier.model().parameters()) {
      values[parameter->name] = &parameter->value;
    }
    flags_.parameters = folder_.file("parameters.safetensors").string();
    flags_.batches = folder_.file("batches.jsonl").string();
    write_safetensors<float>(flags_.parameters, {}, values);
    write_batches(flags_.batches, {data.examples, {data.examples.front()}});
  }

  /// The answers' lines of so many turns.
  std::vector<std::string> answers(std::size_t turns) const {
    std::istringstream lines(std::string(turns, '\n'));
    std::ostringstream out;
    run_trainer(flags_, lines, out);
    std::istringstream said(out.str());
    std::vector<std::string> answers;
    for (std::string line; std::getline(said, line);) answers.push_back(line);
    return answers;
  }

  /// The losses in an answer.
  static std::vector<double> losses(const std::string& answer) {
    std::istringstream numbers(answer);
    double seconds = 0;
    numbers >> seconds;
    std::vector<double> losses;
    for (double loss; numbers >> loss;) losses.push_back(loss);
    return losses;
  }

  TempFolder folder_;
  TrainerFlags flags_;
};

TEST_F(OurTrainer, AnswersEveryTurnWithTheLossOfEveryBatch) {
  const auto said = answers(2);
  ASSERT_EQ(said.size(), 3);
  EXPECT_TRUE(said[0].starts_with("unroll ")) << said[0];
  for (std::size_t turn = 1; turn <= 2; ++turn) EXPECT_EQ(losses(said[turn]).size(), 2) << turn;
}

TEST_F(OurTrainer, LearnsFromTurnToTurn) {
  const auto said = answers(10);
  EXPECT_LT(losses(said.back())[0], 0.9 * losses(said[1])[0]);
}

TEST_F(OurTrainer, DropsOutOnlyWhereAskedTo) {
  const auto plain = losses(answers(1).back());
  EXPECT_EQ(losses(answers(1).back()), plain);
  flags_.dropout = 0.5;
  EXPECT_NE(losses(answers(1).back()), plain);
}

}  // namespace
}  // namespace unroll::bench
