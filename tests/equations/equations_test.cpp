// One test for each equation of the ledger, named by its ID: Equation.RNN_dW. It proves the
// equation with several seeds and records the errors, which ledger_test.sh looks for in the report.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "unroll/tools/lab/proofs/ledger.h"

namespace unroll {
namespace {

constexpr std::uint64_t kSeeds = 5;

class EquationTest : public testing::Test {
 public:
  explicit EquationTest(const Equation& equation) : equation_(equation) {}

  void TestBody() override {
    ASSERT_NE(equation_.proof, nullptr) << equation_.id << " stands in the tree, nobody proves it";
    EXPECT_EQ(equation_.code.size(), 1U) << "an equation is written out at one place";
    for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) prove_with(seed);
    for (const auto& [kind, error] : worst_) {
      std::string key = "error_" + std::string(to_string(kind));
      std::ranges::replace(key, ' ', '_');
      RecordProperty(key, fmt::format("{:.15g}", error));
    }
  }

 private:
  void prove_with(std::uint64_t seed) {
    const std::vector<Finding> findings = prove(equation_.id, seed);
    ASSERT_FALSE(findings.empty()) << "its proof compares nothing";
    for (const Finding& finding : findings) {
      EXPECT_TRUE(finding.holds()) << to_string(finding.kind) << ": " << finding.error
                                   << ", at most " << finding.allowed() << ", seed " << seed;
      keep_worst(finding.error, worst_[finding.kind]);
    }
  }

  const Equation& equation_;
  std::map<ProofKind, double> worst_;
};

/// C++ has no hyphens in names.
std::string test_name(std::string_view id) {
  std::string name(id);
  std::ranges::replace(name, '-', '_');
  return name;
}

}  // namespace
}  // namespace unroll

int main(int argc, char** argv) {
  for (const unroll::Equation& equation : unroll::ledger()) {
    testing::RegisterTest(
        "Equation", unroll::test_name(equation.id).c_str(), nullptr, nullptr, __FILE__, __LINE__,
        [&equation]() -> testing::Test* { return new unroll::EquationTest(equation); });
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
