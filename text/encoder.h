/// TextEncoder: the whole way from a text to ids, as one value that travels inside the model file.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "unroll/text/stop_words.h"
#include "unroll/text/tokenizer.h"
#include "unroll/text/vocabulary.h"

namespace unroll {

/// How texts become tokens, before there is a vocabulary.
struct EncoderSettings {
  TokenizerSettings tokenizer;
  StopWords stop_words;
  std::size_t max_tokens = 400;  ///< so many ids a text has at most, without its stop words
};

/// All tokens of one text: normalized, split, without stop words.
struct TokenizedText {
  std::vector<std::string> tokens;

  /// The beginning of a text, which is all of it where it has no more than `most` tokens.
  std::span<const std::string> first(std::size_t most) const noexcept {
    return std::span(tokens).first(std::min(most, tokens.size()));
  }
};

/// All texts, on all threads; same result for any number of them.
std::vector<TokenizedText> tokenize(std::span<const std::string_view> texts,
                                    const EncoderSettings& settings);

/// Bytes of the texts to tokenize together: enough for each thread, and little against the rest of
/// the process even where every character is a token.
std::size_t bytes_at_a_time();

/// Calls body(first, their tokens) for all texts in order, a block of them at a time: only the
/// tokens of one block are held.
template <typename Body>
void for_each_block(std::span<const std::string_view> texts, const EncoderSettings& settings,
                    Body body) {
  for (std::size_t first = 0, end = 0; first < texts.size(); first = end) {
    for (std::size_t bytes = 0; end < texts.size() && bytes < bytes_at_a_time(); ++end)
      bytes += texts[end].size();
    body(first, tokenize(texts.subspan(first, end - first), settings));
  }
}

/// How much of a text a model reads.
struct TokenFigures {
  std::size_t tokens = 0;  ///< 0 for a text without tokens, though it has the unknown word's id
  std::size_t known = 0;   ///< those that the vocabulary has
  bool cut = false;        ///< whether there were more than max_tokens, and its end is not read
};

class TextEncoder {
 public:
  TextEncoder() = default;
  TextEncoder(EncoderSettings settings, Vocabulary vocabulary)
      : settings_(std::move(settings)), vocabulary_(std::move(vocabulary)) {}

  const EncoderSettings& settings() const { return settings_; }
  const Vocabulary& vocabulary() const { return vocabulary_; }

  /// Ids of the tokens. A word that the vocabulary lacks becomes its characters if its script is
  /// written without spaces, otherwise the unknown word: 不满意 is still 不, 满 and 意 to a model
  /// that never saw it. A text without tokens is one unknown word, so no result is empty; none is
  /// longer than max_tokens.
  std::vector<std::int32_t> encode(const TokenizedText& text) const;
  TokenFigures encode(const TokenizedText& text, std::vector<std::int32_t>& ids) const;
  /// The tokens of one text, by a tokenizer of this encoder's settings that the calling thread
  /// keeps.
  TokenizedText tokenize(std::string_view text, Tokenizer& tokenizer) const;
  /// All of them, on all threads.
  std::vector<std::vector<std::int32_t>> encode(std::span<const TokenizedText> texts) const;
  /// tokenize and encode; safe to call from several threads.
  std::vector<std::vector<std::int32_t>> encode(std::span<const std::string_view> texts) const;
  /// Whether the vocabulary has the token, or any of the characters that it becomes.
  bool knows(std::string_view token) const;
  /// The ids of one token: several if it is a word that becomes its characters.
  void append_ids(std::string_view token, std::vector<std::int32_t>& ids) const;

  /// One JSON object:
  ///     {"version": 3, "tokenizer": {"kind": "icu", "fold": true, "rules": 3, "language": ""},
  ///      "stop_words": ["的", …], "max_tokens": 400, "vocabulary": [["<unk>", 27], ["好", 12], …]}
  /// with the stop words in rising order of their bytes and the vocabulary in the order of its ids.
  /// The tokenizer jieba also has a "dictionary" (jieba_dictionary.h), subword has "subwords", a
  /// list of pairs of a piece and its score. An encoder of earlier rules is written as the programs
  /// of its time did: version 2 without "language", version 1 without "rules".
  std::string to_json() const;
  /// Throws ModelError for anything to_json would not write.
  static TextEncoder from_json(std::string_view json);

 private:
  EncoderSettings settings_;
  Vocabulary vocabulary_;
};

}  // namespace unroll
