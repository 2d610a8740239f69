#include "unroll/text/near_repeats.h"

#include <unicode/uchar.h>

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <unordered_map>

#include "unroll/core/parallel.h"
#include "unroll/text/unicode.h"
#include "unroll/text/utf8.h"

namespace unroll {

namespace {

constexpr std::size_t kPieceCharacters = 4;
constexpr std::size_t kOrders = 64;
constexpr std::size_t kGroups = 16;
constexpr std::size_t kOrdersOfGroup = kOrders / kGroups;
/// The most texts that are compared among those that agree in a group: thousands may share a
/// phrase.
constexpr std::size_t kCompared = 16;
constexpr std::size_t kTextsPerPart = 64;

using Piece = std::uint64_t;
using Signature = std::array<std::uint32_t, kOrders>;

bool belongs_to_a_word(char32_t character) {
  const auto c = static_cast<UChar32>(character);
  return u_isalnum(c) != 0 || (U_GET_GC_MASK(c) & (U_GC_M_MASK | U_GC_SO_MASK)) != 0;
}

/// The text without case, compatibility forms and all that is neither letter, digit nor mark. A
/// text of marks alone is what it is.
std::string letters_of(std::string_view text) {
  const std::string folded = nfkc_casefold(text);
  std::string letters;
  for (std::size_t offset = 0; offset < folded.size();) {
    const std::size_t begin = offset;
    const auto character = next_character(folded, offset);
    if (!character) break;
    if (belongs_to_a_word(*character)) letters.append(folded, begin, offset - begin);
  }
  return letters.empty() ? folded : letters;
}

/// splitmix64's last step: every bit of the input changes half of the output's.
std::uint64_t mixed(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

Piece piece_of(std::string_view characters) {
  std::uint64_t hash = 0;
  for (const char c : characters) hash = mixed(hash ^ static_cast<unsigned char>(c));
  return hash;
}

/// The different pieces, in rising order.
std::vector<Piece> pieces_of(std::string_view letters) {
  std::vector<std::size_t> begins;
  for (std::size_t offset = 0; offset < letters.size(); next_character(letters, offset))
    begins.push_back(offset);
  begins.push_back(letters.size());
  const std::size_t characters = begins.size() - 1;
  if (characters <= kPieceCharacters) return {piece_of(letters)};
  std::vector<Piece> pieces;
  for (std::size_t k = 0; k + kPieceCharacters <= characters; ++k) {
    pieces.push_back(piece_of(letters.substr(begins[k], begins[k + kPieceCharacters] - begins[k])));
  }
  std::ranges::sort(pieces);
  pieces.erase(std::unique(pieces.begin(), pieces.end()), pieces.end());
  return pieces;
}

/// The Jaccard index of two sets of pieces.
double jaccard(std::span<const Piece> a, std::span<const Piece> b) {
  std::size_t common = 0, i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (a[i] == b[j]) ++common;
    const bool step_a = a[i] <= b[j], step_b = b[j] <= a[i];
    i += step_a ? 1 : 0;
    j += step_b ? 1 : 0;
  }
  return static_cast<double>(common) / static_cast<double>(a.size() + b.size() - common);
}

/// The multipliers and summands of the orders.
struct Orders {
  Signature multiplier, summand;
  Orders() {
    for (std::size_t k = 0; k < kOrders; ++k) {
      multiplier[k] = static_cast<std::uint32_t>(mixed(2 * k + 1)) | 1;
      summand[k] = static_cast<std::uint32_t>(mixed(2 * k + 2));
    }
  }
};

Signature signature_of(std::span<const Piece> pieces) {
  static const Orders orders;
  Signature least;
  least.fill(std::numeric_limits<std::uint32_t>::max());
  for (const Piece piece : pieces) {
    const auto low = static_cast<std::uint32_t>(piece ^ (piece >> 32));
    for (std::size_t k = 0; k < kOrders; ++k)
      least[k] = std::min(least[k], low * orders.multiplier[k] + orders.summand[k]);
  }
  return least;
}

/// A text by what it has in a group of orders.
struct Entry {
  std::uint64_t key;
  std::uint32_t text;
  friend auto operator<=>(const Entry&, const Entry&) = default;
};

std::uint64_t key_of(const Signature& signature, std::size_t group) {
  std::uint64_t hash = group + 1;
  for (std::size_t k = 0; k < kOrdersOfGroup; ++k)
    hash = mixed(hash ^ signature[group * kOrdersOfGroup + k]);
  return hash;
}

/// Each text looks for earlier ones that it is near. Of texts that are alike, only the first one of
/// each file can be found: the others tell nothing that it doesn't.
class TwinFinder {
 public:
  TwinFinder(std::span<const std::string> letters, std::span<const std::uint32_t> files)
      : letters_(letters), files_(files) {
    find_firsts();
    sort_groups();
  }

