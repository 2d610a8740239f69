/// The settings that `unroll tune` tries: a few values of each setting that matters, around the
/// defaults. What a user has given is not searched.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/text/tokenizer.h"
#include "unroll/tools/program/settings.h"

namespace unroll {

class SearchSpace {
 public:
  /// `fixed`: what a user has given. `chosen`: the tokenizer that training chose from the texts.
  SearchSpace(const Settings& fixed, TokenizerKind chosen, std::uint64_t seed);

  /// The `number`th draw: a few settings that are not the defaults. Every second one is near
  /// `best`, in all settings but two. The same number and best give the same again.
  Settings draw(std::size_t number, const Settings& best) const;

 private:
  struct Dimension {
    std::string flag;
    std::vector<std::string> values;  ///< the default first
  };
  void add(std::string_view flag, std::vector<std::string> values, const Settings& fixed);

  std::vector<Dimension> dimensions_;
  std::uint64_t seed_;
};

}  // namespace unroll
