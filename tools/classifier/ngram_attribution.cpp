#include "unroll/tools/classifier/ngram_attribution.h"

#include <algorithm>
#include <unordered_map>

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

}  // namespace unroll
