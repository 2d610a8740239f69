#include "unroll/tools/classifier/attribution.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <utility>

#include "unroll/core/error.h"
#include "unroll/core/parallel.h"
#include "unroll/layers/sequence_predictor.h"
#include "unroll/text/batches.h"
#include "unroll/text/token_places.h"
#include "unroll/tools/classifier/network_attribution.h"
#include "unroll/tools/classifier/ngram_attribution.h"

namespace unroll {

namespace {

using Tokens = std::vector<std::string>;

/// Texts as ids → what the network adds to S of each.
class NetworkScorer {
 public:
  explicit NetworkScorer(const TextClassifier& classifier)
      : weight_(classifier.fusion().network), network_(classifier.model()) {}

  std::vector<double> operator()(std::span<const Example> texts, const Decision& decision) {
    std::vector<double> scores(texts.size());
    for (const std::vector<std::size_t>& rows : sorted_batches(texts, TextPredictor::kBatch)) {
      make_batch(texts, rows, batch_);
      const auto O = network_.predict(batch_.shape, batch_.ids, scratch_);
      for (std::size_t r = 0; r < batch_.rows.size(); ++r) {
        scores[batch_.rows[r]] = weight_ * decision.difference([&](std::size_t k) {
          return static_cast<double>(O(r, k));
        });
      }
    }
    return scores;
  }

 private:
  double weight_;
  SequencePredictor<float> network_;
  Batch batch_;
  SequencePredictor<float>::Scratch scratch_;
};

/// A text's ids token by token, so that it can be read without one of its tokens.
class TokenIds {
 public:
  TokenIds(const Tokens& tokens, const TextEncoder& encoder)
      : most_(encoder.settings().max_tokens) {
    std::size_t longest = 0;  // as many ids behind those that are read come in for a token's
    for (std::size_t t = 0; t < tokens.size() && ids_.size() < most_ + longest; ++t) {
      const std::size_t begin = ids_.size();
      encoder.append_ids(tokens[t], ids_);
      ends_.push_back(ids_.size());
      longest = std::max(longest, ids_.size() - begin);
      if (begin < most_) ++read_;
    }
  }

  /// The tokens of which the network reads an id or more.
  std::size_t read() const { return read_; }

  std::vector<std::int32_t> without(std::size_t token) const {
    const std::size_t begin = token == 0 ? 0 : ends_[token - 1];
    std::vector<std::int32_t> ids(ids_.begin(), ids_.begin() + static_cast<std::ptrdiff_t>(begin));
    ids.insert(ids.end(), ids_.begin() + static_cast<std::ptrdiff_t>(ends_[token]), ids_.end());
    if (ids.size() > most_) ids.resize(most_);
    if (ids.empty()) ids.push_back(Vocabulary::kUnknown);
    return ids;
  }

 private:
  std::size_t most_;
  std::vector<std::int32_t> ids_;
  std::vector<std::size_t> ends_;  // of each token's ids
  std::size_t read_ = 0;
};

/// How many of a text's tokens can change its label.
std::size_t tokens_read(const TextClassifier& classifier, std::size_t tokens) {
  const NgramClassifier* ngrams = classifier.ngrams();
  if (ngrams != nullptr && ngrams->settings().most_tokens == 0) return tokens;
  return std::min(tokens, classifier.encoder().settings().max_tokens);
}

std::size_t number_of(std::string_view label, const TextClassifier& classifier) {
  const std::int32_t number = classifier.label_number(label);
  if (number >= 0) return static_cast<std::size_t>(number);
  throw UsageError(fmt::format("the model has no label \"{}\"; its labels are {}", label,
                               fmt::join(classifier.labels(), ", ")));
}

/// The most probable label but this one.
std::size_t rival_of(std::size_t label, const Prediction& prediction) {
  std::size_t best = label == 0 ? 1 : 0;
  for (std::size_t k = 0; k < prediction.probabilities.size(); ++k) {
    if (k != label && prediction.probabilities[k] > prediction.probabilities[best]) best = k;
  }
  return best;
}

Decision decision_of(const AttributedLabels& labels, const TextClassifier& classifier,
                     const Prediction& prediction) {
  Decision decision;
  decision.label = number_of(labels.label.empty() ? prediction.label : labels.label, classifier);
  if (classifier.has_any_number_of_labels()) {
    if (labels.against.empty()) return decision;
    throw UsageError("the model answers each label by itself, so none is against another one");
  }
  decision.against = labels.against.empty() ? rival_of(decision.label, prediction)
                                            : number_of(labels.against, classifier);
  if (decision.label != decision.against) return decision;
  throw UsageError(fmt::format("\"{}\" against itself is no decision; name another label",
                               classifier.labels()[decision.label]));
}

}  // namespace

class Attributor::Implementation {
 public:
  explicit Implementation(const TextPredictor& predictor)
      : predictor_(predictor),
        classifier_(predictor.classifier()),
        tokenizer_(classifier_.encoder().settings().tokenizer) {
    if (!classifier_.has_network()) return;
    scorer_.emplace(classifier_);
    network_.emplace(classifier_.model());
  }

