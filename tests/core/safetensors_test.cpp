#include "unroll/core/safetensors.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>
#include <vector>

#include "tests/core/model_bytes.h"
#include "tests/support/temp_folder.h"
#include "unroll/core/error.h"
#include "unroll/core/file.h"
#include "unroll/core/random.h"

namespace unroll {
namespace {

using Metadata = std::map<std::string, std::string>;

template <typename Real>
class SafetensorsOf : public testing::Test {
 protected:
  /// Random numbers, and the values that a careless copy would lose.
  Tensor<Real> sample(const Shape& shape) {
    using Limits = std::numeric_limits<Real>;
    const std::vector<Real> special{-Real{0}, Limits::infinity(), Limits::denorm_min(),
                                    Limits::max(), Limits::quiet_NaN()};
    Tensor<Real> tensor(shape);
    for (Real& value : tensor.values()) value = static_cast<Real>(random_.normal());
    std::copy_n(special.begin(), std::min(special.size(), tensor.size()), tensor.data());
    return tensor;
  }

  static void expect_same(const AnyTensor& any, const Tensor<Real>& expected) {
    using Bits = std::conditional_t<sizeof(Real) == 4, std::uint32_t, std::uint64_t>;
    const Tensor<Real>& found = std::get<Tensor<Real>>(any);
    ASSERT_EQ(found.shape(), expected.shape());
    for (std::size_t i = 0; i < found.size(); ++i) {
      EXPECT_EQ(std::bit_cast<Bits>(found[i]), std::bit_cast<Bits>(expected[i])) << i;
    }
  }

