#include "unroll/tools/lab/race/activation_page.h"

#include <gtest/gtest.h>

#include <string>

namespace unroll {
namespace {

ActivationRow row(std::string function, std::string implementation, double cycles, double ulp) {
  ActivationRow made;
  made.function = std::move(function);
  made.implementation = std::move(implementation);
  made.isa = "avx2";
  made.bytes = 8192;
  made.ns_per_element = cycles / 4;
  made.cycles_per_element = cycles;
  made.max_ulp = ulp;
  return made;
}

std::string small_page() {
  ActivationRaceResult result;
  result.rows = {row("tanh", "eigen", 0.9, 4.08), row("tanh", "unroll", 1.0, 1.1),
                 row("tanh", "flush", 2.0, 7e6),  row("copy", "memcpy", 0.3, 0),
                 row("relu", "unroll", 0.3, 0),   row("copy", "memcpy", 0.3, 0),
                 row("copy", "memcpy", 0.3, 0)};
  result.conditions.disagreeing = {"wrong <avx2>, log: 0.1 off"};
  result.conditions.clock = 4;
  return activation_page(result, {"a CPU", "2026-01-02", "unroll bench activations --threads 1"});
}

TEST(ActivationPage, HasAPlaneAndATableForEachRace) {
  const std::string page = small_page();
  for (const char* part :
       {"id=\"tanh-8192-1\"", "id=\"relu-8192-1\"", "s1 mine", ">eigen avx2<", ">unroll avx2<",
        ">flush avx2, 7.0e+06 ulp<", ">unroll avx2, exact<", "a CPU", "2026-01-02", "4.00 GHz",
        "wrong &lt;avx2&gt;", "<span class=\"whole\">--threads 1</span>"}) {
    EXPECT_NE(page.find(part), std::string::npos) << part;
  }
  EXPECT_EQ(page.find("id=\"copy"), std::string::npos);  // nobody but memcpy took part
}

TEST(ActivationPage, IsOneFileThatLoadsNothing) {
  const std::string page = small_page();
  for (const char* loader : {"<script", "http", "src=", "@import", "url("}) {
    EXPECT_EQ(page.find(loader), std::string::npos) << loader;
  }
}

}  // namespace
}  // namespace unroll
