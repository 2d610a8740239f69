#include "unroll/text/vocabulary.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <functional>
#include <limits>

#include "unroll/core/error.h"
#include "unroll/text/utf8.h"

namespace unroll {

/// Hundreds of thousands are sorted, most of them with the count of many others. The first bytes,
/// which are kept here, mostly decide: memory far away is seldom read.
struct Vocabulary::View {
  View(std::string_view its_token, std::uint64_t its_count)
      : count(its_count), token(its_token), first_bytes(0) {
    for (std::size_t k = 0; k < sizeof first_bytes; ++k)
      first_bytes =
          first_bytes << 8 | (k < token.size() ? static_cast<unsigned char>(token[k]) : 0);
  }
  bool operator<(const View& other) const noexcept {
    if (count != other.count) return count > other.count;
    if (first_bytes != other.first_bytes) return first_bytes < other.first_bytes;
    return token < other.token;
  }

  std::uint64_t count;
  std::string_view token;
  std::uint64_t first_bytes;
};

namespace {

/// How many entries fit besides the unknown word.
std::size_t most_entries(const Vocabulary::Limits& limits) {
  constexpr std::size_t kMost = std::numeric_limits<std::int32_t>::max();  // ids are int32
  return std::min(limits.max_size == 0 ? kMost : limits.max_size, kMost) - 1;
}

}  // namespace

Vocabulary::Vocabulary() : Vocabulary(std::vector<Entry>{{std::string(kUnknownToken), 0}}) {}

Vocabulary::Vocabulary(const std::unordered_map<std::string, std::uint64_t>& counts,
                       const Limits& limits) {
  std::vector<View> kept;
  kept.reserve(1 + counts.size());
  std::uint64_t left_out = 0;
  for (const auto& [token, count] : counts) {
    if (token != kUnknownToken && count >= limits.min_count) {
      kept.emplace_back(token, count);
    } else {
      left_out += count;
    }
  }
  std::sort(kept.begin(), kept.end());
  while (kept.size() > most_entries(limits)) {
    left_out += kept.back().count;
    kept.pop_back();
  }
  kept.insert(kept.begin(), View{kUnknownToken, left_out});
  fill(kept);
}

Vocabulary::Vocabulary(std::span<const Entry> entries) {
  if (entries.empty() || entries.front().token != kUnknownToken) {
    throw ModelError(fmt::format("the vocabulary does not begin with {}", kUnknownToken));
  }
  std::vector<View> views;
  for (const Entry& entry : entries) views.emplace_back(entry.token, entry.count);
  fill(views);
}

Vocabulary Vocabulary::with(std::span<const Entry> more) const {
  std::vector<Entry> entries;
  for (std::size_t k = 0; k < size(); ++k) {
    const auto id = static_cast<std::int32_t>(k);
    entries.push_back({std::string(token(id)), count(id)});
  }
  for (const Entry& entry : more) {
    std::uint64_t& unknown = entries.front().count;
    unknown -= std::min(unknown, entry.count);
    entries.push_back(entry);
  }
  return Vocabulary(entries);
}

void Vocabulary::fill(std::span<const View> entries) {
  std::size_t bytes = 0;
  for (const View& entry : entries) bytes += entry.token.size();
  text_.reserve(bytes);
  ends_.reserve(entries.size());
  counts_.reserve(entries.size());
  slots_.assign(std::bit_ceil(entries.size() + entries.size() / 2), kUnknown);
  for (const View& entry : entries) add(entry);
}

void Vocabulary::add(const View& entry) {
  std::int32_t& slot = slots_[slot_of(entry.token)];
  const bool unknown_again = entry.token == kUnknownToken && !counts_.empty();
  if (slot != kUnknown || unknown_again) {
    throw ModelError(fmt::format("the vocabulary holds {} twice", in_quotes(entry.token)));
  }
  slot = static_cast<std::int32_t>(counts_.size());
  text_ += entry.token;
  ends_.push_back(text_.size());
  counts_.push_back(entry.count);
}

std::string_view Vocabulary::token(std::int32_t id) const {
  const auto k = static_cast<std::size_t>(id);
  const std::size_t end = ends_.at(k), begin = k == 0 ? 0 : ends_[k - 1];
  return std::string_view(text_).substr(begin, end - begin);
}

std::int32_t Vocabulary::id(std::string_view token) const noexcept {
  return slots_[slot_of(token)];
}

/// Where the token's id is, or an empty slot where it would be. A third of all slots is empty.
std::size_t Vocabulary::slot_of(std::string_view token) const noexcept {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = std::hash<std::string_view>{}(token)&mask;
  while (slots_[slot] != kUnknown && this->token(slots_[slot]) != token) slot = (slot + 1) & mask;
  return slot;
}

}  // namespace unroll
