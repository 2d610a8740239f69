/// TextEncoder: the whole way from a text to ids, as one value that travels inside the model file.
#pragma once

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
  std::size_t max_tokens = 400;  ///< longer texts are cut, after stop words are dropped
};

/// The tokens of one text: normalized, split, without stop words, cut.
struct TokenizedText {
  std::vector<std::string> tokens;
  bool cut = false;
};

/// All texts, on all threads; same result for any number of them.
std::vector<TokenizedText> tokenize(std::span<const std::string_view> texts,
                                    const EncoderSettings& settings);

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
  void encode(const TokenizedText& text, std::vector<std::int32_t>& ids) const;
  /// The tokens of one text, by a tokenizer of this encoder's settings that the calling thread
  /// keeps.
  TokenizedText tokenize(std::string_view text, Tokenizer& tokenizer) const;
  /// Tokenizes and encodes one text into `ids`, with a tokenizer of this encoder's settings that
  /// the calling thread keeps.
  void encode(std::string_view text, Tokenizer& tokenizer, std::vector<std::int32_t>& ids) const;
  /// tokenize and encode; safe to call from several threads.
  std::vector<std::vector<std::int32_t>> encode(std::span<const std::string_view> texts) const;
  /// The ids of one token: several if it is a word that becomes its characters.
  void append_ids(std::string_view token, std::vector<std::int32_t>& ids) const;

  /// One JSON object:
  ///     {"version": 2, "tokenizer": {"kind": "icu", "fold": true, "rules": 2},
  ///      "stop_words": ["的", …], "max_tokens": 400, "vocabulary": [["<unk>", 27], ["好", 12], …]}
  /// with the stop words in rising order of their bytes and the vocabulary in the order of its ids.
  /// An encoder of rules 1 is written as the first programs did: version 1, without "rules".
  std::string to_json() const;
  /// Throws ModelError for anything to_json would not write.
  static TextEncoder from_json(std::string_view json);

 private:
  EncoderSettings settings_;
  Vocabulary vocabulary_;
};

}  // namespace unroll
