#include "unroll/tools/classifier/model_config.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <optional>

#include "unroll/core/error.h"

namespace unroll {
namespace {

TEST(ModelConfig, ComesBackFromJsonAsItWas) {
  const SequenceClassifierConfig config{.embedding = 7,
                                        .cell = Cell::kRnn,
                                        .activation = Activation::kRelu,
                                        .hidden = 9,
                                        .layers = 3,
                                        .bidirectional = false,
                                        .pool = Pool::kLast,
                                        .dropout = 0.25,
                                        .init = RecurrentInit::kIdentity,
                                        .forget_bias = 2};
  EXPECT_EQ(to_json(model_config_from_json(to_json(config))), to_json(config));
}

TEST(ModelConfig, ComesBackWithEveryChoiceThatItCanName) {
  const auto expect_back = [](const SequenceClassifierConfig& config) {
    EXPECT_EQ(to_json(model_config_from_json(to_json(config))), to_json(config));
  };
  expect_back({.pool = std::nullopt});
  for (Pool pool : kAll<Pool>) expect_back({.pool = pool});
  for (Cell cell : kAll<Cell>) expect_back({.cell = cell});
  for (Activation activation : kAll<Activation>) expect_back({.activation = activation});
  for (GruReset reset : kAll<GruReset>) expect_back({.cell = Cell::kGru, .gru_reset = reset});
  for (RecurrentInit init : kAll<RecurrentInit>) expect_back({.init = init});
  expect_back({.embedding = 1 << 16, .hidden = 1 << 16, .layers = 64, .dropout = 0});
}

TEST(ModelConfig, IsNotWrittenIfItCouldNotBeRead) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  EXPECT_THROW(to_json({.embedding = 0}), UsageError);
  EXPECT_THROW(to_json({.hidden = (1 << 16) + 1}), UsageError);
  EXPECT_THROW(to_json({.layers = 65}), UsageError);
  EXPECT_THROW(to_json({.dropout = 1}), UsageError);
  EXPECT_THROW(to_json({.dropout = std::nan("")}), UsageError);
  EXPECT_THROW(to_json({.forget_bias = kInfinity}), UsageError);
}

TEST(ModelConfig, RefusesWhatItWouldNotWrite) {
  const std::string good = to_json(SequenceClassifierConfig{});
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    return text;
  };
  EXPECT_NO_THROW(model_config_from_json(good));
  EXPECT_THROW(model_config_from_json(with("\"lstm\"", "\"cnn\"")), ModelError);
  EXPECT_THROW(model_config_from_json(with("\"hidden\":128", "\"hidden\":0")), ModelError);
  EXPECT_THROW(model_config_from_json(with("\"hidden\":128", "\"hidden\":99999999999")),
               ModelError);
  EXPECT_THROW(model_config_from_json(with("\"hidden\":128", "\"hidden\":\"many\"")), ModelError);
  EXPECT_THROW(model_config_from_json(with("\"layers\"", "\"floors\"")), ModelError);
  EXPECT_THROW(model_config_from_json(with("\"dropout\":0.5", "\"dropout\":1.5")), ModelError);
  EXPECT_THROW(model_config_from_json(with("\"max\"", "\"most\"")), ModelError);
  EXPECT_THROW(model_config_from_json("{"), ModelError);
}

TEST(ModelConfig, TellsTheResetOfAGruAlone) {
  EXPECT_EQ(to_json({.cell = Cell::kLstm}).find("gru_reset"), std::string::npos);
  std::string gru = to_json({.cell = Cell::kGru, .gru_reset = GruReset::kBefore});
  EXPECT_EQ(model_config_from_json(gru).gru_reset, GruReset::kBefore);
  gru.replace(gru.find("before"), 6, "beyond");
  EXPECT_THROW(model_config_from_json(gru), ModelError);
  gru.replace(gru.find("gru_reset"), 9, "gru_other");
  EXPECT_THROW(model_config_from_json(gru), ModelError);
}

TEST(FromName, KnowsEveryNameThatHelpLists) {
  EXPECT_EQ(from_name<Pool>("mean"), Pool::kMean);
  EXPECT_EQ(from_name<Decay>("cosine"), Decay::kCosine);
  EXPECT_EQ(from_name<TokenizerKind>("space"), TokenizerKind::kSpace);
  EXPECT_EQ(from_name<OptimizerKind>("adamw"), OptimizerKind::kAdamW);
  EXPECT_EQ(from_name<OptimizerKind>("lazy-adam"), OptimizerKind::kLazyAdam);
  EXPECT_EQ(from_name<GruReset>("before"), GruReset::kBefore);
  EXPECT_EQ(from_name<Cell>("cnn"), std::nullopt);
}

}  // namespace
}  // namespace unroll
