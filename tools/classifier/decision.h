/// Decision: what an attribution explains. Its score S is the O of a label less that of another
/// one. Where a text may have any number of labels each of them is a question of its own: then
/// there is no other label, and S is the label's O.
#pragma once

#include <cstddef>
#include <optional>

namespace unroll {

struct Decision {
  std::size_t label = 0;
  std::optional<std::size_t> against = {};

  /// value_of(label), less value_of(against) if there is one.
  template <typename ValueOf>
  double difference(ValueOf value_of) const {
    return against ? value_of(label) - value_of(*against) : value_of(label);
  }
};

}  // namespace unroll
