#include <unicode/uchar.h>

#include <algorithm>
#include <cstddef>

#include "unroll/text/tokenizer.h"
#include "unroll/text/unicode.h"
#include "unroll/text/utf8.h"

namespace unroll {

namespace {

constexpr std::size_t kBytesLookedAt =
    4 << 20;  // enough for any share to settle, below a tenth of a second
constexpr std::string_view kMarks =
    ".,!?;:";  // what stands at the end of a word in text nobody has cut

struct Counts {
  std::size_t letters = 0;
  std::size_t unspaced_letters = 0;  // of scripts written without spaces
  std::size_t marks_alone = 0;
  std::size_t marks_attached = 0;
};

void count_letters(std::string_view text, Counts& counts) {
  std::size_t offset = 0;
  while (offset < text.size()) {
    const auto character = next_character(text, offset);
    if (!character) return;
    const auto letter = static_cast<UChar32>(*character);
    if (u_isalpha(letter) == 0) continue;
    ++counts.letters;
    if (is_unspaced_letter(*character)) ++counts.unspaced_letters;
  }
}

void count_marks(std::string_view text, Counts& counts) {
  std::vector<std::string> words;
  append_words(text, words);
  for (const std::string& word : words) {
    if (word.find_first_not_of(kMarks) == std::string::npos) {
      ++counts.marks_alone;
    } else if (kMarks.find(word.back()) != std::string_view::npos) {
      ++counts.marks_attached;
    }
  }
}

Counts count(std::span<const std::string_view> texts) {
  Counts counts;
  std::size_t left = kBytesLookedAt;
  for (std::string_view text : texts) {
    text = utf8_prefix(text, left);
    count_letters(text, counts);
    count_marks(text, counts);
    left -= text.size();
    if (left == 0) break;
  }
  return counts;
}

}  // namespace

TokenizerKind choose_tokenizer(std::span<const std::string_view> texts) {
  const Counts counts = count(texts);
  if (counts.unspaced_letters > 0 && counts.unspaced_letters * 20 >= counts.letters)
    return TokenizerKind::kIcu;
  const std::size_t marks = counts.marks_alone + counts.marks_attached;
  const bool is_cut = counts.marks_alone > 0 && counts.marks_alone * 5 >= marks * 4;
  return is_cut ? TokenizerKind::kSpace : TokenizerKind::kIcu;
}

}  // namespace unroll
