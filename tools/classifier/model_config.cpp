#include "unroll/tools/classifier/model_config.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "unroll/core/error.h"

namespace unroll {

namespace {

using Json = nlohmann::ordered_json;

template <typename Enum>
Enum choice(const Json& json, const char* key) {
  const auto name = json.at(key).get<std::string>();
  if (const auto value = from_name<Enum>(name)) return *value;
  throw ModelError(fmt::format("its {} is {}, which this program does not know", key, name));
}

/// `pool` where every step has an output.
constexpr std::string_view kNoPool = "none";

std::optional<Pool> pool_from(const Json& json) {
  if (json.at("pool").get<std::string>() == kNoPool) return std::nullopt;
  return choice<Pool>(json, "pool");
}

/// More than `most` would be a damaged or hostile file, and a request for all memory.
void check_size(const char* key, std::size_t value, std::size_t most) {
  if (value >= 1 && value <= most) return;
  throw UsageError(fmt::format("{} is {}, expected 1 .. {}", key, value, most));
}

}  // namespace

void check_config(const SequenceClassifierConfig& config) {
  check_size("embedding", config.embedding, 1 << 16);
  check_size("hidden", config.hidden, 1 << 16);
  check_size("layers", config.layers, 64);
  if (!(config.dropout >= 0 && config.dropout < 1)) {
    throw UsageError(fmt::format("dropout is {}, expected 0 or more, and below 1", config.dropout));
  }
  if (!std::isfinite(config.forget_bias)) {
    throw UsageError(
        fmt::format("forget_bias is {}, expected a finite number", config.forget_bias));
  }
}

std::string to_json(const SequenceClassifierConfig& config) {
  check_config(config);
  Json json = {{"cell", to_string(config.cell)},
               {"activation", to_string(config.activation)},
               {"embedding", config.embedding},
               {"hidden", config.hidden},
               {"layers", config.layers},
               {"bidirectional", config.bidirectional},
               {"pool", config.pool ? to_string(*config.pool) : kNoPool},
               {"dropout", config.dropout},
               {"init", to_string(config.init)},
               {"forget_bias", config.forget_bias}};
  if (describe(config.cell).has_reset) json["gru_reset"] = to_string(config.gru_reset);
  return json.dump();
}

SequenceClassifierConfig model_config_from_json(std::string_view text) {
  try {
    const Json json = Json::parse(text);
    SequenceClassifierConfig config;
    config.cell = choice<Cell>(json, "cell");
    if (describe(config.cell).has_reset) config.gru_reset = choice<GruReset>(json, "gru_reset");
    config.activation = choice<Activation>(json, "activation");
    config.embedding = json.at("embedding").get<std::size_t>();
    config.hidden = json.at("hidden").get<std::size_t>();
    config.layers = json.at("layers").get<std::size_t>();
    config.bidirectional = json.at("bidirectional").get<bool>();
    config.pool = pool_from(json);
    config.dropout = json.at("dropout").get<double>();
    config.init = choice<RecurrentInit>(json, "init");
    config.forget_bias = json.at("forget_bias").get<double>();
    check_config(config);
    return config;
  } catch (const UsageError& error) {
    throw ModelError(fmt::format("its {}", error.what()));
  } catch (const Json::exception& error) {
    throw ModelError(fmt::format("its model configuration can't be read: {}", error.what()));
  }
}

}  // namespace unroll
