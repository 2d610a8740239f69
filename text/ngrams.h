/// N-grams: what a text says in a few words or letters next to each other. A classifier that only
/// counts them is hard to beat on short texts, and knows what a recurrent network does not: the
/// rare phrase, the stem of an unknown word.
///
/// The n-grams of a text are
///   - 1 .. `words` tokens in a row;
///   - in each word of two letters or more, `least_letters` .. `most_letters` letters in a row,
///     where the word's beginning and end count as a letter each: "<so", "oon>";
///   - in tokens of scripts without spaces, up to `unspaced` letters in a row, across tokens: a
///     tokenizer may cut 不满意 in one text and leave it whole in another.
///
/// An n-gram is known by a hash of 32 bits, its key. Of a million n-grams a few hundred pairs share
/// one, which no accuracy shows, and nobody need keep a million strings. The highest bit of a key
/// tells letters from words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/core/range.h"

namespace unroll {

struct NgramSettings {
  std::size_t words = 3;
  std::size_t least_letters = 3;
  std::size_t most_letters = 5;  ///< 0: none
  std::size_t unspaced = 3;
  /// The n-grams of a text are those of its first so many tokens; 0: of all. The first classifiers
  /// with n-grams counted as many tokens as their networks read.
  std::size_t most_tokens = 0;
  bool operator==(const NgramSettings&) const = default;
};

/// Keys from here on are those of letters.
inline constexpr std::uint32_t kLetterKeys = std::uint32_t{1} << 31;

/// The different n-grams of one text and their counts, in the order in which they first come, words
/// before letters. It keeps its memory from one text to the next. One per thread.
class NgramCounter {
 public:
  /// Letters in a row: their bytes, and for each where it ends and which token has it.
  struct Letters {
    std::string bytes;
    std::vector<std::size_t> ends;
    std::vector<std::size_t> tokens;
  };

  explicit NgramCounter(const NgramSettings& settings) : settings_(settings) {}

  /// `tokens`: of valid UTF-8.
  void count(std::span<const std::string> tokens);

  std::span<const std::uint32_t> keys() const noexcept { return keys_; }
  std::span<const std::uint8_t> counts() const noexcept { return counts_; }

 private:
  void clear();
  void add(std::uint32_t key);
  void grow();
  std::size_t slot_of(std::uint32_t key) const noexcept;

  NgramSettings settings_;
  std::vector<std::uint32_t> keys_;
  std::vector<std::uint8_t> counts_;
  std::vector<std::uint32_t> slots_;  // by key: 1 + place in keys_, or 0
  Letters letters_;
};

/// An n-gram at one place of a text.
struct NgramPlace {
  std::uint32_t key = 0;
  Range tokens;  ///< those that it touches
  std::string
      text;  ///< tokens with blanks between them; or ~letters~, where < and > are a word's ends
};

/// All n-grams of a text, each as often as it comes, in the counter's order.
std::vector<NgramPlace> place_ngrams(std::span<const std::string> tokens,
                                     const NgramSettings& settings);

}  // namespace unroll
