#include "unroll/tools/classifier/attribution.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <utility>

#include "unroll/core/error.h"
#include "unroll/layers/sequence_predictor.h"
#include "unroll/text/batches.h"
#include "unroll/text/token_places.h"
#include "unroll/tools/classifier/network_attribution.h"
#include "unroll/tools/classifier/ngram_attribution.h"

namespace unroll {

namespace {

using Tokens = std::vector<std::string>;

/// Texts as their tokens → S of each, as the predictor answers.
class Scorer {
 public:
  explicit Scorer(const TextClassifier& classifier) : classifier_(classifier) {
    if (classifier.has_network()) network_.emplace(classifier.model());
    if (classifier.ngrams() != nullptr) ngrams_.emplace(*classifier.ngrams());
  }

  std::vector<double> operator()(std::span<const Tokens> texts, const Decision& decision) {
    const double bias = classifier_.fusion().bias;
    std::vector<double> scores(texts.size(),
                               decision.difference([&](std::size_t) { return bias; }));
    if (network_) add_network(texts, decision, scores);
    if (ngrams_) add_ngrams(texts, decision, scores);
    return scores;
  }

 private:
  void add_network(std::span<const Tokens> texts, const Decision& decision,
                   std::span<double> scores) {
    std::vector<Example> examples(texts.size());
    for (std::size_t k = 0; k < texts.size(); ++k)
      classifier_.encoder().encode(TokenizedText{texts[k]}, examples[k].ids);
    for (const std::vector<std::size_t>& rows : sorted_batches(examples, TextPredictor::kBatch)) {
      make_batch(examples, rows, batch_);
      const auto O = network_->predict(batch_.shape, batch_.ids, scratch_);
      for (std::size_t r = 0; r < batch_.rows.size(); ++r) {
        scores[batch_.rows[r]] +=
            classifier_.fusion().network *
            decision.difference([&](std::size_t k) { return static_cast<double>(O(r, k)); });
      }
    }
  }

  void add_ngrams(std::span<const Tokens> texts, const Decision& decision,
                  std::span<double> scores) {
    Tensor<double> margins({kNgramModels.size(), classifier_.labels().size()});
    const auto m = margins.matrix();
    for (std::size_t k = 0; k < texts.size(); ++k) {
      classifier_.ngrams()->margins(texts[k], *ngrams_, m);
      for (std::size_t model = 0; model < kNgramModels.size(); ++model) {
        scores[k] += classifier_.fusion().ngrams[model] *
                     decision.difference([&](std::size_t label) { return m(model, label); });
      }
    }
  }

  const TextClassifier& classifier_;
  std::optional<SequencePredictor<float>> network_;
  std::optional<NgramClassifier::Scratch> ngrams_;
  Batch batch_;
  SequencePredictor<float>::Scratch scratch_;
};

/// The text without each of these tokens.
std::vector<Tokens> without_each(const Tokens& tokens, Range left_out) {
  std::vector<Tokens> texts(left_out.size(), tokens);
  for (std::size_t k = 0; k < texts.size(); ++k)
    texts[k].erase(texts[k].begin() + static_cast<std::ptrdiff_t>(left_out.begin + k));
  return texts;
}

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
        tokenizer_(classifier_.encoder().settings().tokenizer),
        scorer_(classifier_) {
    if (classifier_.has_network()) network_.emplace(classifier_.model());
  }

  Attribution attribute(std::string_view text, const AttributedLabels& labels) {
    const Prediction prediction = predictor_.predict(text);
    const Decision decision = decision_of(labels, classifier_, prediction);
    const Tokens tokens = classifier_.encoder().tokenize(text, tokenizer_).tokens;
    Attribution result{.label = classifier_.labels()[decision.label],
                       .against = decision.against ? classifier_.labels()[*decision.against] : "",
                       .probability = static_cast<double>(prediction.probabilities[decision.label]),
                       .tokens = named(text, tokens),
                       .ngrams = {},
                       .cut = prediction.text.cut};
    add_occlusion(tokens, decision, result);
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

  void add_occlusion(const Tokens& tokens, const Decision& decision, Attribution& result) {
    constexpr std::size_t kTogether = TextPredictor::kBatch;
    result.score = scorer_(std::span(&tokens, 1), decision).front();
    for (std::size_t first = 0; first < result.tokens.size(); first += kTogether) {
      const Range range{first, std::min(first + kTogether, result.tokens.size())};
      const std::vector<double> scores = scorer_(without_each(tokens, range), decision);
      for (std::size_t k = 0; k < scores.size(); ++k)
        result.tokens[first + k].occlusion = result.score - scores[k];
    }
  }

  /// A token may have become several ids, and those at the end may have been cut off. A text
  /// without tokens is one unknown word, which is then a part of the base.
  void add_network(const Tokens& tokens, const Decision& decision, Attribution& result) {
    const double weight = classifier_.fusion().network;
    const auto ids = classifier_.encoder().encode(TokenizedText{tokens});
    const double missed = Attributor::kMissed * (1 + std::abs(result.score)) / std::max(1.0, std::abs(weight));
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
  Scorer scorer_;
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
