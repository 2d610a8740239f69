// Damage of every kind to a valid model gives a ModelError: never another error, never a success.
#include <gtest/gtest.h>

#include "tests/core/model_bytes.h"
#include "unroll/core/random.h"

namespace unroll {
namespace {

constexpr int kTrials = 1000;

class DamagedModel : public testing::Test {
 protected:
  static void expect_refused(const std::string& bytes, const std::string& damage) {
    const std::string message = outcome(bytes);
    // Each of the messages of a damaged model says what to do.
    EXPECT_NE(message.find("copy it again or train again"), std::string::npos)
        << damage << " gave: " << message;
  }

  void expect_flip_refused(std::size_t bit) const {
    std::string bytes = model_;
    bytes[bit / 8] =
        static_cast<char>(static_cast<unsigned char>(bytes[bit / 8]) ^ (1U << bit % 8));
    expect_refused(bytes, "flipping bit " + std::to_string(bit));
  }

  std::size_t any_size() { return random_.below(model_.size()); }

  const std::string model_ = small_model();
  Random random_{1, "safetensors_damage_test"};
};

TEST_F(DamagedModel, IsReadBeforeItIsDamaged) {
  EXPECT_EQ(outcome(model_), kSuccess);
}

TEST_F(DamagedModel, IsRefusedForAnyFlippedBitOfLengthPrefixOrDigits) {
  for (std::size_t bit = 0; bit < 8 * (kDigitsOffset + kDigitCount); ++bit)
    expect_flip_refused(bit);
}

TEST_F(DamagedModel, IsRefusedForFlippedBitsAnywhere) {
  for (int trial = 0; trial < kTrials; ++trial)
    expect_flip_refused(random_.below(8 * model_.size()));
}

TEST_F(DamagedModel, IsRefusedForEveryTruncation) {
  for (std::size_t size = 0; size < model_.size(); ++size) {
    expect_refused(model_.substr(0, size), "cutting after " + std::to_string(size));
  }
}

TEST_F(DamagedModel, IsRefusedForExtensions) {
  for (int trial = 0; trial < kTrials; ++trial) {
    std::string extra(1 + random_.below(100), '\0');
    if (trial % 2 == 1) {
      for (char& c : extra) c = static_cast<char>(random_.bits());
    }
    expect_refused(model_ + extra, "adding " + std::to_string(extra.size()) + " bytes");
  }
}

TEST_F(DamagedModel, IsRefusedForBytesThatAreMissingOrDoubledInside) {
  for (int trial = 0; trial < kTrials; ++trial) {
    const std::size_t at = any_size();
    std::string bytes = model_;
    if (trial % 2 == 0) {
      bytes.erase(at, 1 + random_.below(16));
    } else {
      bytes.insert(at, 1, bytes[at]);
    }
    expect_refused(bytes, "changing the length at " + std::to_string(at));
  }
}

TEST_F(DamagedModel, IsRefusedForABlockOfZeros) {
  // What a crash leaves of a file that was not synced.
  for (std::size_t at = 0; at + 16 <= model_.size(); at += 16) {
    std::string bytes = model_;
    bytes.replace(at, 16, 16, '\0');
    if (bytes != model_) expect_refused(bytes, "zeros at " + std::to_string(at));
  }
}

TEST_F(DamagedModel, IsRefusedForDigitsOfAnotherModel) {
  std::string bytes = model_;
  bytes.replace(kDigitsOffset, kDigitCount, kDigitCount, '0');
  expect_refused(bytes, "digits of zeros");
}

TEST_F(DamagedModel, IsAModelErrorEvenWhereTheChecksumIsIgnored) {
  for (int trial = 0; trial < kTrials; ++trial) {
    std::string bytes = model_;
    // The header is what can be misread; a flip there may also go unnoticed without the checksum.
    const std::size_t at = random_.below(model_.size() / 2);
    bytes[at] = static_cast<char>(random_.bits());
    const std::string message = outcome(bytes, Checksum::kIgnored);
    EXPECT_EQ(message.find("NOT A MODEL ERROR"), std::string::npos) << at << ": " << message;
  }
}

}  // namespace
}  // namespace unroll