  TempFolder folder_;
  Random random_{1, "safetensors_test"};
};
using Reals = testing::Types<float, double>;
TYPED_TEST_SUITE(SafetensorsOf, Reals);

TYPED_TEST(SafetensorsOf, ComeBackBitForBit) {
  std::map<std::string, Tensor<TypeParam>> tensors;
  for (const Shape& shape : {Shape{1}, Shape{7}, Shape{3, 5}, Shape{2, 3, 4}, Shape{2, 1, 3, 5},
                             Shape{0, 4}, Shape{64, 64}}) {
    tensors.emplace("tensor " + to_string(shape), this->sample(shape));
  }
  TensorsByName<TypeParam> borrowed;
  for (const auto& [name, tensor] : tensors) borrowed.emplace(name, &tensor);
  const Metadata metadata{{"unroll.format", "1"}, {"", "empty"}, {"循环", "\"\\\n\t\x01 字"}};

  write_safetensors<TypeParam>(this->folder_.file("model"), metadata, borrowed);
  const Safetensors found = read_safetensors(this->folder_.file("model"));
  EXPECT_EQ(found.metadata, metadata);
  ASSERT_EQ(found.tensors.size(), tensors.size());
  for (const auto& [name, tensor] : tensors) this->expect_same(found.tensors.at(name), tensor);
}

TYPED_TEST(SafetensorsOf, BeginTheirDataAlignedToACacheLine) {
  Tensor<TypeParam> tensor({1});
  tensor.fill(1);
  for (std::size_t length = 1; length <= 64; ++length) {
    const auto path = this->folder_.file("model");
    write_safetensors<TypeParam>(path, {}, {{std::string(length, 'n'), &tensor}});
    EXPECT_EQ((read_file(path).size() - sizeof(TypeParam)) % kAlignment, 0U) << length;
    EXPECT_EQ(read_safetensors(path).tensors.size(), 1U);
  }
}

TEST(Safetensors, MayHoldNothing) {
  const TempFolder folder;
  write_safetensors<float>(folder.file("model"), {}, {});
  const Safetensors found = read_safetensors(folder.file("model"));
  EXPECT_TRUE(found.metadata.empty());
  EXPECT_TRUE(found.tensors.empty());
}

TEST(Safetensors, BeginWithTheChecksumAtAFixedPlace) {
  const std::string bytes = small_model();
  EXPECT_EQ(bytes.substr(8, kModelPrefix.size()), kModelPrefix);
  const std::string digits = bytes.substr(kDigitsOffset, kDigitCount);
  EXPECT_EQ(digits.find_first_not_of("0123456789abcdef"), std::string::npos) << digits;
}

TEST(Safetensors, AreTheSameBytesForTheSameContent) {
  EXPECT_EQ(small_model(), small_model());
}

TEST(Safetensors, HaveAChecksumThatIsKnownBeforeTheyAreWritten) {
  Tensor<float> U({2, 3});
  U.fill(0.5F);
  const TempFolder folder;
  write_safetensors<float>(folder.file("model"), {{"words", "a"}}, {{"U", &U}});
  EXPECT_EQ(read_file(folder.file("model")).substr(kDigitsOffset, kDigitCount),
            safetensors_checksum({{"words", "a"}}, {{"U", U}}));
}

TEST(Safetensors, OfTheFirstVersionAreStillReadAndWrittenTheSame) {
  const std::string path = UNROLL_TEST_DATA "/core/first_version.safetensors";
  EXPECT_EQ(read_file(path), small_model());
  const Safetensors model = read_safetensors(path);
  EXPECT_EQ(model.metadata.at("words"), "循环 \"a\"");
  const auto& U = std::get<Tensor<float>>(model.tensors.at("rnn.0.forward.U"));
  EXPECT_EQ(U.shape(), (Shape{4, 3}));
  EXPECT_EQ(U[11], 2.75F);
}

TEST(Safetensors, WrittenByPythonAreReadWithoutAChecksum) {
  const std::string path = UNROLL_TEST_DATA "/golden/lstm_bi_2layers.safetensors";
  const Safetensors golden = read_safetensors(path, Checksum::kIgnored);
  const auto& lengths = std::get<Tensor<double>>(golden.tensors.at("lengths"));
  const std::vector<double> expected{5, 4, 4, 2, 1};
  EXPECT_TRUE(std::ranges::equal(lengths.values(), expected));
  const auto& U = std::get<Tensor<double>>(golden.tensors.at("lstm.1.backward.U"));
  EXPECT_EQ(U.shape(), (Shape{16, 8}));
  EXPECT_TRUE(golden.metadata.contains("source"));
}

TEST(Safetensors, WrittenByPythonAreForeignWhereAChecksumIsRequired) {
  const std::string path = UNROLL_TEST_DATA "/golden/lstm_bi_2layers.safetensors";
  const std::string message = outcome(read_file(path));
  EXPECT_NE(message.find("the checksum is missing or damaged"), std::string::npos) << message;
}

TEST(Safetensors, MayBeReadWithTheirChecksumIgnored) {
  std::string bytes = small_model();
  bytes[kDigitsOffset] = '?';
  EXPECT_EQ(outcome(bytes, Checksum::kIgnored), kSuccess);
}

TEST(Safetensors, ThatDoNotExistAreAModelErrorWithTheirName) {
  const TempFolder folder;
  try {
    read_safetensors(folder.file("gone.model"));
    FAIL() << "nothing was thrown";
  } catch (const ModelError& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find("gone.model: no such model"), std::string::npos) << message;
    EXPECT_EQ(error.exit_status(), 5);
  }
}

TEST(Safetensors, ThatAreAFolderAreAModelError) {
  const TempFolder folder;
  EXPECT_THROW(read_safetensors(folder.path()), ModelError);
}

/// Opens a small model, changes its file, and reads on.
template <typename Change>
std::string message_after(Change change) {
  const TempFolder folder;
  write_quickly(folder.file("model"), small_model());
  SafetensorsReader file(folder.file("model"));
  change(folder.file("model"));
  try {
    for (const TensorInfo& info : file.tensors()) {
      Tensor<float> tensor(info.shape);
      file.read(tensor);
    }
    file.finish();
  } catch (const ModelError& error) {
    EXPECT_THROW(file.finish(), ModelError) << "who asks again is told again";
    return error.what();
  }
  return "no error";
}

TEST(SafetensorsReader, MeetsNoHarmInAFileThatChangesWhileItIsRead) {
  using Path = std::filesystem::path;
  EXPECT_EQ(message_after([](const Path&) {}), "no error");
  EXPECT_EQ(message_after([](const Path& path) { std::filesystem::remove(path); }), "no error");
  const std::string shorter =
      message_after([](const Path& path) { std::filesystem::resize_file(path, 330); });
  EXPECT_NE(shorter.find("became shorter while it was read"), std::string::npos) << shorter;
  const std::string other = message_after([](const Path& path) {
    std::fstream(path, std::ios::in | std::ios::out | std::ios::binary).seekp(321).put('x');
  });
  EXPECT_NE(other.find("checksum error"), std::string::npos) << other;
  const std::string longer = message_after(
      [](const Path& path) { std::ofstream(path, std::ios::app | std::ios::binary) << "more"; });
  EXPECT_NE(longer.find("checksum error"), std::string::npos) << longer;
}

TEST(SafetensorsReader, ReadsInTheOrderOfTheDataIntoMemoryOfTheCaller) {
  const TempFolder folder;
  write_quickly(folder.file("model"), small_model());
  SafetensorsReader file(folder.file("model"));
  ASSERT_EQ(file.tensors().size(), 2U);
  EXPECT_EQ(file.tensors()[0].name, "rnn.0.forward.U");
  Tensor<float> U({4, 3}), b({3});
  const float* memory = U.data();
  file.read(U);
  EXPECT_EQ(U.data(), memory);
  EXPECT_EQ(U[11], 2.75F);
  EXPECT_THROW(file.read(b), Error) << "its shape is 4";
  EXPECT_EQ(file.take_metadata().at("unroll.format"), "1");
}

TEST(Safetensors, CannotBeWrittenIntoAMissingFolder) {
  const TempFolder folder;
  EXPECT_THROW(write_safetensors<float>(folder.file("no/model"), {}, {}), DiskError);
}

TEST(Safetensors, RefuseNamesThatTheFormatReserves) {
  const TempFolder folder;
  const Tensor<float> tensor({1});
  const auto path = folder.file("model");
  EXPECT_THROW(write_safetensors<float>(path, {{"checksum", "mine"}}, {}), Error);
  EXPECT_THROW(write_safetensors<float>(path, {}, {{"__metadata__", &tensor}}), Error);
}

TEST(Safetensors, RefuseWhatCouldNotBeReadBack) {
  const TempFolder folder;
  const Tensor<float> tensor({1});
  const Tensor<float> shapeless;
  const auto path = folder.file("model");
  EXPECT_THROW(write_safetensors<float>(path, {}, {{"t", &shapeless}}), Error);
  EXPECT_THROW(write_safetensors<float>(path, {}, {{"\xff", &tensor}}), Error);
  EXPECT_THROW(write_safetensors<float>(path, {{"words", "\xc3("}}, {}), Error);
}

}  // namespace
}  // namespace unroll
