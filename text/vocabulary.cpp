#include "unroll/text/vocabulary.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "unroll/core/error.h"
#include "unroll/text/utf8.h"

namespace unroll {

namespace {

bool comes_before(const Vocabulary::Entry& a, const Vocabulary::Entry& b) {
  return a.count != b.count ? a.count > b.count : a.token < b.token;
}

/// How many entries fit beside the unknown word.
std::size_t most_entries(const Vocabulary::Limits& limits) {
  constexpr std::size_t kMost = std::numeric_limits<std::int32_t>::max();  // ids are int32
  return std::min(limits.max_size == 0 ? kMost : limits.max_size, kMost) - 1;
}

}  // namespace

Vocabulary::Vocabulary() : Vocabulary(std::vector<Entry>{{std::string(kUnknownToken), 0}}) {}

Vocabulary::Vocabulary(const std::unordered_map<std::string, std::uint64_t>& counts,
                       const Limits& limits) {
  std::vector<Entry> kept;
  std::uint64_t left_out = 0;
  for (const auto& [token, count] : counts) {
    if (token != kUnknownToken && count >= limits.min_count) {
      kept.push_back({token, count});
    } else {
      left_out += count;
    }
  }
  std::sort(kept.begin(), kept.end(), comes_before);
  while (kept.size() > most_entries(limits)) {
    left_out += kept.back().count;
    kept.pop_back();
  }
  entries_.push_back({std::string(kUnknownToken), left_out});
  std::move(kept.begin(), kept.end(), std::back_inserter(entries_));
  index();
}

Vocabulary::Vocabulary(std::vector<Entry> entries) : entries_(std::move(entries)) {
  if (entries_.empty() || entries_.front().token != kUnknownToken) {
    throw ModelError(fmt::format("the vocabulary does not begin with {}", kUnknownToken));
  }
  index();
}

void Vocabulary::index() {
  ids_.reserve(entries_.size());
  for (std::size_t id = 0; id < entries_.size(); ++id) {
    if (ids_.emplace(entries_[id].token, static_cast<std::int32_t>(id)).second) continue;
    throw ModelError(fmt::format("the vocabulary holds {} twice", in_quotes(entries_[id].token)));
  }
}

std::int32_t Vocabulary::id(std::string_view token) const noexcept {
  const auto found = ids_.find(token);
  return found == ids_.end() ? kUnknown : found->second;
}

}  // namespace unroll
