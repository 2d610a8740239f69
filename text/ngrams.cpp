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

bool is_ascii(std::string_view token) {
  return static_cast<unsigned char>(token.front()) < 0x80;
}

bool has_spaces(std::string_view token) {
  return is_ascii(token) || !is_unspaced(token);
}

}  // namespace

void NgramCounter::count(std::span<const std::string> tokens) {
  clear();
  if (settings_.most_tokens > 0)
    tokens = tokens.first(std::min(settings_.most_tokens, tokens.size()));
  add_words(tokens);
  if (settings_.most_letters > 0) {
    for (const std::string& token : tokens) {
      if (has_spaces(token)) add_letters(token);
    }
  }
  if (settings_.unspaced > 0) add_unspaced(tokens);
}

/// The last key goes first: so none before it is searched for past a slot that is already empty.
void NgramCounter::clear() {
  for (std::size_t k = keys_.size(); k-- > 0;) slots_[slot_of(keys_[k])] = 0;
  keys_.clear();
  counts_.clear();
}

void NgramCounter::add_words(std::span<const std::string> tokens) {
  for (std::size_t first = 0; first < tokens.size(); ++first) {
    std::uint64_t hash = kWords;
    const std::size_t end = std::min(tokens.size(), first + settings_.words);
    for (std::size_t k = first; k < end; ++k) {
      hash = hash_bytes(hash_byte(hash, kBetween), tokens[k]);
      add(word_key(hash));
    }
  }
}

void NgramCounter::add_letters(std::string_view word) {
  letters_.assign(1, kBegin);
  letters_ += word;
  letters_ += kEnd;
  ends_.assign(1, 1);
  for_each_character(
      word, [&](std::string_view letter) { ends_.push_back(ends_.back() + letter.size()); });
  ends_.push_back(letters_.size());
  constexpr std::size_t kOneLetter = 3;  // with begin and end: it is a word and nothing more
  if (ends_.size() > kOneLetter) {
    add_runs(kLetters, settings_.least_letters, settings_.most_letters);
  }
}

void NgramCounter::add_unspaced(std::span<const std::string> tokens) {
  letters_.clear();
  ends_.clear();
  for (std::size_t k = 0; k <= tokens.size(); ++k) {
    if (k < tokens.size() && !has_spaces(tokens[k])) {
      for_each_character(tokens[k], [&](std::string_view letter) {
        letters_ += letter;
        ends_.push_back(letters_.size());
      });
    } else if (!ends_.empty()) {
      add_runs(kUnspaced, 1, settings_.unspaced);
      letters_.clear();
      ends_.clear();
    }
  }
}

void NgramCounter::add_runs(std::uint64_t seed, std::size_t least, std::size_t most) {
  for (std::size_t first = 0; first < ends_.size(); ++first) {
    std::uint64_t hash = seed;
    std::size_t begin = first == 0 ? 0 : ends_[first - 1];
    const std::size_t last = std::min(ends_.size(), first + most);
    for (std::size_t k = first; k < last; ++k) {
      hash = hash_bytes(hash, std::string_view(letters_).substr(begin, ends_[k] - begin));
      begin = ends_[k];
      if (k + 1 - first >= least) add(word_key(hash) | kLetterKeys);
    }
  }
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

}  // namespace unroll