  std::vector<NearTwin> find() const {
    std::vector<std::vector<NearTwin>> found(letters_.size());
    parallel_for(letters_.size(), kTextsPerPart, [&](Range range) {
      for (std::size_t i = range.begin; i < range.end; ++i)
        found[i] = twins_of(static_cast<std::uint32_t>(i));
    });
    std::vector<NearTwin> twins;
    for (const auto& of_text : found) twins.insert(twins.end(), of_text.begin(), of_text.end());
    return twins;
  }

 private:
  /// The nearest text of a file.
  struct Best {
    double common = 0;
    std::uint32_t twin = 0;
  };
  static constexpr double kAlike = 2;  // more than any index

  void find_firsts() {
    for (std::uint32_t text = 0; text < letters_.size(); ++text) {
      std::vector<std::uint32_t>& alike = alike_[letters_[text]];
      const auto in_file = [&](std::uint32_t other) { return files_[other] == files_[text]; };
      if (std::ranges::any_of(alike, in_file)) continue;
      alike.push_back(text);
      firsts_.push_back(text);
    }
  }

  void sort_groups() {
    for (auto& group : groups_) group.resize(firsts_.size());
    parallel_for(firsts_.size(), kTextsPerPart, [&](Range range) {
      for (std::size_t i = range.begin; i < range.end; ++i) {
        const Signature signature = signature_of(pieces_of(letters_[firsts_[i]]));
        for (std::size_t g = 0; g < kGroups; ++g)
          groups_[g][i] = {key_of(signature, g), firsts_[i]};
      }
    });
    for (auto& group : groups_) std::ranges::sort(group);
  }

  std::vector<NearTwin> twins_of(std::uint32_t text) const {
    std::map<std::uint32_t, Best> best;  // by file
    for (const std::uint32_t first : alike_.at(letters_[text])) {
      if (first < text) best[files_[first]] = {kAlike, first};
    }
    const std::vector<Piece> pieces = pieces_of(letters_[text]);
    for (const std::uint32_t other : candidates(text, signature_of(pieces))) {
      Best& found = best[files_[other]];
      if (found.common == kAlike) continue;
      const double common = jaccard(pieces, pieces_of(letters_[other]));
      if (common > found.common) found = {common, other};
    }
    std::vector<NearTwin> twins;
    for (const auto& [file, found] : best) {
      if (found.common >= kNear) twins.push_back({text, found.twin, found.common == kAlike});
    }
    return twins;
  }

  /// Earlier texts that agree with this one in a group.
  std::vector<std::uint32_t> candidates(std::uint32_t text, const Signature& signature) const {
    std::vector<std::uint32_t> others;
    for (std::size_t g = 0; g < kGroups; ++g) {
      const Entry here{key_of(signature, g), text};
      auto entry = std::ranges::lower_bound(groups_[g], here);
      for (std::size_t k = 0; k < kCompared && entry != groups_[g].begin(); ++k) {
        if ((--entry)->key != here.key) break;
        others.push_back(entry->text);
      }
    }
    std::ranges::sort(others);
    others.erase(std::unique(others.begin(), others.end()), others.end());
    return others;
  }

  std::span<const std::string> letters_;
  std::span<const std::uint32_t> files_;
  std::unordered_map<std::string_view, std::vector<std::uint32_t>> alike_;  // first of each file
  std::vector<std::uint32_t> firsts_;
  std::array<std::vector<Entry>, kGroups> groups_;
};

}  // namespace

std::vector<NearTwin> near_twins(std::span<const std::string_view> texts,
                                 std::span<const std::uint32_t> files) {
  std::vector<std::string> letters(texts.size());
  parallel_for(texts.size(), kTextsPerPart, [&](Range range) {
    for (std::size_t i = range.begin; i < range.end; ++i) letters[i] = letters_of(texts[i]);
  });
  return TwinFinder(letters, files).find();
}

}  // namespace unroll
