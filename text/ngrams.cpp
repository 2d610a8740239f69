#include "unroll/text/ngrams.h"

#include <algorithm>
#include <bit>

#include "unroll/core/sparse_counts.h"
#include "unroll/text/unicode.h"
#include "unroll/text/utf8.h"

namespace unroll {

namespace {

// The hash is FNV-1a with a last mixing step. Model files depend on every bit of it: another one
// needs settings of its own in the file.
constexpr std::uint64_t kPrime = 0x100000001b3;
constexpr std::uint64_t kWords = 0xcbf29ce484222325;
constexpr std::uint64_t kLetters = kWords + 2;
constexpr std::uint64_t kUnspaced = kWords + 4;

// No token holds these: control characters are dropped or are tokens of their own.
constexpr char kBegin = '\x02', kEnd = '\x03', kBetween = '\x1f';

std::uint64_t hash_byte(std::uint64_t hash, char byte) {
  return (hash ^ static_cast<unsigned char>(byte)) * kPrime;
}

std::uint64_t hash_bytes(std::uint64_t hash, std::string_view bytes) {
  for (const char byte : bytes) hash = hash_byte(hash, byte);
  return hash;
}

/// All bits of the key depend on all bits of the hash (the finalizer of MurmurHash3).
std::uint32_t word_key(std::uint64_t hash) {
  hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccd;
  hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53;
  return static_cast<std::uint32_t>(hash >> 33);
}

bool begins_in_ascii(std::string_view token) {
  return static_cast<unsigned char>(token.front()) < 0x80;
}

bool has_spaces(std::string_view token) {
  return begins_in_ascii(token) || !is_unspaced(token);
}

/// Goes through the n-grams of a text: found(key, the tokens that it touches, its letters), without
/// letters for an n-gram of words.
template <typename Found>
class NgramWalk {
 public:
  NgramWalk(const NgramSettings& settings, NgramCounter::Letters& letters, Found found)
      : settings_(settings), letters_(letters), found_(found) {}

  void run(std::span<const std::string> tokens) {
    if (settings_.most_tokens > 0)
      tokens = tokens.first(std::min(settings_.most_tokens, tokens.size()));
    find_words(tokens);
    if (settings_.most_letters > 0) {
      for (std::size_t k = 0; k < tokens.size(); ++k) {
        if (has_spaces(tokens[k])) find_letters(tokens[k], k);
      }
    }
    if (settings_.unspaced > 0) find_unspaced(tokens);
  }

 private:
  void find_words(std::span<const std::string> tokens) {
    for (std::size_t first = 0; first < tokens.size(); ++first) {
      std::uint64_t hash = kWords;
      const std::size_t end = std::min(tokens.size(), first + settings_.words);
      for (std::size_t k = first; k < end; ++k) {
        hash = hash_bytes(hash_byte(hash, kBetween), tokens[k]);
        found_(word_key(hash), Range{first, k + 1}, std::string_view());
      }
    }
  }

  void find_letters(std::string_view word, std::size_t token) {
    clear();
    add_letter({&kBegin, 1}, token);
    for_each_character(word, [&](std::string_view letter) { add_letter(letter, token); });
    add_letter({&kEnd, 1}, token);
    constexpr std::size_t kOneLetter = 3;  // with begin and end: it is a word and nothing more
    if (letters_.ends.size() > kOneLetter) {
      find_runs(kLetters, settings_.least_letters, settings_.most_letters);
    }
  }

  void find_unspaced(std::span<const std::string> tokens) {
    clear();
    for (std::size_t k = 0; k <= tokens.size(); ++k) {
      if (k < tokens.size() && !has_spaces(tokens[k])) {
        for_each_character(tokens[k], [&](std::string_view letter) { add_letter(letter, k); });
      } else if (!letters_.ends.empty()) {
        find_runs(kUnspaced, 1, settings_.unspaced);
        clear();
      }
    }
  }

