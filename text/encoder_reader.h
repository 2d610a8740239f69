/// EncoderReader: a TextEncoder from JSON, also from JSON that has the encoder inside.
#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "unroll/text/encoder.h"

namespace unroll {

/// Reads the vocabulary while the JSON is parsed: as values of a JSON library its words take ten
/// times as much memory as in a Vocabulary.
///
///     EncoderReader reader;
///     const auto object = nlohmann::ordered_json::parse(text, std::ref(reader));
///     TextEncoder encoder = reader.encoder(object);
class EncoderReader {
 public:
  using Json = nlohmann::ordered_json;

  /// A callback of the parser. `depth` is that of the event in the encoder's object.
  bool operator()(int depth, Json::parse_event_t event, Json& parsed);
  /// From the encoder's object, whose vocabulary was taken. Throws ModelError as
  /// TextEncoder::from_json does.
  TextEncoder encoder(const Json& object) const;

 private:
  bool in_vocabulary_ = false;
  std::vector<Vocabulary::Entry> entries_;
};

}  // namespace unroll
