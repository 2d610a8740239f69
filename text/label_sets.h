/// LabelSets: the labels of texts that may have any number of them. Each different set has a
/// number, so that a text with several labels is as small as one with one: Example::label is then
/// the number of its set.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

namespace unroll {

class LabelSets {
 public:
  LabelSets() = default;
  LabelSets(const LabelSets&) = delete;
  LabelSets& operator=(const LabelSets&) = delete;

  /// The number of this set of labels' numbers, in rising order. −1 is among them where a text has
  /// a label that training has not seen.
  std::int32_t number_of(const std::vector<std::int32_t>& labels);
  /// The set with this number.
  std::span<const std::int32_t> operator[](std::int32_t number) const {
    return sets_[static_cast<std::size_t>(number)]->first;
  }

 private:
  std::map<std::vector<std::int32_t>, std::int32_t> numbers_;
  std::vector<std::map<std::vector<std::int32_t>, std::int32_t>::const_iterator> sets_;
};

/// The labels of a text whose Example::label this is: those of its set, or without sets this one
/// alone. −1 among them is a label that training has not seen.
inline std::span<const std::int32_t> labels_of(const std::int32_t& label, const LabelSets* sets) {
  return sets == nullptr ? std::span(&label, 1) : (*sets)[label];
}

}  // namespace unroll
