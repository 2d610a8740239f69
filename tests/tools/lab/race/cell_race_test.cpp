#include "unroll/tools/lab/race/cell_race.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "unroll/core/error.h"
#include "unroll/core/parallel.h"
#include "unroll/tools/lab/race/cell_report.h"

namespace unroll {
namespace {

CellCase small_case(Cell cell, CellPass pass) {
  return {.cell = cell, .pass = pass, .steps = 3, .batch = 2, .input = 5, .hidden = 7};
}

CellRaceSettings short_race(std::vector<CellCase> cases) {
  CellRaceSettings settings;
  settings.cases = std::move(cases);
  settings.seconds = 0;
  settings.least_rounds = 1;
  return settings;
}

/// Ours, with its outputs changed.
class Changed : public CellRunner {
 public:
  Changed(std::unique_ptr<CellRunner> ours, void (*change)(CellOutputs&))
      : ours_(std::move(ours)), change_(change) {}
  void run() override { ours_->run(); }
  CellOutputs outputs() const override {
    CellOutputs outputs = ours_->outputs();
    change_(outputs);
    return outputs;
  }

 private:
  std::unique_ptr<CellRunner> ours_;
  void (*change_)(CellOutputs&);
};

CellContender changed(std::string name, void (*change)(CellOutputs&)) {
  return {std::move(name), [change](const CellProblem& problem, std::size_t threads) {
            return std::make_unique<Changed>(our_cells().make(problem, threads), change);
          }};
}

TEST(UsefulFlop, CountsEachProductOnce) {
  // T·B = 6; LSTM, 28 gate rows; U x: 5 columns, W h: 7.
  EXPECT_EQ(useful_flop(small_case(Cell::kLstm, CellPass::kForward)), 2 * 6 * 28 * (5 + 7));
  EXPECT_EQ(useful_flop(small_case(Cell::kLstm, CellPass::kTrain)),
            2 * 6 * 28 * (5 + 7 + 5 + 7 + 7));
  EXPECT_EQ(useful_flop(small_case(Cell::kRnn, CellPass::kForward)), 2 * 6 * 7 * (5 + 7));
}

TEST(CellGrid, IsTheShortSelectionUnlessTold) {
  const auto cases = cases_of({.cells = {Cell::kRnn}, .activation = Activation::kRelu});
  EXPECT_EQ(cases.size(), 32U);
  EXPECT_EQ(to_string(cases.front()), "rnn (relu) forward, T 50, B 1, I 100, H 64");
  EXPECT_EQ(to_string(cases.back()), "rnn (relu) train, T 50, B 64, I 512, H 512");
}

TEST(CellGrid, HasEveryCombinationOfItsLists) {
  const auto cases = cases_of({.steps = {5, 7}, .hidden = {3}, .input = {2, 300}, .batch = {1, 4}});
  EXPECT_EQ(cases.size(), 16U);
  EXPECT_EQ(to_string(cases[1]), "lstm forward, T 5, B 4, I 2, H 3");
  EXPECT_EQ(to_string(cases.back()), "lstm train, T 7, B 4, I 300, H 3");
}

TEST(CellGrid, TakesWordVectorsAsWideAsTheStateAndOf300FromIds) {
  const auto cases = cases_of(
      {.passes = {CellPass::kForward}, .hidden = {128}, .batch = {1}, .vocabulary = 20000});
  ASSERT_EQ(cases.size(), 2U);
  EXPECT_EQ(to_string(cases[0]), "lstm forward from token ids, T 50, B 1, I 128, H 128, V 20000");
  EXPECT_EQ(cases[1].input, 300U);
}

TEST(CellRace, TimesOursOnEveryCellAndPass) {
  std::vector<CellCase> cases;
  for (Cell cell : kAll<Cell>) {
    for (Activation activation : kAll<Activation>) {
      for (CellPass pass : kAll<CellPass>) {
        cases.push_back(small_case(cell, pass));
        cases.back().activation = activation;
      }
    }
  }
  const CellRaceResult result = race_cells({our_cells()}, short_race(cases));
  EXPECT_TRUE(result.conditions.disagreeing.empty());
  ASSERT_EQ(result.rows.size(), cases.size());
  for (const CellRow& row : result.rows) {
    EXPECT_EQ(row.implementation, kOurs);
    EXPECT_GT(row.us, 0);
    EXPECT_GT(row.peak_gflops, 0);
    EXPECT_NEAR(row.gflops, useful_flop(row.at) / row.us * 1e-3, 1e-6 * row.gflops);
    EXPECT_NEAR(row.tokens_per_s, 6 / row.us * 1e6, 1e-6 * row.tokens_per_s);
    EXPECT_EQ(row.times_first.median, 1);
  }
}

CellCase from_ids(Cell cell) {
  CellCase at = small_case(cell, CellPass::kForward);
  at.vocabulary = 11;
  return at;
}

TEST(CellRace, TimesOursFromIds) {
  const auto rows = race_cells({our_cells()}, short_race({from_ids(Cell::kLstm)})).rows;
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_GT(rows[0].us, 0);
  EXPECT_EQ(useful_flop(rows[0].at), 2 * 6 * 28 * 7);
  EXPECT_EQ(word_table_bytes(rows[0].at), 11U * 28 * sizeof(float));
  EXPECT_EQ(to_string(rows[0].at), "lstm forward from token ids, T 3, B 2, I 5, H 7, V 11");
}

TEST(CellRace, ReadsOtherIdsInEveryPassAndXOfTheFirst) {
  const CellProblem problem(from_ids(Cell::kRnn));
  const std::vector<std::int32_t> first(problem.ids_of(0).begin(), problem.ids_of(0).end());
  ASSERT_EQ(first.size(), 6U);
  EXPECT_FALSE(std::ranges::equal(first, problem.ids_of(1)));
  for (std::size_t n = 0; n < first.size(); ++n) {
    EXPECT_TRUE(std::ranges::equal(problem.x.matrix().row(n),
                                   problem.E.matrix().row(static_cast<std::size_t>(first[n]))));
  }
  const auto ours = our_cells().make(problem, 1);
  ours->run();
  const Tensor<float> h = ours->outputs().h;
  EXPECT_LT(error_of_plain_loops(problem, h), 1e-5);
  ours->run();
  EXPECT_GT(error_of_plain_loops(problem, ours->outputs().h), 1e-2);
  for (std::size_t pass = 2; pass < problem.ids.size() / first.size() + 1; ++pass) ours->run();
  EXPECT_TRUE(std::ranges::equal(ours->outputs().h.values(), h.values()));
}

TEST(CellRace, NamesWhoDisagreesAndDoesNotTimeIt) {
  const std::vector<CellContender> contenders = {
      our_cells(),
      changed("rounded", [](CellOutputs& out) { out.h[0] += 1e-6F; }),
      changed("wrong", [](CellOutputs& out) { out.dW[3] += 1; }),
      {"without", [](const CellProblem&, std::size_t) { return nullptr; }}};
  const CellRaceResult result =
      race_cells(contenders, short_race({small_case(Cell::kLstm, CellPass::kTrain)}));
  ASSERT_EQ(result.rows.size(), 2U);
  EXPECT_EQ(result.rows[1].implementation, "rounded");
  ASSERT_EQ(result.conditions.disagreeing.size(), 1U);
  EXPECT_TRUE(
      result.conditions.disagreeing[0].starts_with("wrong, lstm train, T 3, B 2, I 5, H 7: "));
}

TEST(CellRace, HoldsTheFirstToTheEquations) {
  const auto first = changed("first", [](CellOutputs& out) { out.h[20] += 1; });
  const CellRaceSettings settings = short_race({small_case(Cell::kRnn, CellPass::kForward)});
  EXPECT_THROW(race_cells({first}, settings), Error);
  const auto nan = changed("first", [](CellOutputs& out) { out.db[0] = std::nanf(""); });
  EXPECT_THROW(race_cells({nan}, short_race({small_case(Cell::kRnn, CellPass::kTrain)})), Error);
}

TEST(CellRace, LeavesTheNumberOfThreadsAsItWas) {
  const std::size_t before = thread_count();
  CellRaceSettings settings = short_race({small_case(Cell::kLstm, CellPass::kForward)});
  settings.threads = {before + 1};
  const CellRaceResult result = race_cells({our_cells()}, settings);
  EXPECT_EQ(result.rows.at(0).threads, before + 1);
  EXPECT_EQ(thread_count(), before);
}

TEST(CellRace, RefusesNothing) {
  EXPECT_THROW(race_cells({}, {}), UsageError);
  CellRaceSettings settings = short_race({small_case(Cell::kLstm, CellPass::kForward)});
  settings.threads = {0};
  EXPECT_THROW(race_cells({our_cells()}, settings), UsageError);
  settings = short_race({{.batch = 0}});
  EXPECT_THROW(race_cells({our_cells()}, settings), UsageError);
  settings = short_race({{.pass = CellPass::kTrain, .vocabulary = 5}});
  EXPECT_THROW(race_cells({our_cells()}, settings), UsageError);
}

TEST(CellReport, HasARowForEachCase) {
  CellRow row{.at = small_case(Cell::kLstm, CellPass::kTrain), .implementation = "unroll"};
  row.us = 12.5;
  row.gflops = 50;
  row.peak_gflops = 100;
  row.tokens_per_s = 480000;
  const std::string table =
      cell_table({.rows = {row}, .conditions = {.disagreeing = {}, .clock = 3}});
  const std::string expected =
      "lstm train       3    2     5     7      12.5     50.0    50.0     480000\n";
  EXPECT_NE(table.find(expected), std::string::npos) << table;
  const auto json = nlohmann::json::parse(cell_json(std::vector{row}));
  EXPECT_EQ(json[0]["steps"], 3);
  EXPECT_EQ(json[0]["peak_gflops"], 100);
  EXPECT_EQ(json[0].size(), 13U);
}

}  // namespace
}  // namespace unroll
