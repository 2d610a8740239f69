#include "unroll/text/token_places.h"

#include <algorithm>
#include <string>

#include "unroll/text/folding.h"
#include "unroll/text/grapheme_breaker.h"
#include "unroll/text/subwords.h"
#include "unroll/text/unicode.h"
#include "unroll/text/utf8.h"

namespace unroll {

namespace {

/// A text character by character as the tokenizer folds it, without white space, in which tokens
/// are found one after the other.
class FoldedText {
 public:
  FoldedText(std::string_view text, const TokenizerSettings& settings) {
    std::vector<std::string_view> characters;
    GraphemeBreaker()(text, characters);
    for (const std::string_view character : characters) {
      const auto begin = static_cast<std::size_t>(character.data() - text.data());
      add(folded(character, settings), {begin, begin + character.size()});
    }
  }

  /// Where the next token is. What the tokenizer has dropped before it is skipped.
  Range next(std::string_view token) {
    constexpr std::size_t kMostDropped = 64;  // bytes; the token's like may come later again
    if (token.starts_with(kWordMark)) token.remove_prefix(kWordMark.size());
    const std::size_t found = bytes_.find(token, at_);
    if (token.empty() || found == std::string::npos || found > at_ + kMostDropped) return {};
    at_ = found + token.size();
    const Range place{std::max(places_[found].begin, end_), places_[at_ - 1].end};
    if (place.end <= place.begin) return {};  // two tokens of one character
    end_ = place.end;
    return place;
  }

 private:
  static std::string folded(std::string_view character, const TokenizerSettings& settings) {
    const bool folds_pieces =
        settings.kind != TokenizerKind::kSpace && settings.kind != TokenizerKind::kSubword;
    if (settings.fold && folds_pieces && settings.rules >= kWholeCharacters &&
        is_joined_emoji(character)) {
      return without_variation_selectors(character);
    }
    return fold(character, settings.folding());
  }

  void add(std::string_view letters, Range place) {
    for_each_character(letters, [&](std::string_view letter) {
      std::size_t size = 0;
      if (is_white_space(next_character(letter, size).value_or(U' '))) return;
      bytes_ += letter;
      places_.resize(bytes_.size(), place);
    });
  }

  std::string bytes_;
  std::vector<Range> places_;  // of each byte, its character in the text
  std::size_t at_ = 0;         // in bytes_, behind the last token
  std::size_t end_ = 0;        // of the last token in the text
};

}  // namespace

std::vector<Range> place_tokens(std::string_view text, const EncoderSettings& settings) {
  std::vector<Range> places;
  FoldedText folded(text, settings.tokenizer);
  for (const std::string& token : Tokenizer(settings.tokenizer)(text)) {
    const Range place = folded.next(token);
    if (!settings.stop_words.contains(token)) places.push_back(place);
  }
  return places;
}

}  // namespace unroll
