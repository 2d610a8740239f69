#include "bench/cell_shapes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "unroll/core/error.h"

namespace unroll::bench {
namespace {

const CellGrid kBothCells = {.cells = {Cell::kLstm, Cell::kRnn}};

std::set<std::string> names_of(const std::vector<CellCase>& cases) {
  std::set<std::string> names;
  for (const CellCase& at : cases) names.insert(to_string(at));
  return names;
}

TEST(CellShapes, OfDeepBenchAreItsProblems) {
  const auto cases = named_shapes("deepbench", kBothCells);
  const std::set<std::string> names = names_of(cases);
  EXPECT_EQ(names.size(), cases.size());  // none twice
  EXPECT_EQ(cases.size(), 15 + 18 + 2 + 12);
  EXPECT_TRUE(names.contains("lstm train, T 25, B 128, I 2048, H 2048"));
  EXPECT_TRUE(names.contains("lstm forward, T 150, B 1, I 256, H 256"));
  EXPECT_TRUE(names.contains("rnn (relu) train, T 50, B 16, I 1760, H 1760"));
  EXPECT_TRUE(names.contains("rnn (relu) forward, T 672, B 1, I 32, H 32"));
}

TEST(CellShapes, OfAppleyardAreOneLayer) {
  EXPECT_EQ(names_of(named_shapes("appleyard", kBothCells)),
            (std::set<std::string>{"lstm forward, T 100, B 64, I 512, H 512",
                                   "lstm train, T 100, B 64, I 512, H 512"}));
}

TEST(CellShapes, OfTheGridAreAllOfIt) {
  const auto cases = named_shapes("grid", kBothCells);
  EXPECT_EQ(names_of(cases).size(), 4 * 315);
  EXPECT_TRUE(names_of(cases).contains("rnn train, T 200, B 128, I 1024, H 1024"));
}

TEST(CellShapes, AreOfTheChosenCellsAndPassesOnly) {
  for (std::string_view name : kShapeNames) {
    const auto cases = named_shapes(name, {.cells = {Cell::kLstm}, .passes = {CellPass::kForward}});
    EXPECT_FALSE(cases.empty()) << name;
    EXPECT_TRUE(std::ranges::all_of(cases, [](const CellCase& at) {
      return at.cell == Cell::kLstm && at.pass == CellPass::kForward;
    })) << name;
  }
}

TEST(CellShapes, OfOneCellAndPassStandTogether) {
  for (std::string_view name : kShapeNames) {
    std::set<std::string> done;
    std::string last;
    for (const CellCase& at : named_shapes(name, kBothCells)) {
      const std::string layer = layer_text(at);
      if (layer != last) {
        EXPECT_TRUE(done.insert(layer).second) << name << ": " << layer;
      }
      last = layer;
    }
  }
}

TEST(CellShapes, OfAnotherNameOrNoneAreAnError) {
  EXPECT_THROW(named_shapes("deep", kBothCells), UsageError);
  EXPECT_THROW(named_shapes("appleyard", {.cells = {Cell::kRnn}}), UsageError);
}

}  // namespace
}  // namespace unroll::bench
