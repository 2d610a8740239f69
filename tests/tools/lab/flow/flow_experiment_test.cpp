// Experiments on gradient flow, the tour through them, and their reports.

#include "unroll/tools/lab/flow/flow_experiment.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>

#include "unroll/core/error.h"
#include "unroll/core/parallel.h"
#include "unroll/tools/lab/flow/flow_report.h"
#include "unroll/tools/lab/flow/flow_tour.h"

namespace unroll {
namespace {

FlowExperiment small_experiment() {
  FlowExperiment e;
  e.name = "small";
  e.hidden = 8;
  e.input = 8;
  e.lags = 30;
  e.draws = 3;
  return e;
}

FlowNorms norms_of(std::vector<double> norm) {
  FlowNorms norms;
  norms.norm = std::move(norm);
  return norms;
}

TEST(FlowExperiment, GivesTheSameNumbersForTheSameSeedOnAnyNumberOfThreads) {
  const auto mean = [](std::uint64_t seed, std::size_t threads) {
    const std::size_t before = thread_count();
    set_thread_count(threads);
    FlowExperiment e = small_experiment();
    e.seed = seed;
    const FlowResult result = run_flow(e);
    set_thread_count(before);
    return result.norm.mean;
  };
  EXPECT_EQ(mean(1, 1), mean(1, 3));
  EXPECT_NE(mean(1, 1), mean(2, 1));
}

TEST(FlowExperiment, ScalesW) {
  for (FlowInit init : kAll<FlowInit>) {
    FlowExperiment e = small_experiment();
    e.init = init;
    e.size = 0.7;
    e.scale = FlowScale::kRadius;
    EXPECT_NEAR(run_flow(e).radius, 0.7, 1e-10) << to_string(init);
    e.scale = FlowScale::kNorm;
    EXPECT_NEAR(run_flow(e).matrix_norm, 0.7, 1e-12) << to_string(init);
    e.scale = FlowScale::kGain;
    const double scaled = run_flow(e).matrix_norm;
    e.size = 1;
    EXPECT_NEAR(scaled / run_flow(e).matrix_norm, 0.7, 1e-12) << to_string(init);
  }
}

TEST(FlowExperiment, KeepsAllUnitsOnWhereEverythingIsNonNegative) {
  FlowExperiment e = small_experiment();
  e.activation = Activation::kRelu;
  e.init = FlowInit::kNonnegative;
  e.scale = FlowScale::kRadius;
  e.positive = true;
  const FlowResult result = run_flow(e);
  EXPECT_EQ(result.saturated, 0);
  EXPECT_EQ(result.verdict.end, FlowEnd::kStays);
}

TEST(FlowExperiment, RefusesWhatCannotBe) {
  FlowExperiment e = small_experiment();
  e.cell = Cell::kLstm;
  e.centred = true;
  EXPECT_THROW(run_flow(e), UsageError);
  e = small_experiment();
  e.draws = 0;
  EXPECT_THROW(run_flow(e), UsageError);
}

TEST(FlowVerdict, IsTheSlopeOfTheMeanLogarithm) {
  const auto judged = [](double rate) {
    std::vector<double> norm;
    for (int lag = 1; lag <= 200; ++lag) norm.push_back(3 + lag * std::log(rate));
    const std::vector<FlowNorms> walks{norms_of(norm)};
    return summarize_flow(walks).verdict;
  };
  EXPECT_EQ(judged(0.5).end, FlowEnd::kVanishes);
  EXPECT_NEAR(judged(0.5).rate, 0.5, 1e-12);
  EXPECT_EQ(judged(0.99).end, FlowEnd::kVanishes);
  EXPECT_EQ(judged(0.996).end, FlowEnd::kStays);
  EXPECT_EQ(judged(1.004).end, FlowEnd::kStays);
  EXPECT_EQ(judged(1.01).end, FlowEnd::kExplodes);
  EXPECT_EQ(to_string(judged(1.01)), "explodes ×1.010");
}

TEST(FlowVerdict, SaysWhereANormBecomesZero) {
  const double zero = -std::numeric_limits<double>::infinity();
  const std::vector<FlowNorms> walks{norms_of({-1, -2, -3}), norms_of({-1, zero, zero})};
  const FlowResult result = summarize_flow(walks);
  EXPECT_EQ(result.verdict.end, FlowEnd::kDies);
  EXPECT_EQ(to_string(result.verdict), "dies at lag 2");
  EXPECT_EQ(result.norm.most[2], -3);
}

TEST(FlowSummary, IsOverTheWalksThatReachALag) {
  const std::vector<FlowNorms> walks{norms_of({-1, -2, -3}), norms_of({-3})};
  const FlowSummary norm = summarize_flow(walks).norm;
  EXPECT_EQ(norm.mean, (std::vector<double>{-2, -2, -3}));
  EXPECT_EQ(norm.least, (std::vector<double>{-3, -2, -3}));
  EXPECT_EQ(norm.most, (std::vector<double>{-1, -2, -3}));
}

/// The tour's verdicts by chapter and case.
std::map<std::string, FlowEnd> tour_verdicts() {
  std::map<std::string, FlowEnd> verdicts;
  for (const FlowChapter& chapter : flow_tour({.draws = 4})) {
    for (const FlowCase& flow_case : chapter.cases) {
      verdicts[chapter.anchor + ": " + flow_case.experiment.name] =
          run_flow(flow_case.experiment).verdict.end;
    }
  }
  return verdicts;
}

TEST(FlowTour, ShowsWhatItsTextsSay) {
  auto verdicts = tour_verdicts();
  EXPECT_EQ(verdicts["sigmoid: Glorot, input 1"], FlowEnd::kVanishes);
  EXPECT_EQ(verdicts["sigmoid: ‖W‖ = 3.6, centred, input 0.1"], FlowEnd::kVanishes);
  EXPECT_EQ(verdicts["sigmoid: ‖W‖ = 4.4, centred, no input"], FlowEnd::kExplodes);
  EXPECT_EQ(verdicts["sigmoid: ‖W‖ = 8, centred, input 0.1"], FlowEnd::kExplodes);
  EXPECT_EQ(verdicts["sigmoid: ‖W‖ = 8, input 1"], FlowEnd::kVanishes);
  EXPECT_EQ(verdicts["tanh: orthogonal ρ = 1, input 0.001"], FlowEnd::kStays);
  EXPECT_EQ(verdicts["tanh: orthogonal ρ = 1, input 3"], FlowEnd::kVanishes);
  EXPECT_EQ(verdicts["tanh: orthogonal ρ = 1.5, input 0.01"], FlowEnd::kExplodes);
  EXPECT_EQ(verdicts["tanh: orthogonal ρ = 1.5, input 3"], FlowEnd::kVanishes);
  for (const std::string init : {"identity", "non-negative"}) {
    EXPECT_EQ(verdicts["relu-on: " + init + " ρ = 0.95"], FlowEnd::kVanishes);
    EXPECT_EQ(verdicts["relu-on: " + init + " ρ = 1"], FlowEnd::kStays);
    EXPECT_EQ(verdicts["relu-on: " + init + " ρ = 1.05"], FlowEnd::kExplodes);
  }
  for (const std::string init : {"Gaussian", "orthogonal"}) {
    EXPECT_EQ(verdicts["relu-half: " + init + ", gain 1"], FlowEnd::kVanishes);
    EXPECT_EQ(verdicts["relu-half: " + init + ", gain 1.8"], FlowEnd::kExplodes);
  }
  EXPECT_EQ(verdicts["lstm: forget bias −1"], FlowEnd::kVanishes);
  EXPECT_EQ(verdicts["lstm: forget bias 3"], FlowEnd::kStays);
}

TEST(FlowReport, WritesNumbersBeyondDouble) {
  EXPECT_EQ(exp_text(-1000 * std::log(10.0)), "1.0e-1000");
  EXPECT_EQ(exp_text(std::log(9.96)), "1.0e+01");
  EXPECT_EQ(exp_text(std::log(250.0)), "2.5e+02");
  EXPECT_EQ(power_text(std::log(280.0)), "2.8·10²");
  EXPECT_EQ(power_text(std::log(28.0)), "28");
  EXPECT_EQ(power_text(std::log(0.984)), "0.98");
  EXPECT_EQ(power_text(-1000 * std::log(10.0)), "1·10⁻¹⁰⁰⁰");
  EXPECT_EQ(exp_text(-std::numeric_limits<double>::infinity()), "0");
}

TEST(FlowReport, HasOneRowPerCaseAndLag) {
  FlowExperiment e = small_experiment();
  e.name = "a, \"b\"";
  const std::vector<FlowResult> results{run_flow(e)};
  const std::string csv = flow_csv(results);
  EXPECT_EQ(std::ranges::count(csv, '\n'), 31);
  EXPECT_TRUE(csv.starts_with("case,cell,activation,init,scale,size,input,"));
  EXPECT_NE(csv.find("\n\"a, \"\"b\"\"\",rnn,tanh,orthogonal,gain,1,1,0,0,,8,30,"),
            std::string::npos);
}

TEST(FlowReport, MakesAPageOfPlotsVerdictsAndEquations) {
  std::vector<FlowChapterResult> parts;
  FlowExperiment lstm = small_experiment();
  lstm.cell = Cell::kLstm;
  for (const FlowExperiment& e : {small_experiment(), lstm}) {
    const FlowChapter chapter = single_case(e);
    parts.push_back({chapter, {run_flow(chapter.cases.front().experiment)}});
  }
  const std::string page = flow_page(parts, "unroll gradflow --seed 1");
  for (const char* part : {"GRAD-tanh", "GRAD-lstm-carry", "<svg", "prefers-color-scheme",
                           "Vanishes at", "--cell lstm", "‖D<sub>j</sub>‖"}) {
    EXPECT_NE(page.find(part), std::string::npos) << part;
  }
  for (const char* loader : {"<script", "http", "src="}) {
    EXPECT_EQ(page.find(loader), std::string::npos) << loader;
  }
}

TEST(FlowReport, NamesTheCommandThatRunsACaseAgain) {
  FlowExperiment e = small_experiment();
  e.activation = Activation::kSigmoid;
  e.scale = FlowScale::kNorm;
  e.size = 4.4;
  e.centred = true;
  EXPECT_EQ(command_line(e),
            "unroll gradflow --cell rnn --activation sigmoid --recurrent-init orthogonal --norm 4.4 --input "
            "1 --centred --hidden 8 --lags 30 --draws 3");
}

}  // namespace
}  // namespace unroll
