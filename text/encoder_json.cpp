/// TextEncoder as JSON, and back: strict, since a model with a slightly different encoder is a
/// different model.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "unroll/core/error.h"
#include "unroll/text/encoder.h"
#include "unroll/text/encoder_reader.h"
#include "unroll/text/folding.h"
#include "unroll/text/jieba_dictionary.h"
#include "unroll/text/subwords.h"
#include "unroll/text/utf8.h"

namespace unroll {

namespace {

using Json = nlohmann::ordered_json;  // keys as written below, the short ones before the vocabulary

// In version 1 the tokenizer had no key "rules", since they are rules 1; in version 2 it had no
// language, since folding did not depend on it. So each version is that of the same rules.
constexpr std::uint64_t kFirstVersion = kFirstRules;
constexpr std::uint64_t kVersion = kNewestRules;

[[noreturn]] void refuse_encoder(const std::string& what) {
  throw ModelError(
      fmt::format("text encoder: {}; the model file is damaged or not of this program", what));
}

void require(bool holds, const std::string& what) {
  if (!holds) refuse_encoder(what);
}

/// An object with exactly these keys.
void check_keys(const Json& object, std::string_view name,
                const std::vector<std::string_view>& keys) {
  require(object.is_object(), fmt::format("{} is not an object", name));
  for (const std::string_view key : keys) {
    require(object.contains(key), fmt::format("{} has no key {}", name, in_quotes(key)));
  }
  for (const auto& item : object.items()) {
    require(std::find(keys.begin(), keys.end(), item.key()) != keys.end(),
            fmt::format("{} has an unknown key {}", name, in_quotes(item.key())));
  }
}

std::string string_of(const Json& value, std::string_view name) {
  require(value.is_string(), fmt::format("{} is not a string", name));
  return value.get<std::string>();
}

std::uint64_t number_of(const Json& value, std::string_view name) {
  require(value.is_number_unsigned(), fmt::format("{} is not a whole number", name));
  return value.get<std::uint64_t>();
}

const Json& array_of(const Json& value, std::string_view name) {
  require(value.is_array(), fmt::format("{} is not an array", name));
  return value;
}

std::uint64_t read_version(const Json& object) {
  require(object.is_object() && object.contains("version"), "there is no version");
  const std::uint64_t version = number_of(object["version"], "the version");
  if (version >= kFirstVersion && version <= kVersion) return version;
  throw ModelError(fmt::format(
      "text encoder: version {} was found, this program reads versions {} to {}; use the program "
      "that wrote the model",
      version, kFirstVersion, kVersion));
}

std::uint64_t read_rules(const Json& value, std::uint64_t version) {
  const std::uint64_t rules = number_of(value, "the tokenizer's rules");
  if (rules > kNewestRules) {
    throw ModelError(fmt::format(
        "text encoder: its texts were tokenized by rules {}, this program knows rules {} to {}; "
        "use the program that wrote the model",
        rules, kFirstRules, kNewestRules));
  }
  require(rules == version, fmt::format("the tokenizer's rules are {}", rules));
  return rules;
}

TokenizerKind read_kind(const Json& value) {
  const std::string name = string_of(value, "the tokenizer's kind");
  const auto kind = tokenizer_kind(name);
  if (!kind) refuse_encoder(fmt::format("there is no tokenizer {}", in_quotes(name)));
  return *kind;
}

FoldLanguage read_language(const Json& value) {
  const std::string name = string_of(value, "the tokenizer's language");
  const auto language = language_of(name);
  if (!language)
    refuse_encoder(fmt::format("there is no folding for the language {}", in_quotes(name)));
  return *language;
}

std::shared_ptr<const JiebaDictionary> read_dictionary(const Json& object) {
  check_keys(object, "the dictionary", {"total", "words", "hmm"});
  return std::make_shared<const JiebaDictionary>(JiebaDictionary::unpack(
      number_of(object["total"], "the dictionary's total"), string_of(object["words"], "words"),
      string_of(object["hmm"], "hmm")));
}

std::shared_ptr<const Subwords> read_subwords(const Json& array) {
  std::vector<Subwords::Piece> pieces;
  for (const Json& pair : array_of(array, "subwords")) {
    require(pair.is_array() && pair.size() == 2 && pair[1].is_number(),
            "a subword is not a pair of a text and a number");
    pieces.push_back({string_of(pair[0], "a subword"), pair[1].get<double>()});
  }
  return std::make_shared<const Subwords>(std::move(pieces));
}

/// The key of what a kind of tokenizer has besides; "" if it has nothing.
std::string_view own_key(TokenizerKind kind) {
  switch (kind) {
    case TokenizerKind::kChar:
    case TokenizerKind::kSpace:
    case TokenizerKind::kIcu:
      return "";
    case TokenizerKind::kJieba:
      return "dictionary";
    case TokenizerKind::kSubword:
      return "subwords";
  }
  return "";
}

std::vector<std::string_view> keys_of_tokenizer(std::uint64_t version, std::string_view own) {
  std::vector<std::string_view> keys{"kind", "fold"};
  if (version > 1) keys.push_back("rules");
  if (version > 2) keys.push_back("language");
  if (!own.empty()) keys.push_back(own);
  return keys;
}

TokenizerSettings read_tokenizer(const Json& object, std::uint64_t version) {
  require(object.is_object(), "tokenizer is not an object");
  require(object.contains("kind"), "tokenizer has no key \"kind\"");
  TokenizerSettings settings{.kind = read_kind(object["kind"]), .rules = kFirstRules};
  check_keys(object, "tokenizer", keys_of_tokenizer(version, own_key(settings.kind)));
  require(object["fold"].is_boolean(), "the tokenizer's fold is not true or false");
  settings.fold = object["fold"].get<bool>();
  if (version > 1) settings.rules = read_rules(object["rules"], version);
  if (version > 2) settings.language = read_language(object["language"]);
  if (settings.kind == TokenizerKind::kJieba) {
    settings.dictionary = read_dictionary(object["dictionary"]);
  }
  if (settings.kind == TokenizerKind::kSubword) {
    settings.subwords = read_subwords(object["subwords"]);
  }
  return settings;
}

StopWords read_stop_words(const Json& array) {
  std::set<std::string, std::less<>> words;
  for (const Json& value : array_of(array, "stop_words")) {
    std::string word = string_of(value, "a stop word");
    require(words.empty() || *words.rbegin() < word,
            fmt::format("stop word {} is out of order", in_quotes(word)));
    words.insert(words.end(), std::move(word));
  }
  return StopWords(std::move(words));
}

/// What EncoderReader has left in the vocabulary is an error.
void refuse_rest(const Json& array) {
  for (const Json& pair : array_of(array, "vocabulary")) {
    require(pair.is_array() && pair.size() == 2, "a vocabulary entry is not a pair");
    string_of(pair[0], "a token");
    number_of(pair[1], "a token's count");
  }
}

Json write_dictionary(const JiebaDictionary& dictionary) {
  return {{"total", dictionary.total()},
          {"words", dictionary.packed_words()},
          {"hmm", dictionary.packed_hmm()}};
}

Json write_subwords(const Subwords& subwords) {
  Json array = Json::array();
  for (const Subwords::Piece& piece : subwords.pieces()) {
    array.push_back(Json::array({piece.text, piece.score}));
  }
  return array;
}

Json write_tokenizer(const TokenizerSettings& tokenizer) {
  Json object = {{"kind", to_string(tokenizer.kind)}, {"fold", tokenizer.fold}};
  if (tokenizer.rules > 1) object["rules"] = tokenizer.rules;
  if (tokenizer.rules > 2) object["language"] = to_string(tokenizer.language);
  if (tokenizer.dictionary) object["dictionary"] = write_dictionary(*tokenizer.dictionary);
  if (tokenizer.subwords) object["subwords"] = write_subwords(*tokenizer.subwords);
  return object;
}

Json write_vocabulary(const Vocabulary& vocabulary) {
  Json array = Json::array();
  for (std::size_t k = 0; k < vocabulary.size(); ++k) {
    const auto id = static_cast<std::int32_t>(k);
    array.push_back(Json::array({vocabulary.token(id), vocabulary.count(id)}));
  }
  return array;
}

}  // namespace

std::string TextEncoder::to_json() const {
  Json object;
  object["version"] = settings_.tokenizer.rules;
  object["tokenizer"] = write_tokenizer(settings_.tokenizer);
  object["stop_words"] = settings_.stop_words.words();
  object["max_tokens"] = settings_.max_tokens;
  object["vocabulary"] = write_vocabulary(vocabulary_);
  return object.dump();
}

TextEncoder EncoderReader::encoder(const Json& object) const {
  const std::uint64_t version = read_version(object);
  check_keys(object, "the encoder",
             {"version", "tokenizer", "stop_words", "max_tokens", "vocabulary"});
  EncoderSettings settings;
  settings.tokenizer = read_tokenizer(object["tokenizer"], version);
  settings.stop_words = read_stop_words(object["stop_words"]);
  settings.max_tokens = number_of(object["max_tokens"], "max_tokens");
  refuse_rest(object["vocabulary"]);
  return TextEncoder(std::move(settings), Vocabulary(entries_));
}

TextEncoder TextEncoder::from_json(std::string_view text) {
  EncoderReader reader;
  Json object;
  try {
    object = reader.parse(text);
  } catch (const Json::exception&) {
    refuse_encoder("this is not valid JSON");
  }
  return reader.encoder(object);
}

}  // namespace unroll
