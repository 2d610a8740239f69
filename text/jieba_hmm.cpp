#include "unroll/text/jieba_hmm.h"

#include <algorithm>

namespace unroll {

namespace {

enum State : std::uint8_t { kBegin, kEnd, kMiddle, kSingle };

/// The two states that can come before B, E, M and S, the earlier letter first.
constexpr std::uint8_t kPrevious[JiebaHmm::kStates][2] = {
    {kEnd, kSingle}, {kBegin, kMiddle}, {kBegin, kMiddle}, {kEnd, kSingle}};

}  // namespace

JiebaHmm::Tables::Tables() : emission(kLast - kFirst + 1) {
  start.fill(kImpossible);
  for (auto& row : transition) row.fill(kImpossible);
  for (auto& row : emission) row.fill(kImpossible);
}

/// From the best sums up to a character to those up to the next one.
JiebaHmm::Before JiebaHmm::step(Sums& sums, char32_t character) const {
  const Sums& emitted = emission(character);
  Sums next;
  Before before;
  for (std::size_t to = 0; to < kStates; ++to) {
    const auto [first, second] = kPrevious[to];
    const double a = sums[first] + tables_.transition[first][to] + emitted[to];
    const double b = sums[second] + tables_.transition[second][to] + emitted[to];
    next[to] = b >= a ? b : a;
    before[to] = b >= a ? second : first;
  }
  sums = next;
  return before;
}

void JiebaHmm::cut(std::u32string_view text, std::vector<std::size_t>& ends) const {
  if (text.empty()) return;
  Sums sums;
  for (std::size_t k = 0; k < kStates; ++k) {
    sums[k] = tables_.start[k] + emission(text.front())[k];
  }
  std::vector<Before> before(text.size());
  for (std::size_t t = 1; t < text.size(); ++t) before[t] = step(sums, text[t]);

  const std::size_t first_end = ends.size();
  std::uint8_t state = sums[kSingle] >= sums[kEnd] ? kSingle : kEnd;
  for (std::size_t t = text.size(); t > 0; --t) {
    if (state == kEnd || state == kSingle) ends.push_back(t);
    state = before[t - 1][state];
  }
  std::reverse(ends.begin() + static_cast<std::ptrdiff_t>(first_end), ends.end());
}

}  // namespace unroll
