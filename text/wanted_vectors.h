/// WantedVectors: which words of a file of word vectors are wanted, and where their vectors go.
///
/// The readers of all formats ask it about each word, and give it the vectors of those that it
/// wants. It also counts the odd rows and decides when they are too many.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "unroll/core/error.h"
#include "unroll/text/word_vectors.h"

namespace unroll {

class WantedVectors {
 public:
  WantedVectors(const Vocabulary& vocabulary, const EncoderSettings& settings, std::size_t keep,
                std::size_t dimension);

  /// How well a word of the file fits a token.
  enum class Match : std::uint8_t { kNone, kFolded, kExact };
  /// A word that is wanted.
  struct Want {
    std::size_t place = 0;  ///< below the vocabulary's size an entry, from there on a kept word
    Match match = Match::kNone;
    std::string token;  ///< of a kept word that is new
  };

  /// Counts a row. Nothing if its word has no name or nobody wants it.
  std::optional<Want> find(std::string_view word);
  /// Counts a row whose word is not UTF-8: no text has it.
  void skip_nameless() noexcept {
    ++result_.rows;
    ++result_.nameless;
  }
  /// The row that `find` wanted can be read: where its vector goes.
  std::span<float> accept(const Want& want);
  /// Counts a row that can't be read; `counted`: `find` has counted it. Throws DataError if there
  /// are too many.
  void refuse(const Place& place, const std::string& why, bool counted);

  /// Where the vector of a place goes.
  std::span<float> vector(std::size_t place);
  Match match(std::size_t place) const { return matches_[place]; }
  /// Entries and kept words.
  std::size_t places() const noexcept { return matches_.size(); }
  /// The place's vector came from subwords.
  void compose(std::size_t place);

  std::size_t dimension() const noexcept { return result_.dimension; }
  const Vocabulary& vocabulary() const noexcept { return vocabulary_; }
  /// Notes what reading takes besides the vectors.
  void count_scratch(std::size_t bytes) noexcept { result_.scratch_bytes = bytes; }
  /// The vectors. Throws DataError if there were no rows, or too many broken ones.
  WordVectors take(const std::string& file, std::size_t promised);

 private:
  std::optional<std::size_t> entry(std::string_view token) const;
  std::string token_of(std::string_view word);
  void reserve_table();
  void check_share(std::size_t spared) const;

  const Vocabulary& vocabulary_;
  const EncoderSettings& settings_;
  std::size_t keep_;
  std::size_t named_ = 0;
  std::optional<Tokenizer> tokenizer_;
  std::vector<Match> matches_;  // one per place
  std::unordered_map<std::string, std::size_t> kept_;
  WordVectors result_;
};

}  // namespace unroll
