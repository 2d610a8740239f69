#include "unroll/tools/classifier/ngram_classifier.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "unroll/core/sparse_counts.h"

namespace unroll {

double term_weight(std::size_t count) noexcept {
  static const auto weights = [] {
    std::array<double, kMostCount + 1> values{};
    for (std::size_t c = 1; c < values.size(); ++c)
      values[c] = 1 + std::log(static_cast<double>(c));
    return values;
  }();
  return weights[count];
}

NgramClassifier::NgramClassifier(const NgramSettings& settings, NgramIndex index,
                                 std::size_t labels)
    : settings_(settings), index_(std::move(index)), labels_(labels) {
  const std::size_t columns = kNgramModels.size() * machines_for(labels);
  idf = Tensor<float>({index_.size()});
  W = Tensor<BFloat16>({index_.size(), columns});
  b = Tensor<float>({columns});
}

std::size_t NgramClassifier::bytes() const noexcept {
  return index_.bytes() + idf.size() * sizeof(float) + W.size() * sizeof(BFloat16) +
         b.size() * sizeof(float);
}

void NgramClassifier::margins(std::span<const std::string> tokens, Scratch& scratch,
                              MatrixView<double> margins) const {
  scratch.counter.count(tokens);
  scratch.sums.assign(b.size(), 0.0);
  double norm = 0;
  const auto keys = scratch.counter.keys();
  for (std::size_t k = 0; k < keys.size(); ++k) {
    const std::uint32_t column = index_.number(keys[k]);
    if (column != NgramIndex::kNone) add(column, scratch.counter.counts()[k], norm, scratch.sums);
  }
  set_margins(norm, scratch.sums, margins);
}

void NgramClassifier::margins_of(std::span<const std::uint32_t> columns,
                                 std::span<const std::uint8_t> counts, std::vector<double>& sums,
                                 MatrixView<double> margins) const {
  sums.assign(b.size(), 0.0);
  double norm = 0;
  for (std::size_t k = 0; k < columns.size(); ++k) add(columns[k], counts[k], norm, sums);
  set_margins(norm, sums, margins);
}

void NgramClassifier::add(std::uint32_t column, std::size_t count, double& norm,
                          std::span<double> sums) const {
  const std::size_t machines = sums.size() / kNgramModels.size();
  const double v = term_weight(count) * static_cast<double>(idf[column]);
  norm += v * v;
  const auto weights = W.matrix().row(column);
  for (std::size_t m = 0; m < machines; ++m) {
    sums[m] += v * static_cast<double>(to_float(weights[m]));
    sums[machines + m] += static_cast<double>(to_float(weights[machines + m]));
  }
}

void NgramClassifier::set_margins(double norm, std::span<const double> sums,
                                  MatrixView<double> margins) const {
  const std::size_t machines = sums.size() / kNgramModels.size();
  const double per_norm = norm > 0 ? 1 / std::sqrt(norm) : 0;
  for (std::size_t model = 0; model < kNgramModels.size(); ++model) {
    const auto row = margins.row(model);
    for (std::size_t m = 0; m < machines; ++m) {
      const std::size_t at = model * machines + m;
      const double scale = kNgramModels[model] == NgramModel::kTfIdf ? per_norm : 1;
      row[m] = scale * sums[at] + static_cast<double>(b[at]);
    }
    if (labels_ == 2) {  // the one machine's positive side is the second label's
      row[1] = row[0];
      row[0] = -row[0];
    }
  }
}

}  // namespace unroll
