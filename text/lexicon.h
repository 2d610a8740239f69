/// Lexicon: the different tokens of a corpus, numbered as they come, with their counts.
///
/// A vocabulary is known only after the last text. Until then a text is the numbers of its tokens,
/// four bytes each: neither its bytes nor its tokens need be kept, and it is split only once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "unroll/text/encoder.h"

namespace unroll {

class Lexicon {
 public:
  /// The numbers of these tokens of one text, which are counted.
  std::vector<std::int32_t> add(std::span<const std::string> tokens);

  /// How many different tokens there are.
  std::size_t size() const noexcept { return tokens_.size(); }

  /// Counts for a Vocabulary. A word rarer than `min_count` in a script without spaces (Han, kana,
  /// Thai …), by the rules of `settings`, counts as its characters: that is what an encoder makes
  /// of a word that the vocabulary lacks.
  std::unordered_map<std::string, std::uint64_t> counts(std::uint64_t min_count,
                                                        const TokenizerSettings& settings) const;

  /// The encoder's ids of each token, to look up texts by their numbers. It outlives the lexicon.
  class Ids {
   public:
    Ids(const Lexicon& lexicon, const TextEncoder& encoder);
    /// Numbers of a text become its ids, those that `encoder.encode` gives.
    void encode(std::vector<std::int32_t>& numbers) const;

   private:
    std::size_t max_tokens_;
    std::vector<std::int32_t> ids_;  // of all tokens, one after the other
    std::vector<std::size_t> ends_;  // where those of each token end
  };

 private:
  struct Token {
    std::int32_t number;
    std::uint64_t count;
  };
  std::unordered_map<std::string, Token> tokens_;
};

/// The encoder whose vocabulary is that of these texts.
TextEncoder encoder_of(std::span<const std::string_view> texts, const EncoderSettings& settings,
                       const Vocabulary::Limits& limits);

}  // namespace unroll
