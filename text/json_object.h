/// JsonObject: the values of some keys of one JSON object, without the object being built.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace unroll {

struct JsonValue {
  enum class Kind : std::uint8_t { kString, kPlain, kArray, kOther };
  Kind kind = Kind::kOther;
  const char* type = nullptr;  ///< as JSON names it; null: the key is not there
  std::string text;            ///< a string's value; a number or a boolean as it is written
  std::vector<std::string> items = {};  ///< of an array of strings, numbers and booleans
  bool is_repeated = false;             ///< the key is there more than once: the last one counts
  std::size_t bad_item = 0;  ///< the item of an array that is no label, from 1; 0: there is none
  const char* bad_item_type = nullptr;
};

class JsonObject {
 public:
  /// Only the values of keys that are wanted are kept.
  void want(const std::string& key) { values_[key]; }
  /// The value of a key that is wanted.
  const JsonValue& operator[](const std::string& key) const { return values_.at(key); }

  /// Returns 0, or where `object` is not valid JSON, counted from 1. Half of a surrogate pair, as
  /// where a text was cut in an emoji, becomes U+FFFD.
  std::size_t parse(std::string_view object);
  /// A key that is wanted and is there more than once; or null.
  const std::string* repeated() const;

 private:
  std::map<std::string, JsonValue, std::less<>> values_;
};

/// The keys of an object that is valid, as a message lists them.
std::string list_of_keys(std::string_view object);

}  // namespace unroll