  Attribution attribute(std::string_view text, const AttributedLabels& labels) {
    const Prediction prediction = predictor_.predict(text);
    const Decision decision = decision_of(labels, classifier_, prediction);
    const Tokens tokens = classifier_.encoder().tokenize(text, tokenizer_).tokens;
    const auto answered = predictor_.labels_of(
        prediction, classifier_.has_any_number_of_labels() ? TextPredictor::kThreshold : 0);
    Attribution result{.answered = {answered.begin(), answered.end()},
                       .label = classifier_.labels()[decision.label],
                       .against = decision.against ? classifier_.labels()[*decision.against] : "",
                       .probability = static_cast<double>(prediction.probabilities[decision.label]),
                       .tokens = named(text, tokens),
                       .ngrams = {},
                       .cut = prediction.text.cut};
    result.score = decision.difference([&](std::size_t) { return classifier_.fusion().bias; });
    if (network_) occlude_network(tokens, decision, result);
    if (classifier_.ngrams() != nullptr) occlude_ngrams(tokens, decision, result);
    if (network_) add_network(tokens, decision, result);
    if (classifier_.ngrams() != nullptr) add_ngrams(tokens, decision, result);
    result.rest = result.score - result.network_base - result.ngram_base;
    for (const TokenAttribution& token : result.tokens) result.rest -= token.sum();
    return result;
  }

 private:
  std::vector<TokenAttribution> named(std::string_view text, const Tokens& tokens) const {
    const std::vector<Range> places = place_tokens(text, classifier_.encoder().settings());
    std::vector<TokenAttribution> named(tokens_read(classifier_, tokens.size()));
    for (std::size_t t = 0; t < named.size(); ++t) {
      named[t].token = tokens[t];
      named[t].begin = places[t].begin;
      named[t].end = places[t].end;
      named[t].known = classifier_.encoder().knows(tokens[t]);
    }
    return named;
  }

  /// Tokens that the network does not read leave it as it is.
  void occlude_network(const Tokens& tokens, const Decision& decision, Attribution& result) {
    constexpr std::size_t kTogether = TextPredictor::kBatch;
    Example whole;
    classifier_.encoder().encode(TokenizedText{tokens}, whole.ids);
    const double score = (*scorer_)(std::span(&whole, 1), decision).front();
    result.score += score;
    const TokenIds ids(tokens, classifier_.encoder());
    for (std::size_t first = 0; first < ids.read(); first += kTogether) {
      std::vector<Example> texts(std::min(kTogether, ids.read() - first));
      for (std::size_t k = 0; k < texts.size(); ++k) texts[k].ids = ids.without(first + k);
      const std::vector<double> scores = (*scorer_)(texts, decision);
      for (std::size_t k = 0; k < scores.size(); ++k)
        result.tokens[first + k].occlusion += score - scores[k];
    }
  }

  void occlude_ngrams(const Tokens& tokens, const Decision& decision, Attribution& result) const {
    const NgramOcclusion ngrams(*classifier_.ngrams(), classifier_.fusion().ngrams, tokens,
                                decision);
    result.score += ngrams.score();
    parallel_for(result.tokens.size(), 64, [&](Range range) {
      for (std::size_t t = range.begin; t < range.end; ++t)
        result.tokens[t].occlusion += ngrams.score() - ngrams.score_without(t);
    });
  }

  /// A token may have become several ids, and those at the end may have been cut off. A text
  /// without tokens is one unknown word, which is then a part of the base.
  void add_network(const Tokens& tokens, const Decision& decision, Attribution& result) {
    const double weight = classifier_.fusion().network;
    const auto ids = classifier_.encoder().encode(TokenizedText{tokens});
    const double missed =
        Attributor::kMissed * (1 + std::abs(result.score)) / std::max(1.0, std::abs(weight));
    const NetworkParts parts = network_->parts(ids, decision, missed);
    result.network_base = weight * parts.base;
    if (tokens.empty()) result.network_base += weight * parts.words.front();
    std::vector<std::int32_t> own;
    for (std::size_t t = 0, id = 0; t < tokens.size() && id < ids.size(); ++t) {
      own.clear();
      classifier_.encoder().append_ids(tokens[t], own);
      for (std::size_t k = 0; k < own.size() && id < ids.size(); ++k, ++id) {
        result.tokens[t].network += weight * parts.words[id];
      }
    }
  }

  void add_ngrams(const Tokens& tokens, const Decision& decision, Attribution& result) const {
    const FusionWeights& fusion = classifier_.fusion();
    NgramParts parts = ngram_parts(*classifier_.ngrams(), fusion.ngrams, tokens, decision);
    result.ngram_base = parts.bias + decision.difference([&](std::size_t) { return fusion.bias; });
    for (const NgramAttribution& ngram : parts.ngrams) share(ngram, result.tokens);
    result.ngrams = std::move(parts.ngrams);
    std::ranges::stable_sort(result.ngrams, std::greater<>(),
                             [](const NgramAttribution& ngram) { return std::abs(ngram.sum()); });
  }

  /// In equal parts to its places, and there to its tokens.
  static void share(const NgramAttribution& ngram, std::span<TokenAttribution> tokens) {
    const double at_a_place = ngram.sum() / static_cast<double>(ngram.places.size());
    for (const Range place : ngram.places) {
      for (std::size_t t = place.begin; t < place.end; ++t)
        tokens[t].ngrams += at_a_place / static_cast<double>(place.size());
    }
  }

  const TextPredictor& predictor_;
  const TextClassifier& classifier_;
  Tokenizer tokenizer_;
  std::optional<NetworkScorer> scorer_;
  std::optional<NetworkAttribution> network_;
};

Attributor::Attributor(const TextPredictor& predictor)
    : implementation_(std::make_unique<Implementation>(predictor)) {}

Attributor::~Attributor() = default;
Attributor::Attributor(Attributor&&) noexcept = default;
Attributor& Attributor::operator=(Attributor&&) noexcept = default;

Attribution Attributor::operator()(std::string_view text, const AttributedLabels& labels) {
  return implementation_->attribute(text, labels);
}

}  // namespace unroll
