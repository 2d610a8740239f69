/// TextEncoder as JSON, and back: strict, since a model with a slightly different encoder is a
/// different model.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <initializer_list>
#include <nlohmann/json.hpp>

#include "unroll/core/error.h"
#include "unroll/text/encoder.h"
#include "unroll/text/encoder_reader.h"
#include "unroll/text/utf8.h"

namespace unroll {

namespace {

using json = nlohmann::ordered_json;  // keys as written below, the short ones before the vocabulary

// In version 1 the tokenizer had no key "rules": they are rules 1.
constexpr std::uint64_t kFirstVersion = 1;
constexpr std::uint64_t kVersion = 2;

[[noreturn]] void fail(const std::string& what) {
  throw ModelError(
      fmt::format("text encoder: {}; the model file is damaged or not of this program", what));
}

void require(bool holds, const std::string& what) {
  if (!holds) fail(what);
}

/// An object with exactly these keys.
void check_keys(const json& object, std::string_view name,
                std::initializer_list<std::string_view> keys) {
  require(object.is_object(), fmt::format("{} is not an object", name));
  for (const std::string_view key : keys) {
    require(object.contains(key), fmt::format("{} has no key {}", name, in_quotes(key)));
  }
  for (const auto& item : object.items()) {
    require(std::find(keys.begin(), keys.end(), item.key()) != keys.end(),
            fmt::format("{} has an unknown key {}", name, in_quotes(item.key())));
  }
}

std::string string_of(const json& value, std::string_view name) {
  require(value.is_string(), fmt::format("{} is not a string", name));
  return value.get<std::string>();
}

std::uint64_t number_of(const json& value, std::string_view name) {
  require(value.is_number_unsigned(), fmt::format("{} is not a whole number", name));
  return value.get<std::uint64_t>();
}

const json& array_of(const json& value, std::string_view name) {
  require(value.is_array(), fmt::format("{} is not an array", name));
  return value;
}

std::uint64_t read_version(const json& object) {
  require(object.is_object() && object.contains("version"), "there is no version");
  const std::uint64_t version = number_of(object["version"], "the version");
  if (version >= kFirstVersion && version <= kVersion) return version;
  throw ModelError(fmt::format(
      "text encoder: version {} was found, this program reads versions {} to {}; use the program "
      "that wrote the model",
      version, kFirstVersion, kVersion));
}

std::uint64_t read_rules(const json& value) {
  const std::uint64_t rules = number_of(value, "the tokenizer's rules");
  require(rules > kFirstRules, fmt::format("the tokenizer's rules are {}", rules));
  if (rules <= kNewestRules) return rules;
  throw ModelError(
      fmt::format("text encoder: its texts were tokenized by rules {}, this program knows rules {} "
                  "to {}; use the program that wrote the model",
                  rules, kFirstRules, kNewestRules));
}

TokenizerSettings read_tokenizer(const json& object, std::uint64_t version) {
  const bool has_rules = version > kFirstVersion;
  has_rules ? check_keys(object, "tokenizer", {"kind", "fold", "rules"})
            : check_keys(object, "tokenizer", {"kind", "fold"});
  const std::string name = string_of(object["kind"], "the tokenizer's kind");
  const auto kind = tokenizer_kind(name);
  if (!kind) fail(fmt::format("there is no tokenizer {}", in_quotes(name)));
  require(object["fold"].is_boolean(), "the tokenizer's fold is not true or false");
  return {*kind, object["fold"].get<bool>(), has_rules ? read_rules(object["rules"]) : kFirstRules};
}

StopWords read_stop_words(const json& array) {
  std::set<std::string, std::less<>> words;
  for (const json& value : array_of(array, "stop_words")) {
    std::string word = string_of(value, "a stop word");
    require(words.empty() || *words.rbegin() < word,
            fmt::format("stop word {} is out of order", in_quotes(word)));
    words.insert(words.end(), std::move(word));
  }
  return StopWords(std::move(words));
}

bool is_entry(const json& value) {
  return value.is_array() && value.size() == 2 && value[0].is_string() &&
         value[1].is_number_unsigned();
}

/// What `is_entry` has left in the vocabulary is an error.
void refuse_rest(const json& array) {
  for (const json& pair : array_of(array, "vocabulary")) {
    require(pair.is_array() && pair.size() == 2, "a vocabulary entry is not a pair");
    string_of(pair[0], "a token");
    number_of(pair[1], "a token's count");
  }
}

json write_tokenizer(const TokenizerSettings& tokenizer) {
  json object = {{"kind", to_string(tokenizer.kind)}, {"fold", tokenizer.fold}};
  if (tokenizer.rules > kFirstRules) object["rules"] = tokenizer.rules;
  return object;
}

json write_vocabulary(const Vocabulary& vocabulary) {
  json array = json::array();
  for (std::size_t k = 0; k < vocabulary.size(); ++k) {
    const auto id = static_cast<std::int32_t>(k);
    array.push_back(json::array({vocabulary.token(id), vocabulary.count(id)}));
  }
  return array;
}

}  // namespace

std::string TextEncoder::to_json() const {
  json object;
  object["version"] = settings_.tokenizer.rules == kFirstRules ? kFirstVersion : kVersion;
  object["tokenizer"] = write_tokenizer(settings_.tokenizer);
  object["stop_words"] = settings_.stop_words.words();
  object["max_tokens"] = settings_.max_tokens;
  object["vocabulary"] = write_vocabulary(vocabulary_);
  return object.dump();
}

bool EncoderReader::operator()(int depth, json::parse_event_t event, json& parsed) {
  constexpr int kKeys = 1, kEntries = 2;  // the encoder is an object (depth 0), of lists of pairs
  if (event == json::parse_event_t::key && depth == kKeys) {
    in_vocabulary_ = parsed == "vocabulary";
    require(!in_vocabulary_ || entries_.empty(), "the encoder has two vocabularies");
  }
  if (event != json::parse_event_t::array_end || depth != kEntries || !in_vocabulary_) return true;
  if (!is_entry(parsed))
    return true;  // `encoder` says what is wrong with it, and after the version
  entries_.push_back(
      {std::move(parsed[0].get_ref<std::string&>()), parsed[1].get<std::uint64_t>()});
  return false;
}

TextEncoder EncoderReader::encoder(const json& object) const {
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
  json object;
  try {
    object = json::parse(text, std::ref(reader));
  } catch (const json::exception&) {
    fail("this is not valid JSON");
  }
  return reader.encoder(object);
}

}  // namespace unroll
