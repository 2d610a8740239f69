/// EncoderReader: a TextEncoder from JSON, also from JSON that has the encoder inside.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/text/encoder.h"

namespace unroll {

/// Reads the vocabulary while the JSON is parsed: as values of a JSON library its words take ten
/// times as much memory as in a Vocabulary, and three times as long.
///
///     EncoderReader reader("encoder");
///     const auto object = reader.parse(text);  // {"encoder": {…}, …}
///     TextEncoder encoder = reader.encoder(object.at("encoder"));
class EncoderReader {
 public:
  using Json = nlohmann::ordered_json;

  /// `key`: the encoder's in the JSON; "" where the JSON is the encoder.
  explicit EncoderReader(std::string key = "") : key_(std::move(key)) {}

  /// All but the entries of the vocabulary. Throws Json::exception for what is no JSON, and
  /// ModelError for two vocabularies.
  Json parse(std::string_view text);
  /// From the encoder's object, whose vocabulary was taken. Throws ModelError as
  /// TextEncoder::from_json does.
  TextEncoder encoder(const Json& object) const;

 private:
  Json parse_values(std::string_view text);

  std::string key_;
  std::vector<Vocabulary::Entry> entries_;
};

}  // namespace unroll
