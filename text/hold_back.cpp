#include "unroll/text/hold_back.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "unroll/core/error.h"
#include "unroll/core/hash.h"
#include "unroll/core/random.h"

namespace unroll {

namespace {

/// So many keys of a label are remembered. Where more rows of a label are expected to be held back,
/// it is less likely than 10⁻¹³ that none is.
constexpr std::size_t kSmallest = 32;

/// Equal texts are on one side, so rows are not what is lacking.
[[noreturn]] void refuse_few_texts(std::size_t rows) {
  throw mended_by({"dev"},
                  DataError(fmt::format("training data: the {} rows hold too few different texts "
                                        "to hold some back; give dev texts of their own",
                                        rows)));
}

}  // namespace

HoldBack::HoldBack(double fraction, std::uint64_t seed, std::size_t most_rows)
    : fraction_(fraction),
      seed_(seed),
      most_rows_(most_rows),
      rows_(std::make_unique<SplitRows>()) {}

bool HoldBack::are_many() const {
  return fraction_ * static_cast<double>(count_) > static_cast<double>(most_rows_);
}

HoldBack::Key HoldBack::key_of(const Record& record) const {
  Random random(seed_, "hold back/", hash_of(record.text));
  const std::uint64_t high = random.bits();
  return high << 32 | random.bits();
}

std::size_t HoldBack::bytes(std::size_t rows, double fraction) {
  constexpr std::size_t kRemembered = 16, kSplit = 176;  // of a row
  const auto most = static_cast<std::size_t>(static_cast<double>(kMostRows) / fraction);
  return rows > most ? most * kRemembered : rows * kSplit;
}

void HoldBack::add(const Record& record) {
  ++count_;
  keep_smallest(labels_.add(record), key_of(record));
  if (rows_ && are_many()) rows_.reset();
  if (rows_) rows_->add(record);
}

void HoldBack::keep_smallest(std::uint32_t combination, Key key) {
  if (combination == smallest_.size()) smallest_.emplace_back();
  Smallest& keys = smallest_[combination];
  if (keys.size() == kSmallest && key >= *keys.rbegin()) return;
  keys.insert(key);
  if (keys.size() > kSmallest) keys.erase(std::prev(keys.end()));
}

void HoldBack::decide() {
  if (!rows_) return decide_by_keys();
  const std::array<double, 2> fractions{1 - fraction_, fraction_};
  const auto parts = stratified_split(*rows_, fractions, seed_);
  if (parts[0].empty() || parts[1].empty()) refuse_few_texts(count_);
  held_.assign(count_, false);
  for (const std::size_t row : parts[1]) held_[row] = true;
  rows_.reset();
}

void HoldBack::decide_by_keys() {
  const double share = static_cast<double>(most_rows_) / static_cast<double>(count_);
  limit_ = static_cast<Key>(std::ldexp(share, 64));
  std::map<std::string_view, Smallest> by_label;
  std::map<std::string_view, double> rows;
  const std::vector<std::string_view> rarest = labels_.rarest();
  for (std::size_t k = 0; k < smallest_.size(); ++k) {
    by_label[rarest[k]].insert(smallest_[k].begin(), smallest_[k].end());
    rows[rarest[k]] += static_cast<double>(labels_.rows(k));
  }
  for (const auto& [label, keys] : by_label) mend(keys, share * rows[label]);
  if (!has_both_sides()) refuse_few_texts(count_);
}

/// A combination with many keys has some of them on the training side.
bool HoldBack::has_both_sides() const {
  bool any_held = false, any_left = false;
  for (const Smallest& keys : smallest_) {
    any_left = any_left || keys.size() >= kSmallest;
    for (const Key key : keys) (holds(key) ? any_held : any_left) = true;
  }
  return any_held && any_left;
}

/// Sees to it that a label of few rows, or of few different texts, is on both sides. `expected`: of
/// its rows to be held back.
void HoldBack::mend(const Smallest& keys, double expected) {
  const bool are_many = keys.size() >= kSmallest && expected >= static_cast<double>(kSmallest);
  if (are_many) return;
  if (keys.size() > 1) more_.insert(*keys.begin());
  if (keys.size() == 1 || *keys.rbegin() < limit_) spared_.insert(*keys.rbegin());
}

bool HoldBack::holds(std::size_t row, const Record& record) const {
  return held_.empty() ? holds(key_of(record)) : held_[row];
}

bool HoldBack::holds(Key key) const {
  return (key < limit_ || more_.contains(key)) && !spared_.contains(key);
}

}  // namespace unroll
