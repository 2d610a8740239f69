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

double inverse_norm(double squares) noexcept {
  return squares > 0 ? 1 / std::sqrt(squares) : 0;
}

NgramClassifier::NgramClassifier(const NgramSettings& settings, NgramIndex index,
                                 std::size_t labels, OutputKind output)
    : settings_(settings), index_(std::move(index)), labels_(labels) {
  const std::size_t columns = kNgramModels.size() * machines_for(labels, output);
  idf = Tensor<float>({index_.size()});
  W = Tensor<BFloat16>({index_.size(), columns});
  b = Tensor<float>({columns});
}

NgramClassifier::NgramClassifier(const NgramSettings& settings, NgramIndex index,
                                 std::size_t labels, Tensor<float> idf_values,
                                 Tensor<BFloat16> weights, Tensor<float> biases)
    : idf(std::move(idf_values)),
      W(std::move(weights)),
      b(std::move(biases)),
      settings_(settings),
      index_(std::move(index)),
      labels_(labels) {}

std::size_t NgramClassifier::bytes() const noexcept {
  return index_.bytes() + idf.size() * sizeof(float) + W.size() * sizeof(BFloat16) +
         b.size() * sizeof(float);
}

void NgramClassifier::margins(std::span<const std::string> tokens, Scratch& scratch,
                              MatrixView<double> margins) const {
  scratch.counter.count(tokens);
  clear(scratch.sums);
  const auto keys = scratch.counter.keys();
  for (std::size_t k = 0; k < keys.size(); ++k) {
    const std::uint32_t column = index_.number(keys[k]);
    if (column != NgramIndex::kNone) add(column, scratch.counter.counts()[k], scratch.sums);
  }
  set_margins(scratch.sums, margins);
}

void NgramClassifier::margins_of(std::span<const std::uint32_t> columns,
                                 std::span<const std::uint8_t> counts, Sums& sums,
                                 MatrixView<double> margins) const {
  clear(sums);
  for (std::size_t k = 0; k < columns.size(); ++k) add(columns[k], counts[k], sums);
  set_margins(sums, margins);
}

void NgramClassifier::clear(Sums& sums) const {
  const std::size_t machines = this->machines();
  sums.squares = {};
  sums.v.assign(2 * machines, 0.0);
  sums.ones.assign(machines, 0.0);
}

void NgramClassifier::add(std::uint32_t column, std::size_t count, Sums& sums) const {
  const std::size_t machines = sums.ones.size();
  const std::size_t part = column < index_.words() ? 0 : 1;
  const double v = term_weight(count) * static_cast<double>(idf[column]);
  sums.squares[part] += v * v;
  const auto weights = W.matrix().row(column);
  const auto sums_v = std::span(sums.v).subspan(part * machines, machines);
  for (std::size_t m = 0; m < machines; ++m) {
    sums_v[m] += v * static_cast<double>(to_float(weights[m]));
    sums.ones[m] += static_cast<double>(to_float(weights[machines + m]));
  }
}

void NgramClassifier::set_margins(const Sums& sums, MatrixView<double> margins) const {
  const std::size_t machines = sums.ones.size();
  const auto tf_idf = margins.row(0), naive_bayes = margins.row(1);
  const double per_words = inverse_norm(sums.squares[0]);
  const double per_letters = inverse_norm(sums.squares[1]);
  for (std::size_t m = 0; m < machines; ++m) {
    tf_idf[m] =
        per_words * sums.v[m] + per_letters * sums.v[machines + m] + static_cast<double>(b[m]);
    naive_bayes[m] = sums.ones[m] + static_cast<double>(b[machines + m]);
  }
  if (machines == labels_) return;
  for (const auto row : {tf_idf, naive_bayes}) {  // one machine: its positive side is label 1
    row[1] = row[0];
    row[0] = -row[0];
  }
}

}  // namespace unroll
