#include "unroll/kernels/isa.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/for_each_isa.h"
#include "unroll/core/error.h"
#include "unroll/kernels/dispatch.h"

namespace unroll {
namespace {

TEST(AvailableIsas, BeginWithScalarAndGrowStronger) {
  const std::vector<Isa> isas = available_isas();
  ASSERT_FALSE(isas.empty());
  EXPECT_EQ(isas.front(), Isa::kScalar);
  EXPECT_TRUE(std::ranges::is_sorted(isas));
}

TEST(AvailableIsas, HaveTablesOfTheirOwn) {
  for (Isa isa : available_isas()) {
    EXPECT_EQ(&kernels_for<float>(isa) == &kernels_for<float>(Isa::kScalar), isa == Isa::kScalar);
    EXPECT_EQ(&kernels_for<double>(isa) == &kernels_for<double>(Isa::kScalar), isa == Isa::kScalar);
  }
}

TEST(IsaNamed, FindsEveryAvailableOneByItsName) {
  for (Isa isa : available_isas()) EXPECT_EQ(isa_named(to_string(isa)), isa);
}

TEST(IsaNamed, RefusesAnUnknownNameAndListsTheKnownOnes) {
  try {
    isa_named("abacus");
    FAIL() << "nothing was thrown";
  } catch (const UsageError& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find("`abacus`"), std::string::npos) << message;
    for (Isa isa : available_isas()) {
      EXPECT_NE(message.find(to_string(isa)), std::string::npos) << message;
    }
  }
}

TEST(SetActiveIsa, ChoosesTheTableOfTheKernels) {
  for (Isa isa : available_isas()) {
    const test::WithIsa active(isa);
    EXPECT_EQ(active_isa(), isa);
    EXPECT_EQ(&kernels<float>(), &kernels_for<float>(isa));
    EXPECT_EQ(&kernels<double>(), &kernels_for<double>(isa));
  }
}

TEST(SetActiveIsa, RefusesWhatThisCpuDoesNotHave) {
  const std::vector<Isa> isas = available_isas();
  for (Isa isa : {Isa::kSse2, Isa::kAvx2, Isa::kAvx512}) {
    if (std::ranges::find(isas, isa) != isas.end()) continue;
    EXPECT_THROW(set_active_isa(isa), UsageError);
  }
}

TEST(ActiveIsa, MayBeAskedFirstBySeveralThreadsAtOnce) {
  std::vector<std::thread> threads;
  std::vector<Isa> seen(8, Isa::kScalar);
  for (Isa& isa : seen) threads.emplace_back([&isa] { isa = active_isa(); });
  for (std::thread& thread : threads) thread.join();
  for (Isa isa : seen) EXPECT_EQ(isa, active_isa());
}

/// Ends the process with 0 and the name of the active instruction set on stderr, or with the
/// error's exit status and its message: in a fresh process, where the environment has not been read
/// yet.
[[noreturn]] void report_active_isa_with(const char* value, const char* variable = "UNROLL_ISA") {
  setenv(variable, value, 1);
  try {
    std::cerr << "active: " << to_string(active_isa()) << (divides_slowly() ? ", slow" : ", fast")
              << " division" << (multiplies_bfloat16() ? ", pairs" : ", no pairs");
    std::_Exit(0);
  } catch (const Error& error) {
    std::cerr << error.what();
    std::_Exit(error.exit_status());
  }
}

class UnrollIsaVariableDeathTest : public testing::Test {
 protected:
  void SetUp() override { testing::FLAGS_gtest_death_test_style = "threadsafe"; }
};

TEST_F(UnrollIsaVariableDeathTest, LowersTheInstructionSet) {
  EXPECT_EXIT(report_active_isa_with("scalar"), testing::ExitedWithCode(0), "active: scalar");
}

TEST_F(UnrollIsaVariableDeathTest, MeansTheBestOneWhereItIsEmpty) {
  EXPECT_EXIT(report_active_isa_with(""), testing::ExitedWithCode(0),
              "active: " + std::string(to_string(available_isas().back())));
}

TEST_F(UnrollIsaVariableDeathTest, WithAWrongNameIsAUsageError) {
  EXPECT_EXIT(report_active_isa_with("abacus"), testing::ExitedWithCode(2),
              "UNROLL_ISA: no instruction set `abacus` here.*scalar");
}

TEST_F(UnrollIsaVariableDeathTest, ChoosesWhatIsFastOnAMakersProcessors) {
  EXPECT_EXIT(report_active_isa_with("intel", "UNROLL_CPU"), testing::ExitedWithCode(0),
              "slow division, no pairs");
  EXPECT_EXIT(report_active_isa_with("amd", "UNROLL_CPU"), testing::ExitedWithCode(0),
              "fast division");
  EXPECT_EXIT(report_active_isa_with("via", "UNROLL_CPU"), testing::ExitedWithCode(2),
              "UNROLL_CPU: no variants for `via`; there are: amd, intel");
}

}  // namespace
}  // namespace unroll
