#include "unroll/tools/classifier/train_ngrams.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "unroll/core/parallel.h"
#include "unroll/optim/linear_svm.h"
#include "unroll/tools/classifier/fusion.h"

namespace unroll {

namespace {

/// ln((1 + rows) / (1 + rows with the column)) + 1 of each column.
std::vector<double> inverse_document_frequencies(const SparseCounts& rows, std::size_t columns) {
  std::vector<double> idf(columns, 1.0);
  for (const std::uint32_t column : rows.columns) idf[column] += 1;
  for (double& value : idf) value = std::log(static_cast<double>(1 + rows.rows()) / value) + 1;
  return idf;
}

/// Naive Bayes' log ratio of each column.
std::vector<double> naive_bayes_ratios(const LabelledCounts& rows, std::size_t columns,
                                       std::int32_t label) {
  std::vector<double> p(columns, 1.0), q(columns, 1.0);
  double all_p = static_cast<double>(columns), all_q = all_p;
  for (std::size_t r = 0; r < rows.labels.size(); ++r) {
    const bool is_label = rows.has(r, label);
    const Range values = rows.counts.row(r);
    for (std::size_t k = values.begin; k < values.end; ++k) {
      (is_label ? p : q)[rows.counts.columns[k]] += 1;
    }
    (is_label ? all_p : all_q) += static_cast<double>(values.size());
  }
  std::vector<double> ratios;
  for (std::size_t j = 0; j < columns; ++j) {
    ratios.push_back(std::log((p[j] / all_p) / (q[j] / all_q)));
  }
  return ratios;
}

/// Columns from the split on have the value 0 from now on.
void drop_second_part(CountWeights& weights) {
  for (std::size_t k = 1; k < weights.of_row.size(); k += 2) weights.of_row[k] = 0;
}

/// What one machine learnt with one C.
struct Machine {
  std::vector<BFloat16> w;  // of each column
  float b = 0;
};

/// One call of train_ngrams.
class Trainer {
 public:
  Trainer(const LabelledCounts& train, const LabelledCounts& dev, NgramClassifier& classifier,
          std::uint64_t seed)
      : train_(train),
        dev_(dev),
        classifier_(classifier),
        seed_(seed),
        machines_(classifier.machines()),
        tf_idf_(
            tf_idf_weights(train.counts, classifier.index().size(), classifier.index().words())),
        solved_(kNgramModels.size() * machines_) {
    std::ranges::transform(tf_idf_.of_column, classifier.idf.values().begin(),
                           [](double idf) { return static_cast<float>(idf); });
  }

  NgramTraining run() {
    NgramTraining result;
    parallel_parts(solved_.size(), [&](std::size_t at) { solve(at); });
    for (std::size_t model = 0; model < kNgramModels.size(); ++model) choose(model, result);
    return result;
  }

 private:
  /// The machine's positive label: with two labels the second one's.
  std::int32_t label_of(std::size_t at) const {
    const bool is_one_for_two = machines_ < classifier_.labels();
    return static_cast<std::int32_t>(is_one_for_two ? 1 : at % machines_);
  }

  std::vector<std::int8_t> sides(std::int32_t label) const {
    std::vector<std::int8_t> y;
    for (std::size_t row = 0; row < train_.labels.size(); ++row) {
      y.push_back(train_.has(row, label) ? 1 : -1);
    }
    return y;
  }

  std::vector<double> costs_of_rows(double C) const {
    std::vector<double> costs;
    if (train_.weights.empty()) costs.assign(train_.labels.size(), C);
    for (const float weight : train_.weights) costs.push_back(C * static_cast<double>(weight));
    return costs;
  }

  bool has_letters() const { return classifier_.index().words() < classifier_.index().size(); }

  /// A word and its letters are never independent of each other, as naive Bayes takes all columns
  /// to be. In long texts that does harm, in short ones letters are worth it: both are solved.
  void solve(std::size_t at) {
    if (at < machines_) return solve(at, tf_idf_, kTfIdfCosts);
    const NgramIndex& index = classifier_.index();
    CountWeights weights = naive_bayes_weights(train_, index.size(), index.words(), label_of(at));
    solve(at, weights, kNaiveBayesCosts);
    if (!has_letters()) return;
    drop_second_part(weights);
    solve(at, weights, kNaiveBayesCosts);
  }

  /// With rising C, each beginning at the solution of the one before.
  void solve(std::size_t at, const CountWeights& weights, std::span<const double> costs) {
    LinearSvm svm(train_.counts, weights, sides(label_of(at)));
    for (const double C : costs) {
      svm.solve(costs_of_rows(C), {.seed = seed_});
      solved_[at].push_back(rounded(svm, at < machines_));
    }
  }

  /// TF-IDF's scale of a column is in the text's x, naive Bayes' in the weight.
  Machine rounded(const LinearSvm& svm, bool is_tf_idf) const {
    Machine machine{.w = {}, .b = static_cast<float>(svm.b())};
    for (std::size_t j = 0; j < svm.columns(); ++j) {
      const double w = is_tf_idf ? svm.weight(j) / tf_idf_.of_column[j] : svm.weight(j);
      machine.w.push_back(to_bfloat16(static_cast<float>(w)));
    }
    return machine;
  }

