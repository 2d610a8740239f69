// Random configurations of the whole model, small, of every kind in turn.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "unroll/core/random.h"
#include "unroll/layers/sequence_classifier.h"

namespace unroll::test {

struct RandomModel {
  SequenceClassifierConfig config;
  std::vector<std::size_t> lengths;  ///< ragged: one is T, the others are 1 .. T
};

/// T, B, I and H from 1 to 9; the LSTM, the RNN with its three activations and the GRU's two forms
/// in turn, so that any six seeds in a row have all; one to three layers, one or two directions,
/// every pool and none.
inline RandomModel random_model(std::uint64_t seed) {
  Random random(seed, "random model");
  const auto one_to = [&](std::size_t most) { return 1 + random.below(most); };
  RandomModel model;
  SequenceClassifierConfig& config = model.config;
  const CellKind kind =
      std::vector<CellKind>{Cell::kLstm,
                            {Cell::kRnn, Activation::kTanh},
                            {Cell::kRnn, Activation::kSigmoid},
                            {Cell::kRnn, Activation::kRelu},
                            {Cell::kGru, Activation::kTanh, GruReset::kAfter},
                            {Cell::kGru, Activation::kTanh, GruReset::kBefore}}[seed % 6];
  config.cell = kind.cell;
  config.activation = kind.activation;
  config.gru_reset = kind.reset;
  config.embedding = one_to(9);
  config.hidden = one_to(9);
  config.layers = one_to(3);
  config.bidirectional = random.below(2) == 1;
  config.pool = std::vector<std::optional<Pool>>{Pool::kMax, Pool::kMean, Pool::kLast,
                                                 std::nullopt}[random.below(4)];
  config.vocabulary = one_to(9);
  config.classes = 1 + one_to(4);
  const std::size_t steps = one_to(9);
  model.lengths = {steps};
  for (std::size_t rows = one_to(9); model.lengths.size() < rows;) {
    model.lengths.push_back(one_to(steps));
  }
  return model;
}

}  // namespace unroll::test
