#include "unroll/tools/lab/race/activation_race.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <mutex>
#include <set>

#include "unroll/core/error.h"
#include "unroll/kernels/isa.h"

namespace unroll {
namespace {

ActivationRaceSettings moment(std::vector<std::string> functions) {
  ActivationRaceSettings settings;
  settings.functions = std::move(functions);
  settings.bytes = {4096};
  settings.seconds = 0;
  settings.least_rounds = 2;
  return settings;
}

/// As another library's.
ActivationContender stranger(float (*f)(float)) {
  const auto all = [f](std::size_t n, const float* x, float* y) { std::transform(x, x + n, y, f); };
  return {"stranger", "scalar", {{"tanh", all}}};
}

std::vector<std::string> names(const std::vector<ActivationRow>& rows) {
  std::vector<std::string> found;
  for (const ActivationRow& row : rows) found.push_back(row.implementation + " " + row.isa);
  return found;
}

TEST(ActivationRace, HasOursAndTheRivalsOnEveryInstructionSet) {
  for (const ActivationFunction& function : activation_functions()) {
    for (const ActivationContender& contender : own_contenders()) {
      EXPECT_TRUE(contender.functions.contains(function.name))
          << contender.implementation << " " << contender.isa << " " << function.name;
    }
  }
  std::set<std::string> ours;
  for (const ActivationContender& contender : own_contenders()) {
    if (contender.implementation == "unroll") ours.insert(contender.isa);
  }
  EXPECT_EQ(ours.size(), available_isas().size());
}

TEST(ActivationRace, AllOfItsOwnContendersAgree) {
  const ActivationRaceResult result = race_activations(own_contenders(), moment({}));
  EXPECT_TRUE(result.conditions.disagreeing.empty()) << result.conditions.disagreeing.front();
  for (const ActivationRow& row : result.rows) {
    const std::string name = row.function + " " + row.implementation + " " + row.isa;
    EXPECT_EQ(row.bytes, 4096U) << name;
    EXPECT_GT(row.ns_per_element, 0) << name;
    EXPECT_GT(row.cycles_per_element, 0) << name;
    EXPECT_TRUE(row.implementation != "unroll" || row.max_ulp < 3) << name << row.max_ulp;
  }
}

TEST(ActivationRace, TakesTheContendersOfItsCaller) {
  std::vector<ActivationContender> contenders = own_contenders();
  contenders.push_back(stranger([](float x) { return std::tanh(x); }));
  const ActivationRaceResult result = race_activations(contenders, moment({"tanh"}));
  const std::vector<std::string> found = names(result.rows);
  EXPECT_EQ(found.front(), "std scalar");
  EXPECT_EQ(found[found.size() - 2], "stranger scalar");
  EXPECT_EQ(found.back(), "memcpy -");
  EXPECT_GT(result.rows[found.size() - 2].times_best.median, 0);
  EXPECT_GT(result.rows[found.size() - 2].times_same_isa.median, 0);
}

TEST(ActivationRace, NamesWhoDoesNotAgreeAndDoesNotTimeHim) {
  const ActivationRaceResult result =
      race_activations({stranger([](float x) { return std::tanh(x) * 1.001F; })}, moment({"tanh"}));
  ASSERT_EQ(result.conditions.disagreeing.size(), 1U);
  EXPECT_EQ(result.conditions.disagreeing[0], "stranger scalar, tanh: 0.001 off");
  EXPECT_EQ(names(result.rows), std::vector<std::string>{"memcpy -"});
}

TEST(ActivationRace, HasNoRatioWhereNoneIsOurs) {
  const ActivationRaceResult result =
      race_activations({stranger([](float x) { return std::tanh(x); })}, moment({"tanh"}));
  EXPECT_TRUE(std::isnan(result.rows[0].times_best.median));
  EXPECT_TRUE(std::isnan(result.rows[0].times_same_isa.median));
}

TEST(ActivationRace, CutsTheArrayAmongThreadsInWholeLines) {
  std::mutex mutex;
  std::set<std::size_t> sizes;
  ActivationContender contender = stranger([](float x) { return std::tanh(x); });
  contender.functions["tanh"] = [&](std::size_t n, const float* x, float* y) {
    std::transform(x, x + n, y, [](float v) { return std::tanh(v); });
    if (n > 1024) return;  // not the look at its errors
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(x) % 64, 0U);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(y) % 64, 0U);
    const std::lock_guard lock(mutex);
    sizes.insert(n);
  };
  ActivationRaceSettings settings = moment({"tanh"});
  settings.threads = {3};
  race_activations({contender}, settings);
  EXPECT_EQ(sizes, (std::set<std::size_t>{336, 352}));
  std::size_t told = 0;
  contender.set_threads = [&](std::size_t threads) { told = threads; };
  sizes.clear();
  race_activations({contender}, settings);
  EXPECT_EQ(sizes, std::set<std::size_t>{1024});
  EXPECT_EQ(told, 3U);
}

TEST(ActivationRace, RacesEverySizeAndNumberOfThreads) {
  ActivationRaceSettings settings = moment({"relu"});
  settings.threads = {1, 2};
  settings.bytes = {1000, 4096};
  std::vector<std::pair<std::size_t, std::size_t>> raced;
  for (const ActivationRow& row : race_activations({}, settings).rows) {
    raced.emplace_back(row.threads, row.bytes);
  }
  EXPECT_EQ(raced, (std::vector<std::pair<std::size_t, std::size_t>>{
                       {1, 960}, {1, 4096}, {2, 960}, {2, 4096}}));
}

TEST(ActivationRace, RefusesWhatItCannotRace) {
  EXPECT_THROW(race_activations({}, moment({"gelu"})), UsageError);
  ActivationRaceSettings settings = moment({"tanh"});
  settings.threads = {0};
  EXPECT_THROW(race_activations({}, settings), UsageError);
  settings.threads = {2};
  settings.bytes = {64};
  EXPECT_THROW(race_activations({}, settings), UsageError);
}

}  // namespace
}  // namespace unroll