  void clear() {
    letters_.bytes.clear();
    letters_.ends.clear();
    letters_.tokens.clear();
  }

  void add_letter(std::string_view letter, std::size_t token) {
    letters_.bytes += letter;
    letters_.ends.push_back(letters_.bytes.size());
    letters_.tokens.push_back(token);
  }

  /// `least` .. `most` neighbouring letters.
  void find_runs(std::uint64_t seed, std::size_t least, std::size_t most) {
    const std::string_view bytes = letters_.bytes;
    const auto& ends = letters_.ends;
    for (std::size_t first = 0; first < ends.size(); ++first) {
      std::uint64_t hash = seed;
      const std::size_t begin = first == 0 ? 0 : ends[first - 1];
      const std::size_t last = std::min(ends.size(), first + most);
      for (std::size_t k = first, from = begin; k < last; from = ends[k++]) {
        hash = hash_bytes(hash, bytes.substr(from, ends[k] - from));
        if (k + 1 - first < least) continue;
        found_(word_key(hash) | kLetterKeys, Range{letters_.tokens[first], letters_.tokens[k] + 1},
               bytes.substr(begin, ends[k] - begin));
      }
    }
  }

  const NgramSettings& settings_;
  NgramCounter::Letters& letters_;
  Found found_;
};

/// Letters as a reader would write them: where they are neither a word's beginning nor its end, a
/// mark tells them from a word.
std::string text_of(std::string_view letters) {
  const bool begins = letters.front() == kBegin, ends = letters.back() == kEnd;
  if (begins) letters.remove_prefix(1);
  if (ends) letters.remove_suffix(1);
  return (begins ? "<" : "~") + std::string(letters) + (ends ? ">" : "~");
}

std::string text_of(std::span<const std::string> tokens) {
  std::string text;
  for (const std::string& token : tokens) text += (text.empty() ? "" : " ") + token;
  return text;
}

}  // namespace

void NgramCounter::count(std::span<const std::string> tokens) {
  clear();
  NgramWalk walk(settings_, letters_,
                 [&](std::uint32_t key, Range, std::string_view) { add(key); });
  walk.run(tokens);
}

/// The last key goes first: so none before it is searched for past a slot that is already empty.
void NgramCounter::clear() {
  for (std::size_t k = keys_.size(); k-- > 0;) slots_[slot_of(keys_[k])] = 0;
  keys_.clear();
  counts_.clear();
}

void NgramCounter::add(std::uint32_t key) {
  if (2 * keys_.size() >= slots_.size()) grow();
  std::uint32_t& slot = slots_[slot_of(key)];
  if (slot == 0) {
    keys_.push_back(key);
    counts_.push_back(1);
    slot = static_cast<std::uint32_t>(keys_.size());
  } else if (counts_[slot - 1] < kMostCount) {
    ++counts_[slot - 1];
  }
}

void NgramCounter::grow() {
  constexpr std::size_t kFirst = 1024;
  slots_.assign(std::max(kFirst, 2 * slots_.size()), 0);
  for (std::size_t k = 0; k < keys_.size(); ++k) {
    slots_[slot_of(keys_[k])] = static_cast<std::uint32_t>(k + 1);
  }
}

/// Where the key's place is, or an empty slot where it would be.
std::size_t NgramCounter::slot_of(std::uint32_t key) const noexcept {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = key & mask;
  while (slots_[slot] != 0 && keys_[slots_[slot] - 1] != key) slot = (slot + 1) & mask;
  return slot;
}

std::vector<NgramPlace> place_ngrams(std::span<const std::string> tokens,
                                     const NgramSettings& settings) {
  std::vector<NgramPlace> places;
  NgramCounter::Letters letters;
  NgramWalk walk(settings, letters, [&](std::uint32_t key, Range range, std::string_view found) {
    const auto touched = tokens.subspan(range.begin, range.size());
    places.push_back({key, range, found.empty() ? text_of(touched) : text_of(found)});
  });
  walk.run(tokens);
  return places;
}

}  // namespace unroll