  /// Sets the model's weights to those of its solutions that suit the dev rows best.
  void choose(std::size_t model, NgramTraining& result) {
    Tensor<double> best;
    double best_loss = 0;
    std::size_t best_at = 0;
    for (std::size_t c = 0; c < solved_[model * machines_].size(); ++c) {
      set_machines(model, c);
      Tensor<double> margins = dev_margins(model);
      const double loss = dev_loss(margins);
      if (c > 0 && loss >= best_loss) continue;
      best = std::move(margins);
      best_loss = loss;
      best_at = c;
    }
    set_machines(model, best_at);
    const bool is_tf_idf = kNgramModels[model] == NgramModel::kTfIdf;
    result.C.push_back((is_tf_idf ? kTfIdfCosts : kNaiveBayesCosts)[best_at % kCosts]);
    if (!is_tf_idf) result.words_alone = best_at >= kCosts;
    result.dev.push_back(std::move(best));
  }

  void set_machines(std::size_t model, std::size_t c) {
    for (std::size_t m = 0; m < machines_; ++m) {
      const std::size_t at = model * machines_ + m;
      const Machine& machine = solved_[at][c];
      for (std::size_t j = 0; j < machine.w.size(); ++j) {
        classifier_.W.matrix()(j, at) = machine.w[j];
      }
      classifier_.b[at] = machine.b;
    }
  }

  Tensor<double> dev_margins(std::size_t model) const {
    Tensor<double> margins({dev_.labels.size(), classifier_.labels()});
    constexpr std::size_t kAtLeast = 64;
    parallel_for(dev_.labels.size(), kAtLeast, [&](Range range) {
      NgramClassifier::Sums sums;
      Tensor<double> both({kNgramModels.size(), classifier_.labels()});
      for (std::size_t r = range.begin; r < range.end; ++r) {
        const Range values = dev_.counts.row(r);
        classifier_.margins_of(std::span(dev_.counts.columns).subspan(values.begin, values.size()),
                               std::span(dev_.counts.counts).subspan(values.begin, values.size()),
                               sums, both.matrix());
        std::ranges::copy(both.matrix().row(model), margins.matrix().row(r).begin());
      }
    });
    return margins;
  }

  /// The dev loss of the margins times the factor that suits them best: an SVM's are no logarithms.
  double dev_loss(const Tensor<double>& margins) const {
    std::vector<ExpertScores> experts{margins.matrix()};
    std::vector<FusionPrior> priors{{.weight = 2, .pull = 1}};
    Tensor<double> ones;
    if (dev_.sets != nullptr) {  // the bias that the fusion has, too
      ones = Tensor<double>(margins.shape());
      ones.fill(1);
      experts.push_back(ones.matrix());
      priors.push_back({.weight = 0, .pull = 1});
    }
    const DevRows rows{dev_.labels, dev_.weights, dev_.sets};
    AnswerCounts uncounted(classifier_.labels());
    return count_fused(experts, rows, fit_fusion(experts, rows, priors), uncounted);
  }

  const LabelledCounts& train_;
  const LabelledCounts& dev_;
  NgramClassifier& classifier_;
  std::uint64_t seed_;
  std::size_t machines_;
  CountWeights tf_idf_;
  std::vector<std::vector<Machine>> solved_;  // of each machine: with each C, then of words alone
};

}  // namespace

void append_ngrams(std::span<const TokenizedText> texts, const NgramSettings& settings,
                   SparseCounts& rows) {
  std::vector<const TokenizedText*> all;
  for (const TokenizedText& text : texts) all.push_back(&text);
  append_ngrams(all, settings, rows);
}

void append_ngrams(std::span<const TokenizedText* const> texts, const NgramSettings& settings,
                   SparseCounts& rows) {
  struct Row {
    std::vector<std::uint32_t> keys;
    std::vector<std::uint8_t> counts;
  };
  constexpr std::size_t kTextsPerPart = 32;
  std::vector<Row> found(texts.size());
  parallel_for(texts.size(), kTextsPerPart, [&](Range range) {
    NgramCounter counter(settings);
    for (std::size_t k = range.begin; k < range.end; ++k) {
      counter.count(texts[k]->tokens);
      found[k] = {{counter.keys().begin(), counter.keys().end()},
                  {counter.counts().begin(), counter.counts().end()}};
    }
  });
  for (const Row& row : found) rows.append(row.keys, row.counts);
}

CountWeights tf_idf_weights(const SparseCounts& rows, std::size_t columns, std::uint32_t split) {
  CountWeights weights;
  weights.split = split;
  for (std::size_t c = 0; c < weights.of_count.size(); ++c) weights.of_count[c] = term_weight(c);
  weights.of_column = inverse_document_frequencies(rows, columns);
  for (std::size_t r = 0; r < rows.rows(); ++r) {
    std::array<double, 2> squares{};
    const Range values = rows.row(r);
    for (std::size_t k = values.begin; k < values.end; ++k) {
      const double v = weights.of_count[rows.counts[k]] * weights.of_column[rows.columns[k]];
      squares[rows.columns[k] >= split] += v * v;
    }
    for (const double sum : squares) weights.of_row.push_back(inverse_norm(sum));
  }
  return weights;
}

CountWeights naive_bayes_weights(const LabelledCounts& rows, std::size_t columns,
                                 std::uint32_t split, std::int32_t label) {
  CountWeights weights;
  weights.split = split;
  weights.of_count.fill(1);
  weights.of_row.assign(2 * rows.counts.rows(), 1.0);
  weights.of_column = naive_bayes_ratios(rows, columns, label);
  return weights;
}

NgramTraining train_ngrams(const LabelledCounts& train, const LabelledCounts& dev,
                           NgramClassifier& classifier, std::uint64_t seed) {
  return Trainer(train, dev, classifier, seed).run();
}

}  // namespace unroll
