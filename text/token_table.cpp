#include "unroll/text/token_table.h"

#include <cstring>
#include <functional>
#include <utility>

namespace unroll {

TokenTable::Hashed TokenTable::hashed(std::string_view token) noexcept {
  return {token, static_cast<std::uint32_t>(std::hash<std::string_view>{}(token))};
}

std::int32_t TokenTable::add(Hashed token) {
  if (2 * size() >= places_.size()) grow();
  Place& place = places_[place_of(token)];
  if (place.number < 0) {
    place = {token.hash, static_cast<std::int32_t>(size()), text_.size()};
    begins_.push_back(text_.size());
    counts_.push_back(0);
    const std::size_t bytes = token.token.size();
    text_.append(reinterpret_cast<const char*>(&bytes), sizeof bytes).append(token.token);
  }
  return place.number;
}

std::string_view TokenTable::token_at(std::size_t begin) const noexcept {
  std::size_t bytes = 0;
  std::memcpy(&bytes, text_.data() + begin, sizeof bytes);
  return {text_.data() + begin + sizeof bytes, bytes};
}

/// Where the token is, or the empty place where it would be. At least half of all places are empty.
std::size_t TokenTable::place_of(Hashed token) const noexcept {
  const auto is_other = [&](const Place& place) {
    return place.number >= 0 && (place.hash != token.hash || token_at(place.begin) != token.token);
  };
  const std::size_t mask = places_.size() - 1;
  std::size_t k = token.hash & mask;
  while (is_other(places_[k])) k = (k + 1) & mask;
  return k;
}

/// All tokens differ, so none is compared.
void TokenTable::grow() {
  const std::vector<Place> before = std::exchange(places_, std::vector<Place>(2 * places_.size()));
  const std::size_t mask = places_.size() - 1;
  for (const Place& place : before) {
    if (place.number < 0) continue;
    std::size_t k = place.hash & mask;
    while (places_[k].number >= 0) k = (k + 1) & mask;
    places_[k] = place;
  }
}

}  // namespace unroll
