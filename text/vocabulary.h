/// Vocabulary: token ↔ id. Id 0 is the unknown word; the others are ordered by falling count,
/// equals by bytes.
#pragma once

#include <cstddef>
#include <cstdint>
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
  /// Takes entries as entries() returns them: the first is the unknown word. Throws ModelError for
  /// a repeated token.
  explicit Vocabulary(std::vector<Entry> entries);

  std::size_t size() const noexcept { return entries_.size(); }
  /// kUnknown for a token that is not in it.
  std::int32_t id(std::string_view token) const noexcept;
  const std::string& token(std::int32_t id) const {
    return entries_.at(static_cast<std::size_t>(id)).token;
  }
  const std::vector<Entry>& entries() const noexcept { return entries_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
      return std::hash<std::string_view>{}(text);
    }
  };
  void index();

  std::vector<Entry> entries_;
  std::unordered_map<std::string, std::int32_t, Hash, std::equal_to<>> ids_;
};

}  // namespace unroll
