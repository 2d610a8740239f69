/// Stop words: tokens that are dropped before the vocabulary sees them.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace unroll {

struct FoldSettings;

class StopWords {
 public:
  /// No stop words.
  StopWords() = default;
  /// "none", "zh", "en" (built-in lists, written for this project), or the path of a UTF-8 file,
  /// one word a line. The words are folded, as tokens are. Throws DataError for a file that can't
  /// be read or is not UTF-8.
  static StopWords load(const std::string& name_or_path, const FoldSettings& folding);
  static StopWords load(const std::string& name_or_path);
  explicit StopWords(std::set<std::string, std::less<>> words) : words_(std::move(words)) {}

  bool contains(std::string_view token) const { return words_.find(token) != words_.end(); }
  const std::set<std::string, std::less<>>& words() const { return words_; }

 private:
  std::set<std::string, std::less<>> words_;
};

}  // namespace unroll
