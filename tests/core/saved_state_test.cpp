#include "unroll/core/saved_state.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "tests/support/temp_folder.h"
#include "unroll/core/error.h"
#include "unroll/core/file.h"

namespace unroll {
namespace {

/// Somebody's state.
struct Things {
  std::uint64_t steps = 0;
  bool taken = false;
  double loss = 0;
  std::vector<double> losses = {};
  std::string name = {};
  Tensor<float> m{{2, 3}};
  Tensor<double> average{{2}};

  void list(SavedState& state) {
    state.add("steps", steps);
    state.add("taken", taken);
    state.add("loss", loss);
    state.add("losses", losses);
    state.add("name", name);
    state.add("m", m);
    state.add("average", average);
  }
};

struct SavedStateTest : testing::Test {
  void write(Things& things) {
    SavedState state;
    things.list(state);
    state.write(path);
  }
  void read(Things& things) {
    SavedState state = SavedState::open(path);
    things.list(state);
    state.read_tensors();
  }
  /// What reading the file says.
  std::string complaint(Things& things) {
    try {
      read(things);
    } catch (const ModelError& error) {
      return error.what();
    }
    return "";
  }

  TempFolder folder;
  std::filesystem::path path = folder.file("last.ckpt");
};

TEST_F(SavedStateTest, GivesBackTheBitsOfWhatWasListed) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  Things things{.steps = ~std::uint64_t{0},
                .taken = true,
                .loss = 0.1 + 0.2,
                .losses = {1e-320, -0.0, kInfinity, -kInfinity, 1.0 / 3},
                .name = "blank, \"quotes\"\nand 词"};
  things.m[4] = 0.1F;
  things.average[1] = -1.0 / 3;
  write(things);
  Things found;
  read(found);
  EXPECT_EQ(found.steps, things.steps);
  EXPECT_EQ(found.taken, things.taken);
  EXPECT_EQ(std::bit_cast<std::uint64_t>(found.loss), std::bit_cast<std::uint64_t>(things.loss));
  ASSERT_EQ(found.losses.size(), things.losses.size());
  for (std::size_t k = 0; k < found.losses.size(); ++k) {
    EXPECT_EQ(std::bit_cast<std::uint64_t>(found.losses[k]),
              std::bit_cast<std::uint64_t>(things.losses[k]));
  }
  EXPECT_EQ(found.name, things.name);
  EXPECT_EQ(found.m[4], 0.1F);
  EXPECT_EQ(found.average[1], -1.0 / 3);
}

TEST_F(SavedStateTest, KeepsListsThatAreEmpty) {
  Things things;
  write(things);
  Things found{.losses = {1, 2}};
  read(found);
  EXPECT_TRUE(found.losses.empty());
  EXPECT_EQ(found.name, "");
}

TEST_F(SavedStateTest, BelievesNothingOfADamagedFile) {
  Things things;
  write(things);
  std::string bytes = read_file(path);
  bytes.back() ^= 1;
  folder.write("last.ckpt", bytes);
  EXPECT_THROW(SavedState::open(path), ModelError);
  bytes.back() ^= 1;
  folder.write("last.ckpt", bytes.substr(0, bytes.size() - 4));
  EXPECT_THROW(SavedState::open(path), ModelError);
}

TEST_F(SavedStateTest, NamesWhatDoesNotFit) {
  Things things;
  write(things);
  Things other{.m = Tensor<float>({3, 3})};
  EXPECT_NE(complaint(other).find("tensor m has the shape 2×3, expected 3×3"), std::string::npos)
      << complaint(other);
  SavedState state = SavedState::open(path);
  double loss = 0;
  EXPECT_THROW(state.add("missing", loss), ModelError);
  EXPECT_THROW(state.add("name", loss), ModelError);
  EXPECT_FALSE(state.has("missing"));
  EXPECT_TRUE(state.has("loss"));
}

}  // namespace
}  // namespace unroll
