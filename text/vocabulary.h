/// Vocabulary: token ↔ id. Id 0 is the unknown word; the others are ordered by falling count,
/// equals by bytes. Words that are only known from a file of vectors come behind these.
///
/// A model may know a million words, and whoever predicts with it holds little besides their
/// vectors. So all tokens are one text, and the way back is a table of ids: some thirty bytes a
/// word, where a string and a node of a map would take over a hundred.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace unroll {

class Vocabulary {
 public:
  static constexpr std::int32_t kUnknown = 0;
  static constexpr std::string_view kUnknownToken = "<unk>";

  struct Entry {
    std::string token;
    std::uint64_t count = 0;
  };
  struct Limits {
    std::uint64_t min_count = 1;  ///< rarer tokens are unknown
    std::size_t max_size = 0;     ///< including the unknown word; 0: no limit
  };

  Vocabulary();
  /// The most frequent tokens within the limits. The unknown word's count is that of all tokens
  /// left out.
  Vocabulary(const std::unordered_map<std::string, std::uint64_t>& counts, const Limits& limits);
  /// In the order of their ids: the first is the unknown word. Throws ModelError for a repeated
  /// token.
  explicit Vocabulary(std::span<const Entry> entries);

  /// With more words behind its own, in their order. What they count was the unknown word's. Throws
  /// ModelError for a token that it has already.
  Vocabulary with(std::span<const Entry> more) const;

  std::size_t size() const noexcept { return counts_.size(); }
  /// kUnknown for a token that is not in it.
  std::int32_t id(std::string_view token) const noexcept;
  /// Throws std::out_of_range for an id that is none, like `count`.
  std::string_view token(std::int32_t id) const;
  /// How often training met it; how often it met words that are not here, for the unknown word.
  std::uint64_t count(std::int32_t id) const { return counts_.at(static_cast<std::size_t>(id)); }

 private:
  struct View;  // an entry in somebody else's memory
  void fill(std::span<const View> entries);
  void add(const View& entry);
  std::size_t slot_of(std::string_view token) const noexcept;

  std::string text_;               // all tokens, one after the other
  std::vector<std::size_t> ends_;  // of each token, in text_
  std::vector<std::uint64_t> counts_;
  std::vector<std::int32_t>
      slots_;  // ids by hash; kUnknown, which needs no entry, is an empty slot
};

}  // namespace unroll
