#include "unroll/tools/program/tune/search_space.h"

#include <algorithm>
#include <utility>

#include "unroll/core/random.h"
#include "unroll/tools/classifier/model_config.h"

namespace unroll {

namespace {

/// Tokenizers that suit the same texts as the chosen one.
std::vector<std::string> tokenizers_like(TokenizerKind chosen) {
  switch (chosen) {
    case TokenizerKind::kChar:
      return {"char", "icu"};
    case TokenizerKind::kIcu:
      return {"icu", "char", "subword"};
    case TokenizerKind::kSpace:
      return {"space", "icu", "subword"};
    case TokenizerKind::kJieba:
      return {"jieba", "char"};
    case TokenizerKind::kSubword:
      return {"subword", "icu"};
  }
  return {};
}

/// Uniform among the values.
std::string any_of(const std::vector<std::string>& values, Random& random) {
  return values[random.below(values.size())];
}

/// The default in half of the cases: a candidate that is strange in all respects is rarely good.
std::string draw_value(const std::vector<std::string>& values, Random& random) {
  return random.below(2) == 0 ? values.front() : any_of(values, random);
}

}  // namespace

SearchSpace::SearchSpace(const Settings& fixed, TokenizerKind chosen, std::uint64_t seed)
    : seed_(seed) {
  add("lr", {"0.001", "0.0005", "0.002", "0.004"}, fixed);
  add("hidden", {"128", "64", "192", "256"}, fixed);
  add("embedding", {"128", "64", "200", "300"}, fixed);
  add("cell", {"lstm", "gru"}, fixed);
  add("dropout", {"0.5", "0.2", "0.35", "0.65"}, fixed);
  add("word-dropout", {"0.1", "0", "0.2", "0.3"}, fixed);
  add("average", {"0.995", "0.99", "0.998"}, fixed);
  add("batch", {"64", "32", "128"}, fixed);
  add("min-count", {"2", "1", "3"}, fixed);
  add("tokenizer", tokenizers_like(chosen), fixed);
}

void SearchSpace::add(std::string_view flag, std::vector<std::string> values,
                      const Settings& fixed) {
  if (std::ranges::count(fixed, flag, &Setting::flag) > 0) return;
  dimensions_.push_back({std::string(flag), std::move(values)});
}

Settings SearchSpace::draw(std::size_t number, const Settings& best) const {
  constexpr std::size_t kChanged = 2;
  Random random(seed_, "tune/", number);
  // Near a linear model alone only the tokenizer would matter.
  const bool is_near = number % 2 == 1 && !best.empty() && value_of(best, "cell", "") != "none";
  std::vector<std::string> values;
  for (const Dimension& dimension : dimensions_) {
    values.push_back(is_near ? value_of(best, dimension.flag, dimension.values.front())
                             : draw_value(dimension.values, random));
  }
  for (std::size_t k = 0; is_near && k < kChanged && !dimensions_.empty(); ++k) {
    const std::size_t at = random.below(dimensions_.size());
    values[at] = any_of(dimensions_[at].values, random);
  }
  Settings settings;
  for (std::size_t k = 0; k < dimensions_.size(); ++k)
    if (values[k] != dimensions_[k].values.front())
      settings.push_back({dimensions_[k].flag, values[k], "unroll tune"});
  return settings;
}

}  // namespace unroll
