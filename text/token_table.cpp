#include "unroll/text/token_table.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace unroll {

std::int32_t TokenTable::add(std::string_view token, std::uint64_t count) {
  if (2 * size() >= places_.size()) grow();
  const auto hash = static_cast<std::uint32_t>(std::hash<std::string_view>{}(token));
  Place& place = places_[place_of(token, hash)];
  if (place.number < 0) {
    place = {hash, static_cast<std::int32_t>(size())};
    text_ += token;
    ends_.push_back(text_.size());
    counts_.push_back(0);
  }
  counts_[static_cast<std::size_t>(place.number)] += count;
  return place.number;
}

/// Where the token is, or the empty place where it would be. At least half of all places are empty.
std::size_t TokenTable::place_of(std::string_view token, std::uint32_t hash) const noexcept {
  const auto is_other = [&](const Place& place) {
    return place.number >= 0 &&
           (place.hash != hash || this->token(static_cast<std::size_t>(place.number)) != token);
  };
  const std::size_t mask = places_.size() - 1;
  std::size_t k = hash & mask;
  while (is_other(places_[k])) k = (k + 1) & mask;
  return k;
}

/// All tokens differ, so none is compared.
void TokenTable::grow() {
  constexpr std::size_t kFirst = 4096;
  const std::vector<Place> before =
      std::exchange(places_, std::vector<Place>(std::max(kFirst, 2 * places_.size())));
  const std::size_t mask = places_.size() - 1;
  for (const Place& place : before) {
    if (place.number < 0) continue;
    std::size_t k = place.hash & mask;
    while (places_[k].number >= 0) k = (k + 1) & mask;
    places_[k] = place;
  }
}

}  // namespace unroll
