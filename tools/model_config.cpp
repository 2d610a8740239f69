#include "unroll/tools/model_config.h"

#include <fmt/format.h>

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

/// A size in 1 .. most: more would be a damaged or hostile file, and a request for all memory.
std::size_t size(const Json& json, const char* key, std::size_t most) {
  const auto value = json.at(key).get<std::size_t>();
  if (value >= 1 && value <= most) return value;
  throw ModelError(fmt::format("its {} is {}, expected 1 .. {}", key, value, most));
}

}  // namespace

std::string to_json(const SequenceClassifierConfig& config) {
  const Json json = {{"cell", to_string(config.cell)},
                     {"activation", to_string(config.activation)},
                     {"embedding", config.embedding},
                     {"hidden", config.hidden},
                     {"layers", config.layers},
                     {"bidirectional", config.bidirectional},
                     {"pool", config.pool ? to_string(*config.pool) : "none"},
                     {"dropout", config.dropout},
                     {"init", to_string(config.init)},
                     {"forget_bias", config.forget_bias}};
  return json.dump();
}

SequenceClassifierConfig model_config_from_json(std::string_view text) {
  try {
    const Json json = Json::parse(text);
    SequenceClassifierConfig config;
    config.cell = choice<Cell>(json, "cell");
    config.activation = choice<Activation>(json, "activation");
    config.embedding = size(json, "embedding", 1 << 16);
    config.hidden = size(json, "hidden", 1 << 16);
    config.layers = size(json, "layers", 64);
    config.bidirectional = json.at("bidirectional").get<bool>();
    config.pool = choice<Pool>(json, "pool");
    config.dropout = json.at("dropout").get<double>();
    config.init = choice<RecurrentInit>(json, "init");
    config.forget_bias = json.at("forget_bias").get<double>();
    return config;
  } catch (const Json::exception& error) {
    throw ModelError(fmt::format("its model configuration can't be read: {}", error.what()));
  }
}

}  // namespace unroll
