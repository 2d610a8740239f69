#include "bench/conditions.h"

#include <gtest/gtest.h>

#include <string>

namespace unroll::bench {
namespace {

TEST(Conditions, NameThePeersAndWhoWasNotTimed) {
  const std::string text = conditions(
      {.races = {.disagreeing = {"onednn, lstm train: 0.3 off"}, .clock = 3.5, .undisturbed = 0.97},
       .versions = {"oneDNN 2.6.3", "PyTorch 2.13.0"},
       .command = "bench/compare-cells.sh"});
  EXPECT_NE(text.find(" at 3.50 GHz, "), std::string::npos) << text;
  EXPECT_NE(text.find("in the worst race: 97 %.\n"), std::string::npos) << text;
  EXPECT_NE(text.find("- Peers: oneDNN 2.6.3, PyTorch 2.13.0.\n"), std::string::npos) << text;
  EXPECT_NE(text.find("- Not timed: onednn, lstm train: 0.3 off.\n"), std::string::npos) << text;
  EXPECT_TRUE(text.ends_with("\n```\nbench/compare-cells.sh\n```\n\n")) << text;
}

TEST(Conditions, GiveTheCommandWithItsFlags) {
  char program[] = "cells", flag[] = "--threads", value[] = "1";
  char* arguments[] = {program, flag, value};
  EXPECT_EQ(command_line("cells", 3, arguments), "bench/compare-cells.sh --threads 1");
  EXPECT_EQ(command_line("cells", 1, arguments), "bench/compare-cells.sh");
}

TEST(Conditions, HaveASectionForEachKindOfCpu) {
  EXPECT_TRUE(section_name("cells").starts_with("cells:family-"));
}

}  // namespace
}  // namespace unroll::bench
