/// Attribution: why a text got its label. For each token, and for each n-gram, it says how much it
/// moved the decision, and what the decision would be without the token:
///
///     const auto predictor = unroll::TextPredictor::load("runs/a");
///     unroll::Attributor why(predictor);
///     for (const auto& token : why("A lovely film.").tokens)
///       std::cout << token.sum() << ' ' << token.token << '\n';
///
/// The decision is between two labels: the predicted one, unless another is asked for, and its most
/// probable rival. Its score is the difference of their O, the logarithm of the ratio of their
/// probabilities, S = ln ŷ_label − ln ŷ_against. Where a text may have any number of labels, the
/// decision is whether it has this one, and S = ln ŷ − ln(1 − ŷ). Either is the sum
///
///     S = Σ_tokens (network + n-grams) + base + rest,
///
/// where `network` is gradient × input (network_attribution.h), `ngrams` is the token's share of
/// the linear model's n-grams (ngram_attribution.h), `base` is what both say whatever the words
/// are, and `rest` is what gradient × input misses. All have the weights of the fusion.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/core/range.h"
#include "unroll/tools/classifier/text_predictor.h"

namespace unroll {

struct TokenAttribution {
  std::string token;      ///< as the model reads it
  std::size_t begin = 0;  ///< its bytes in the text; begin = end: it can't be found there
  std::size_t end = 0;
  bool known = false;    ///< whether the vocabulary has it
  double network = 0;    ///< gradient × input
  double ngrams = 0;     ///< its share of the n-grams that touch it
  double occlusion = 0;  ///< S less what S is without the token
  double sum() const { return network + ngrams; }
};

struct NgramAttribution {
  std::string text;           ///< tokens, or ~letters~ of which < and > are a word's ends
  std::vector<Range> places;  ///< the tokens that it touches, each time that it comes
  double tf_idf = 0;          ///< what it adds to S by the one model
  double naive_bayes = 0;     ///< by the other one
  double sum() const { return tf_idf + naive_bayes; }
};

struct Attribution {
  std::vector<std::string> answered;     ///< the labels that the text gets
  std::string label, against;            ///< `against` is "" where labels are any number
  double probability = 0;                ///< of the label
  double score = 0;                      ///< S
  std::vector<TokenAttribution> tokens;  ///< all that network or n-grams read
  std::vector<NgramAttribution> ngrams;  ///< known ones; what moved S most comes first
  double network_base = 0;               ///< what the network says about words without meaning
  double ngram_base = 0;                 ///< what the linear model says about no n-grams
  double rest = 0;                       ///< S less all parts
  bool cut = false;                      ///< the text is longer than the network reads
};

/// Between which labels; what is empty is the most probable one.
struct AttributedLabels {
  std::string label, against;
};

/// One per thread.
class Attributor {
 public:
  /// What the network's words miss at most, as a share of 1 + |score|, unless the text is long.
  static constexpr double kMissed = 1e-3;

  /// The predictor must outlive it and stay where it is.
  explicit Attributor(const TextPredictor& predictor);
  ~Attributor();
  Attributor(Attributor&&) noexcept;
  Attributor& operator=(Attributor&&) noexcept;

  /// Throws DataError unless the text is valid UTF-8, UsageError for a label that the model lacks
  /// and for twice the same.
  Attribution operator()(std::string_view text, const AttributedLabels& labels = {});

 private:
  class Implementation;

  std::unique_ptr<Implementation> implementation_;
};

}  // namespace unroll
