#include "unroll/text/subwords.h"

#include <fmt/format.h>

#include <algorithm>

#include "unroll/core/error.h"
#include "unroll/text/unicode.h"
#include "unroll/text/utf8.h"

namespace unroll {

namespace {

/// How much less probable than the rarest piece an unknown character is: SentencePiece's value.
constexpr double kUnknownPenalty = 10;

bool begins_unspaced(std::string_view word) {
  std::size_t offset = 0;
  const auto first = next_character(word, offset);
  return first && is_unspaced_letter(*first);
}

}  // namespace

std::vector<std::string> marked_words(std::string_view text) {
  std::vector<std::string> words;
  append_words(text, words);
  for (std::string& word : words) {
    if (!begins_unspaced(word)) word.insert(0, kWordMark);
  }
  return words;
}

Subwords::Subwords(std::vector<Piece> pieces) : pieces_(std::move(pieces)) {
  for (const Piece& piece : pieces_) {
    const bool is_text = !piece.text.empty() && !invalid_utf8(piece.text);
    const std::u32string characters = is_text ? to_utf32(piece.text) : U"";
    if (!is_text || trie_.weight(characters) != WordTrie::kNoWord) {
      throw ModelError(fmt::format("text encoder: the subword {} is empty, repeated or not UTF-8",
                                   in_quotes(piece.text)));
    }
    trie_.set(characters, piece.score);
    unknown_score_ = std::min(unknown_score_, piece.score - kUnknownPenalty);
  }
}

std::vector<std::string> SubwordCutter::operator()(std::string_view text) {
  std::vector<std::string> pieces;
  for (const std::string& word : marked_words(text)) cut_word(word, pieces);
  return pieces;
}

void SubwordCutter::cut_word(const std::string& word, std::vector<std::string>& pieces) {
  const std::u32string characters = to_utf32(word);
  best_.cut(characters, subwords_.trie(), 0, subwords_.unknown_score(), UnknownCharacter::kAlways);
  std::size_t begin = 0, byte = 0;  // of a piece, in characters and in bytes
  while (begin < characters.size()) {
    const std::size_t end = best_.end_of(begin);
    std::size_t byte_end = byte;
    for (std::size_t k = begin; k < end; ++k) next_character(word, byte_end);
    pieces.push_back(word.substr(byte, byte_end - byte));
    begin = end;
    byte = byte_end;
  }
}

}  // namespace unroll
