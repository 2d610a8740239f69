#include "unroll/tools/lab/race/activation_report.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

namespace unroll {
namespace {

ActivationRow row(std::string implementation, std::string isa, double ns, double ulp) {
  ActivationRow made;
  made.function = "tanh";
  made.implementation = std::move(implementation);
  made.isa = std::move(isa);
  made.bytes = 262144;
  made.ns_per_element = ns;
  made.cycles_per_element = 4 * ns;
  made.max_ulp = ulp;
  made.times_best = {ns / 0.25, ns / 0.25 * 0.99, ns / 0.25 * 1.01, 30};
  made.times_same_isa = made.times_best;
  return made;
}

/// std, a rival, ours, memcpy.
ActivationRaceResult result_with(const ActivationRow& rival) {
  ActivationRaceResult result;
  result.rows = {row("std", "scalar", 15, 2.06), rival, row("unroll", "avx512", 0.25, 1.1),
                 row("memcpy", "-", 0.08, 0)};
  result.rows.back().function = "copy";
  result.conditions.clock = 4;
  return result;
}

TEST(ActivationReport, JsonHasTheseKeysAndNoMemcpy) {
  const auto json =
      nlohmann::ordered_json::parse(activation_json(result_with(row("eigen", "avx2", 1, 4)).rows));
  ASSERT_EQ(json.size(), 3U);
  std::vector<std::string> keys;
  for (const auto& [key, value] : json[0].items()) keys.push_back(key);
  EXPECT_EQ(keys, (std::vector<std::string>{"function", "implementation", "isa", "threads", "bytes",
                                            "ns_per_element", "cycles_per_element", "max_ulp"}));
  EXPECT_EQ(json[1]["implementation"], "eigen");
  EXPECT_EQ(json[1]["cycles_per_element"], 4.0);
}

TEST(ActivationReport, AnErrorThatIsNoNumberIsNullInJson) {
  const ActivationRow lost = row("eigen", "avx2", 1, std::numeric_limits<double>::infinity());
  EXPECT_TRUE(nlohmann::json::parse(activation_json({&lost, 1}))[0]["max_ulp"].is_null());
}

TEST(ActivationReport, TableIsSortedAndFitsATerminal) {
  const std::string table = activation_table(result_with(row("sleef-u10", "avx512", 150, 6.5e6)));
  EXPECT_NE(table.find("tanh, 256 KiB, 1 thread"), std::string::npos);
  EXPECT_LT(table.find("\nmemcpy"), table.find("\nunroll"));
  EXPECT_LT(table.find("\nunroll"), table.find("\nstd"));
  EXPECT_LT(table.find("\nstd"), table.find("\nsleef-u10"));
  EXPECT_NE(table.find("6.5e+06"), std::string::npos);
  EXPECT_NE(table.find("60.0 (59.4-60.6)"), std::string::npos);
  for (std::size_t begin = 0, end = 0; begin < table.size(); begin = end + 1) {
    end = table.find('\n', begin);
    EXPECT_LE(end - begin, 80U) << table.substr(begin, end - begin);
  }
}

TEST(ActivationReport, NamesWhoIsFasterAndAsExact) {
  const auto found = [](double ns, double ulp) {
    return faster_and_as_exact(result_with(row("eigen", "avx512", ns, ulp)).rows);
  };
  EXPECT_TRUE(found(0.25, 1.1).empty());
  EXPECT_TRUE(found(0.2, 1.2).empty());    // faster
  EXPECT_TRUE(found(0.3, 1.0).empty());    // as exact
  EXPECT_TRUE(found(0.245, 1.1).empty());  // faster, but not surely
  ASSERT_EQ(found(0.2, 1.1).size(), 1U);
  EXPECT_NE(found(0.2, 1.1)[0].find("eigen avx512 takes 0.80 (0.79-0.81)"), std::string::npos);
  EXPECT_EQ(faster_and_as_exact(result_with(row("eigen", "scalar", 0.2, 1.1)).rows).size(), 1U);
  const std::string table = activation_table(result_with(row("eigen", "avx512", 0.2, 1.1)));
  EXPECT_NE(table.find("faster, as accurate: tanh"), std::string::npos);
}

TEST(ActivationReport, KeepsTheRacesApart) {
  ActivationRaceResult result = result_with(row("eigen", "avx512", 0.2, 1.1));
  result.rows.push_back(result.rows[3]);
  ASSERT_EQ(races_of(result.rows).size(), 2U);
  EXPECT_EQ(races_of(result.rows)[0].size(), 4U);
  EXPECT_EQ(races_of(result.rows)[1].size(), 1U);
}

}  // namespace
}  // namespace unroll
