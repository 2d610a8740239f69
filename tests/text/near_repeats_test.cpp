#include "unroll/text/near_repeats.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unroll/core/parallel.h"
#include "unroll/core/random.h"

namespace unroll {
namespace {

std::vector<NearTwin> twins_of(const std::vector<std::string>& texts,
                               std::vector<std::uint32_t> files = {}) {
  files.resize(texts.size());
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  return near_twins(views, files);
}

using Twins = std::vector<NearTwin>;

/// `words` random words.
std::string random_text(std::size_t words, Random& random) {
  std::string text;
  for (std::size_t k = 0; k < words; ++k) {
    text += 'w';
    text += std::to_string(random.below(5000));
    text += ' ';
  }
  return text;
}

bool are_alike(const std::string& one, const std::string& other) {
  return twins_of({one, other}) == Twins{{1, 0, true}};
}

TEST(NearRepeats, AreAlikeWithoutCaseMarksAndWidth) {
  EXPECT_TRUE(are_alike("The  film -- GREAT!!", "the film great"));
  EXPECT_TRUE(are_alike("Ｔｈｅ 好，片。", "the好片"));
  EXPECT_TRUE(are_alike("?!", "?!"));
  EXPECT_FALSE(are_alike("?!", "!!")) << "a text of marks alone is what it is";
  EXPECT_FALSE(are_alike("👍 ok", "ok")) << "an emoji says something";
  EXPECT_FALSE(are_alike("abc", "abd"));
}

TEST(NearRepeats, ShareFourInFiveOfTheirFourCharacterPieces) {
  EXPECT_EQ(twins_of({"abcdefghijkl", "abcdefghijkm"}), (Twins{{1, 0, false}})) << "8 of 10";
  EXPECT_EQ(twins_of({"abcdefghijk", "abcdefghijm"}), Twins()) << "7 of 9";
  EXPECT_EQ(twins_of({"这家酒店房间很干净又大", "这家酒店房间很干净又天"}), Twins())
      << "7 of 9 characters' pieces, though nearly all bytes are equal";
}

TEST(NearRepeats, FindAlikeTextsAndTheFirstOfThem) {
  EXPECT_EQ(twins_of({"Good film.", "bad film", "good film", "GOOD FILM!!"}),
            (Twins{{2, 0, true}, {3, 0, true}}));
}

TEST(NearRepeats, FindATwinInEachFile) {
  EXPECT_EQ(twins_of({"good film", "good film", "Good film", "good film"}, {0, 1, 1, 2}),
            (Twins{{1, 0, true}, {2, 0, true}, {2, 1, true}, {3, 0, true}, {3, 1, true}}));
}

TEST(NearRepeats, FindTextsThatDifferInAWord) {
  Random random(3, "near");
  std::vector<std::string> texts;
  for (int k = 0; k < 300; ++k) texts.push_back(random_text(40, random));
  for (std::size_t k = 0; k < 300; ++k) texts.push_back(texts[k] + "and so on");
  const Twins twins = twins_of(texts);
  ASSERT_EQ(twins.size(), 300u);
  for (std::size_t k = 0; k < 300; ++k) {
    EXPECT_EQ(twins[k].text, 300 + k);
    EXPECT_EQ(twins[k].twin, k);
    EXPECT_FALSE(twins[k].alike);
  }
}

TEST(NearRepeats, LeaveTextsAloneThatShareHalf) {
  Random random(4, "near");
  std::vector<std::string> texts;
  const std::string half = random_text(30, random);
  for (int k = 0; k < 100; ++k) texts.push_back(half + random_text(30, random));
  EXPECT_TRUE(twins_of(texts).empty());
}

TEST(NearRepeats, AreTheSameForAnyNumberOfThreads) {
  Random random(5, "near");
  std::vector<std::string> texts;
  for (int k = 0; k < 1000; ++k) texts.push_back(random_text(1 + random.below(6), random));
  set_thread_count(1);
  const Twins one = twins_of(texts);
  set_thread_count(3);
  EXPECT_EQ(twins_of(texts), one);
  set_thread_count(1);
  EXPECT_FALSE(one.empty());
}

}  // namespace
}  // namespace unroll
