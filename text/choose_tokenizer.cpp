#include "unroll/text/tokenizer.h"

#include <unicode/uchar.h>
#include <unicode/uscript.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "unroll/text/unicode.h"
#include "unroll/text/utf8.h"

namespace unroll {

namespace {

constexpr std::size_t kBytesLookedAt =
    4 << 20;  // enough for any share to settle, below a tenth of a second
constexpr std::string_view kMarks =
    ".,!?;:";  // what is at the end of a word in text nobody has cut

/// How long words of letters without spaces may be on average where somebody has put spaces between
/// them. Measured: a word of Chinese has 1.6 to 1.8 letters, and Chinese texts that nobody has cut
/// have a space after 50 letters or more. A word of Thai has 4 to 6 letters and marks.
constexpr double kMostEastAsian = 3, kMostSoutheastAsian = 12;

/// Letters of scripts without spaces, and how often a space is between two of them.
struct Unspaced {
  std::size_t letters = 0;
  std::size_t gaps = 0;

  /// Runs of letters between spaces are as short as words.
  bool is_cut(double most) const {
    return gaps > 0 && static_cast<double>(letters) <= most * static_cast<double>(gaps + 1);
  }
};

bool is_southeast_asian(char32_t letter) {
  constexpr std::array kScripts{USCRIPT_THAI, USCRIPT_LAO, USCRIPT_KHMER, USCRIPT_MYANMAR};
  UErrorCode status = U_ZERO_ERROR;
  const UScriptCode script = uscript_getScript(static_cast<UChar32>(letter), &status);
  return std::ranges::find(kScripts, script) != kScripts.end();
}

struct Counts {
  std::size_t letters = 0;
  Unspaced east_asian;       // Han and kana
  Unspaced southeast_asian;  // Thai, Lao, Khmer, Burmese
  std::size_t marks_alone = 0;
  std::size_t marks_attached = 0;

  Unspaced& unspaced(char32_t letter) {
    return is_southeast_asian(letter) ? southeast_asian : east_asian;
  }
};

void count_letters(std::string_view text, Counts& counts) {
  bool after_letter = false, after_gap = false;  // of a script without spaces
  for (std::size_t offset = 0; offset < text.size();) {
    const auto character = next_character(text, offset);
    if (!character) return;
    if (is_white_space(*character)) {
      after_gap = after_gap || after_letter;
      after_letter = false;
      continue;
    }
    const bool is_unspaced = is_unspaced_letter(*character);
    if (is_unspaced) {
      Unspaced& unspaced = counts.unspaced(*character);
      ++unspaced.letters;
      unspaced.gaps += after_gap ? 1 : 0;
    }
    if (u_isalpha(static_cast<UChar32>(*character)) != 0) ++counts.letters;
    after_letter = is_unspaced;
    after_gap = false;
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

TokenizerChoice choose_tokenizer(std::span<const std::string_view> texts) {
  const Counts counts = count(texts);
  const Unspaced& east = counts.east_asian;
  const Unspaced& southeast = counts.southeast_asian;
  if ((east.letters + southeast.letters) * 20 >= std::max<std::size_t>(counts.letters, 1)) {
    const bool is_cut = east.letters >= southeast.letters ? east.is_cut(kMostEastAsian)
                                                          : southeast.is_cut(kMostSoutheastAsian);
    return is_cut ? TokenizerChoice{TokenizerKind::kSpace, TokenizerReason::kUnspacedCut}
                  : TokenizerChoice{TokenizerKind::kIcu, TokenizerReason::kUnspaced};
  }
  const std::size_t marks = counts.marks_alone + counts.marks_attached;
  const bool is_cut = counts.marks_alone > 0 && counts.marks_alone * 5 >= marks * 4;
  return is_cut ? TokenizerChoice{TokenizerKind::kSpace, TokenizerReason::kMarksCut}
                : TokenizerChoice{};
}

}  // namespace unroll
