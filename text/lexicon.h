/// Lexicon: the different tokens of a corpus, numbered as they come, with their counts.
///
/// A vocabulary is known only after the last text. Until then a text is the numbers of its tokens,
/// four bytes each: neither its bytes nor its tokens need be kept, and it is split only once.
///
/// All threads look up the tokens of a block of texts, while nobody changes the lexicon. Each keeps
/// those that it does not find in a table of its own. Then these tokens, a few of all, are numbered
/// in the order of the parts. So a token has the number that its first place gives it, wherever
/// parts are cut.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "unroll/text/encoder.h"
#include "unroll/text/token_table.h"

namespace unroll {

class Lexicon {
 public:
  /// The numbers of the first `most_tokens` tokens of each text. These tokens are counted.
  std::vector<std::vector<std::int32_t>> add(std::span<const TokenizedText> texts,
                                             std::size_t most_tokens);

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
  void add_parts(std::span<const TokenizedText> texts, std::size_t most_tokens,
                 std::span<std::vector<std::int32_t>> numbers, std::size_t parts);

  TokenTable tokens_;
};

/// The encoder whose vocabulary is that of the counted tokens.
TextEncoder encoder_of(const Lexicon& lexicon, const EncoderSettings& settings,
                       const Vocabulary::Limits& limits);
/// The encoder whose vocabulary is that of these texts.
TextEncoder encoder_of(std::span<const std::string_view> texts, const EncoderSettings& settings,
                       const Vocabulary::Limits& limits);

}  // namespace unroll
