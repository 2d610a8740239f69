#include "unroll/tools/classifier/attribution.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "tests/tools/small_classifier.h"
#include "unroll/core/error.h"
#include "unroll/core/random.h"
#include "unroll/tools/classifier/network_attribution.h"
#include "unroll/tools/classifier/ngram_attribution.h"

namespace unroll {
namespace {

using Tokens = std::vector<std::string>;

/// What gradient × input may miss of 1 + |score|, and a little for the prediction's floats.
constexpr double kRest = Attributor::kMissed + 1e-5;
/// Sums of doubles against the prediction's floats.
constexpr double kRounding = 2e-5;

/// ln of the ratio of two probabilities.
double score_of(const TextPredictor& predictor, std::string_view text, std::size_t label,
                std::size_t against) {
  const auto p = predictor.predict(text).probabilities;
  return std::log(static_cast<double>(p[label])) - std::log(static_cast<double>(p[against]));
}

void expect_parts_add_up(const Attribution& a) {
  double sum = a.network_base + a.ngram_base + a.rest;
  for (const TokenAttribution& token : a.tokens) sum += token.sum();
  EXPECT_NEAR(sum, a.score, 1e-12);
  EXPECT_NEAR(a.rest, 0, kRest * (1 + std::abs(a.score)));
}

/// A network with large embeddings, so that its gates are not in the middle of their range.
TextClassifier network(const SequenceClassifierConfig& wanted) {
  Vocabulary vocabulary({{"good", 3}, {"bad", 2}, {"film", 4}, {"很", 2}}, {});
  SequenceClassifierConfig config = wanted;
  config.vocabulary = vocabulary.size();
  config.classes = 3;
  TextClassifier classifier(TextEncoder({}, std::move(vocabulary)), {"neg", "neu", "pos"}, config);
  classifier.model().init(7);
  for (float& value : classifier.model().embedding().E.value.values()) value *= 20;
  return classifier;
}

const std::vector<std::string> kTexts{"good bad film film unknown good", "bad", "",
                                      "Good FILM 很很 bad"};

TEST(Attribution, AddsUpForEveryNetwork) {
  for (const Cell cell : kAllCells) {
    for (const Pool pool : {Pool::kMax, Pool::kMean, Pool::kLast}) {
      for (const std::size_t layers : {1U, 2U}) {
        SequenceClassifierConfig config{.embedding = 6, .cell = cell, .hidden = 5};
        config.layers = layers;
        config.pool = pool;
        config.bidirectional = layers == 2;
        const TextPredictor predictor(network(config));
        Attributor why(predictor);
        for (const std::string& text : kTexts) {
          SCOPED_TRACE(std::string(to_string(cell)) + " " + std::string(to_string(pool)) + " " +
                       text);
          const Attribution a = why(text);
          expect_parts_add_up(a);
          EXPECT_EQ(a.label, predictor.predict(text).label);
        }
      }
    }
  }
}

TEST(Attribution, AddsUpForFusedAndForLinearModels) {
  TextClassifier fused = test::small_fused_classifier();
  TextClassifier linear(fused.encoder(), fused.labels());
  linear.set_ngrams(NgramClassifier(*fused.ngrams()));
  linear.set_fusion({.network = 0, .ngrams = {1.25, 0.75}});
  const TextPredictor both(std::move(fused)), alone(std::move(linear));
  for (const std::string& text : kTexts) {
    expect_parts_add_up(Attributor(both)(text));
    const Attribution a = Attributor(alone)(text);
    expect_parts_add_up(a);
    EXPECT_NEAR(a.rest, 0, 1e-12) << "a sum of n-grams has no rest";
    EXPECT_EQ(a.network_base, 0);
  }
}

TEST(Attribution, ScoreIsTheLogarithmOfTheRatioOfProbabilities) {
  const TextPredictor predictor(test::small_fused_classifier());
  Attributor why(predictor);
  const Attribution a = why(kTexts[0], {.label = "neu", .against = "pos"});
  EXPECT_EQ(a.label, "neu");
  EXPECT_EQ(a.against, "pos");
  EXPECT_NEAR(a.score, score_of(predictor, kTexts[0], 1, 2), kRounding);
  EXPECT_NEAR(why(kTexts[0], {.label = "pos", .against = "neu"}).score, -a.score, 1e-12);
}

TEST(Attribution, IsAboutThePredictedLabelAndItsMostProbableRival) {
  const TextPredictor predictor(test::small_fused_classifier());
  const auto p = predictor.predict(kTexts[0]).probabilities;
  const Attribution a = Attributor(predictor)(kTexts[0]);
  const auto place = [&](const std::string& label) {
    return static_cast<std::size_t>(predictor.classifier().label_number(label));
  };
  EXPECT_EQ(a.label, predictor.predict(kTexts[0]).label);
  for (std::size_t k = 0; k < 3; ++k) {
    EXPECT_TRUE(k == place(a.label) || p[k] <= p[place(a.against)]) << k;
  }
  EXPECT_FLOAT_EQ(static_cast<float>(a.probability), p[place(a.label)]);
}

TEST(Attribution, OfOcclusionIsTheDifferenceOfTwoPredictions) {
  TextClassifier scaled = test::small_classifier();
  scaled.set_fusion({.network = 0.4});
  const TextPredictor alone(std::move(scaled)), fused(test::small_fused_classifier());
  const std::vector<std::string> without{"bad film", "good film", "good bad"};
  for (const TextPredictor* predictor : {&alone, &fused}) {
    const Attribution a = Attributor(*predictor)("good bad film", {"pos", "neg"});
    ASSERT_EQ(a.tokens.size(), 3u);
    for (std::size_t t = 0; t < 3; ++t) {
      EXPECT_NEAR(
          a.tokens[t].occlusion,
          score_of(*predictor, "good bad film", 2, 0) - score_of(*predictor, without[t], 2, 0),
          kRounding);
    }
  }
}

TEST(Attribution, OfATextThatIsLongerThanTheNetworkReads) {
  const std::string text = "good bad film good good film bad film good bad";
  const std::string without_first = text.substr(5);  // the eighth token is then read
  const TextPredictor alone(test::small_classifier()), fused(test::small_fused_classifier());
  for (const TextPredictor* predictor : {&alone, &fused}) {
    const Attribution a = Attributor(*predictor)(text, {"pos", "neg"});
    EXPECT_EQ(a.tokens.size(), predictor == &alone ? 7u : 10u) << "n-grams come from all tokens";
    EXPECT_TRUE(a.cut);
    expect_parts_add_up(a);
    EXPECT_NEAR(a.tokens[0].occlusion,
                score_of(*predictor, text, 2, 0) - score_of(*predictor, without_first, 2, 0),
                kRounding);
  }
}

TEST(Attribution, ShowsTheTextsOwnPiecesAndWhatIsKnown) {
  const TextPredictor predictor(test::small_classifier());
  const std::string text = "GOOD, xyz";
  const Attribution a = Attributor(predictor)(text);
  ASSERT_EQ(a.tokens.size(), 3u);
  EXPECT_EQ(a.tokens[0].token, "good");
  EXPECT_EQ(text.substr(a.tokens[0].begin, a.tokens[0].end), "GOOD");
  EXPECT_TRUE(a.tokens[0].known);
  EXPECT_FALSE(a.tokens[2].known);
}

TEST(Attribution, RefusesUnknownAndEqualLabelsAndBadTexts) {
  const TextPredictor predictor(test::small_classifier());
  Attributor why(predictor);
  EXPECT_THROW(why("good", {.label = "best", .against = ""}), UsageError);
  EXPECT_THROW(why("good", {.label = "pos", .against = "pos"}), UsageError);
  EXPECT_THROW(why("\xff"), DataError);
}

// --------------------------------------------------------------------------------------- the parts

TEST(NgramAttribution, SumsToTheDecisionValues) {
  const TextClassifier classifier = test::small_fused_classifier();
  const NgramClassifier& ngrams = *classifier.ngrams();
  const Tokens tokens{"good", "film", "good", "很好", "thing"};
  NgramClassifier::Scratch scratch(ngrams);
  Tensor<double> margins({2, 3});
  ngrams.margins(tokens, scratch, margins.matrix());
  const NgramParts parts = ngram_parts(ngrams, {0.7, -0.3}, tokens, {2, 0});
  double tf_idf = 0, naive_bayes = 0;
  for (const NgramAttribution& ngram : parts.ngrams) {
    tf_idf += ngram.tf_idf;
    naive_bayes += ngram.naive_bayes;
  }
  const auto m = margins.matrix();
  EXPECT_NEAR(tf_idf + naive_bayes + parts.bias,
              0.7 * (m(0, 2) - m(0, 0)) - 0.3 * (m(1, 2) - m(1, 0)), 1e-12);
  EXPECT_EQ(parts.ngrams.front().places.size(), 2u) << "good comes twice";
}

TEST(NgramAttribution, SumsToTheDecisionValuesOfTwoLabels) {
  NgramCounter counter({});
  const Tokens tokens{"good", "film"};
  counter.count(tokens);
  SparseCounts rows;
  rows.append(counter.keys(), counter.counts());
  NgramClassifier ngrams({}, NgramIndex(rows, 1), 2);
  for (std::size_t k = 0; k < ngrams.W.size(); ++k)
    ngrams.W[k] = to_bfloat16(0.25F * static_cast<float>(k % 5) - 0.5F);
  ngrams.idf.fill(2);
  ngrams.b.fill(0.5F);
  NgramClassifier::Scratch scratch(ngrams);
  Tensor<double> margins({2, 2});
  ngrams.margins(tokens, scratch, margins.matrix());
  for (const std::size_t label : {0U, 1U}) {
    const NgramParts parts = ngram_parts(ngrams, {1, 1}, tokens, {label, 1 - label});
    double sum = parts.bias;
    for (const NgramAttribution& ngram : parts.ngrams) sum += ngram.sum();
    const auto m = margins.matrix();
    EXPECT_NEAR(sum, m(0, label) - m(0, 1 - label) + m(1, label) - m(1, 1 - label), 1e-12);
  }
}

TEST(NgramAttribution, WithoutATokenIsTheTextWithoutIt) {
  const Decision decision{2, 0};
  const std::array<double, 2> weights{0.7, -0.3};
  const Tokens words{"good", "film", "很", "很好", "好", "不", "x", "thing"};
  Random random(1, "tokens");
  for (const std::size_t length : {1U, 2U, 3U, 9U, 40U, 41U}) {
    Tokens tokens;
    for (std::size_t k = 0; k < length; ++k) tokens.push_back(words[random.below(words.size())]);
    NgramSettings settings;
    if (length == 41) settings.most_tokens = 20;  // a token behind them comes in
    // It knows the n-grams of the text, and of the same tokens in another order.
    Tokens known = tokens;
    known.insert(known.end(), tokens.rbegin(), tokens.rend());
    NgramCounter counter({});
    counter.count(known);
    SparseCounts rows;
    rows.append(counter.keys(), counter.counts());
    NgramClassifier ngrams(settings, NgramIndex(rows, 1), 3);
    for (std::size_t k = 0; k < ngrams.W.size(); ++k)
      ngrams.W[k] = to_bfloat16(static_cast<float>(random.uniform()) - 0.5F);
    for (std::size_t k = 0; k < ngrams.idf.size(); ++k)
      ngrams.idf[k] = 1 + static_cast<float>(random.uniform());
    const NgramOcclusion occlusion(ngrams, weights, tokens, decision);
    for (std::size_t t = 0; t < length; ++t) {
      Tokens others = tokens;
      others.erase(others.begin() + static_cast<std::ptrdiff_t>(t));
      EXPECT_NEAR(occlusion.score_without(t),
                  NgramOcclusion(ngrams, weights, others, decision).score(), 1e-12)
          << length << ' ' << t;
    }
    NgramClassifier::Scratch scratch(ngrams);
    Tensor<double> margins({2, 3});
    ngrams.margins(tokens, scratch, margins.matrix());
    const auto m = margins.matrix();
    EXPECT_NEAR(occlusion.score(), 0.7 * (m(0, 2) - m(0, 0)) - 0.3 * (m(1, 2) - m(1, 0)), 1e-12);
  }
}

TEST(NetworkAttribution, OfALinearNetworkIsItsWeightsTimesItsInput) {
  // An RNN with ReLU whose states stay positive is linear: what a word adds does not hang on
  // others.
  SequenceClassifierConfig config{
      .embedding = 1, .cell = Cell::kRnn, .activation = Activation::kRelu};
  config.hidden = 1;
  config.bidirectional = false;
  config.pool = Pool::kLast;
  config.vocabulary = 3;
  config.classes = 2;
  SequenceClassifier<float> model(config);
  const std::vector<float> E{1, 2, 3};
  std::ranges::copy(E, model.embedding().E.value.values().begin());
  model.stack().layer(0, 0).U.value.fill(0.5F);
  model.stack().layer(0, 0).W.value.fill(0.25F);
  model.parameters()[4]->value[1] = 4;  // V: S = O_1 − O_0 = 4 h_T
  const std::vector<std::int32_t> ids{2, 0, 1};
  const NetworkParts parts = NetworkAttribution(model).parts(ids, {1, 0}, 1e-3);
  EXPECT_NEAR(parts.base, 0, 1e-6);
  EXPECT_NEAR(parts.words[0], 4 * 0.25 * 0.25 * 0.5 * 3, 1e-6);
  EXPECT_NEAR(parts.words[1], 4 * 0.25 * 0.5 * 1, 1e-6);
  EXPECT_NEAR(parts.words[2], 4 * 0.5 * 2, 1e-6);
}

}  // namespace
}  // namespace unroll
