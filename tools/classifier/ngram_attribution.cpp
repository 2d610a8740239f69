#include "unroll/tools/classifier/ngram_attribution.h"

#include <algorithm>
#include <map>

#include "unroll/core/sparse_counts.h"
#include "unroll/text/ngrams.h"

namespace unroll {

namespace {

/// The difference of margins in a decision, as functions of one value for each machine.
class Machines {
 public:
  Machines(const NgramClassifier& classifier, const Decision& decision)
      : classifier_(classifier), machines_(classifier.machines()), decision_(decision) {}

  double weight(std::size_t model, std::size_t column) const {
    const auto row = classifier_.W.matrix().row(column);
    return difference([&](std::size_t machine) {
      return static_cast<double>(to_float(row[model * machines_ + machine]));
    });
  }
  double bias(std::size_t model) const {
    return difference([&](std::size_t machine) {
      return static_cast<double>(classifier_.b[model * machines_ + machine]);
    });
  }

 private:
  template <typename OfMachine>
  double difference(OfMachine of_machine) const {
    if (machines_ > 1) return decision_.difference(of_machine);
    return (decision_.label == 1 ? 2 : -2) * of_machine(0);  // its positive side is label 1
  }

  const NgramClassifier& classifier_;
  std::size_t machines_;
  Decision decision_;
};

/// The n-grams that the model knows, each once, and their numbers.
struct KnownNgrams {
  std::vector<NgramAttribution> ngrams;
  std::vector<std::uint32_t> columns;
};

KnownNgrams known_ngrams(const NgramClassifier& classifier, std::span<const std::string> tokens) {
  KnownNgrams known;
  std::unordered_map<std::uint32_t, std::size_t> place_of;
  for (NgramPlace& place : place_ngrams(tokens, classifier.settings())) {
    const std::uint32_t column = classifier.index().number(place.key);
    if (column == NgramIndex::kNone) continue;
    const auto [entry, is_new] = place_of.try_emplace(column, known.ngrams.size());
    if (is_new) {
      known.ngrams.push_back({.text = std::move(place.text), .places = {}});
      known.columns.push_back(column);
    }
    known.ngrams[entry->second].places.push_back(place.tokens);
  }
  return known;
}

/// Calls body(column) each time that a known n-gram comes.
template <typename Body>
void for_each_known(const NgramClassifier& classifier, std::span<const std::string> tokens,
                    Body body) {
  for (const NgramPlace& place : place_ngrams(tokens, classifier.settings())) {
    const std::uint32_t column = classifier.index().number(place.key);
    if (column != NgramIndex::kNone) body(column);
  }
}

/// v of an n-gram before its norm.
double tf_idf_value(const NgramClassifier& classifier, std::uint32_t column, std::size_t count) {
  return term_weight(std::min<std::size_t>(count, kMostCount)) *
         static_cast<double>(classifier.idf[column]);
}

}  // namespace

NgramParts ngram_parts(const NgramClassifier& classifier, const std::array<double, 2>& weights,
                       std::span<const std::string> tokens, const Decision& decision) {
  const Machines machines(classifier, decision);
  auto [ngrams, columns] = known_ngrams(classifier, tokens);
  std::array<double, 2> squares{};  // over words, over letters
  const auto part_of = [&](std::uint32_t column) {
    return column < classifier.index().words() ? 0U : 1U;
  };
  for (std::size_t k = 0; k < ngrams.size(); ++k) {
    const double v = tf_idf_value(classifier, columns[k], ngrams[k].places.size());
    squares[part_of(columns[k])] += v * v;
  }
  for (std::size_t k = 0; k < ngrams.size(); ++k) {
    const double x = tf_idf_value(classifier, columns[k], ngrams[k].places.size()) *
                     inverse_norm(squares[part_of(columns[k])]);
    ngrams[k].tf_idf = weights[0] * x * machines.weight(0, columns[k]);
    ngrams[k].naive_bayes = weights[1] * machines.weight(1, columns[k]);
  }
  return {.ngrams = std::move(ngrams),
          .bias = weights[0] * machines.bias(0) + weights[1] * machines.bias(1)};
}

NgramOcclusion::NgramOcclusion(const NgramClassifier& classifier,
                               const std::array<double, 2>& weights,
                               std::span<const std::string> tokens, const Decision& decision)
    : classifier_(classifier), weights_(weights), tokens_(tokens), decision_(decision) {
  for_each_known(classifier, tokens, [&](std::uint32_t column) { ++counts_[column]; });
  for (const auto& [column, count] : counts_) add(column, 0, count, sums_);
}

double NgramOcclusion::score_without(std::size_t token) const {
  const NgramSettings& settings = classifier_.settings();
  const auto at = static_cast<std::ptrdiff_t>(token);
  if (settings.most_tokens > 0) {  // a token behind those that count comes to count
    std::vector<std::string> others(tokens_.begin(), tokens_.end());
    others.erase(others.begin() + at);
    return NgramOcclusion(classifier_, weights_, others, decision_).score();
  }
  // No n-gram touches more tokens; a letter of a script without spaces may be one of them.
  const std::size_t reach = std::max(settings.words, settings.unspaced);
  const std::size_t begin = token - std::min(token, reach);
  const auto near = tokens_.subspan(begin, std::min(tokens_.size(), token + reach + 1) - begin);
  std::map<std::uint32_t, std::ptrdiff_t> changes;
  for_each_known(classifier_, near, [&](std::uint32_t column) { --changes[column]; });
  std::vector<std::string> others(near.begin(), near.end());
  others.erase(others.begin() + (at - static_cast<std::ptrdiff_t>(begin)));
  for_each_known(classifier_, others, [&](std::uint32_t column) { ++changes[column]; });
  Sums sums = sums_;
  for (const auto& [column, change] : changes) {
    const auto found = counts_.find(column);
    const std::size_t before = found == counts_.end() ? 0 : found->second;
    add(column, before, before + static_cast<std::size_t>(change), sums);
  }
  return score_of(sums);
}

/// Changes the sums as if the n-gram came `after` times instead of `before` times.
void NgramOcclusion::add(std::uint32_t column, std::size_t before, std::size_t after,
                         Sums& sums) const {
  if (before == after) return;
  const Machines machines(classifier_, decision_);
  const std::size_t part = column < classifier_.index().words() ? 0 : 1;
  const double was = before == 0 ? 0 : tf_idf_value(classifier_, column, before);
  const double is = after == 0 ? 0 : tf_idf_value(classifier_, column, after);
  const int comes = (after > 0 ? 1 : 0) - (before > 0 ? 1 : 0);
  sums.ngrams[part] += static_cast<std::size_t>(comes);
  sums.squares[part] += is * is - was * was;
  sums.tf_idf[part] += (is - was) * machines.weight(0, column);
  sums.naive_bayes += comes * machines.weight(1, column);
}

double NgramOcclusion::score_of(const Sums& sums) const {
  const Machines machines(classifier_, decision_);
  double tf_idf = machines.bias(0);
  for (std::size_t part = 0; part < 2; ++part) {
    if (sums.ngrams[part] > 0)  // without an n-gram only rounding is left of the squares
      tf_idf += sums.tf_idf[part] * inverse_norm(sums.squares[part]);
  }
  return weights_[0] * tf_idf + weights_[1] * (sums.naive_bayes + machines.bias(1));
}

}  // namespace unroll
