#include "unroll/text/json_object.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "unroll/text/columns.h"

namespace unroll {

namespace {

/// Numbers are kept as they are written, so their type is that which takes the largest ones.
using RecordJson = nlohmann::basic_json<std::map, std::vector, std::string, bool, std::int64_t,
                                        std::uint64_t, long double>;
using Kind = JsonValue::Kind;

constexpr std::size_t kNoPlace = std::string_view::npos;

using Values = std::map<std::string, JsonValue, std::less<>>;

/// Keeps the values of the object itself, not those of objects within it.
class Handler final : public nlohmann::json_sax<RecordJson> {
 public:
  explicit Handler(Values& values) : values_(values) {}
  std::size_t failed_at() const { return failed_at_; }

  bool null() override { return keep(Kind::kOther, "null", ""); }
  bool boolean(bool value) override {
    return keep(Kind::kPlain, "boolean", value ? "true" : "false");
  }
  /// It has a minus sign, also where it is −0.
  bool number_integer(number_integer_t value) override {
    return keep(Kind::kPlain, "number", value == 0 ? "-0" : std::to_string(value));
  }
  bool number_unsigned(number_unsigned_t value) override {
    return keep(Kind::kPlain, "number", std::to_string(value));
  }
  bool number_float(number_float_t, const string_t& digits) override {
    return keep(Kind::kPlain, "number", digits);
  }
  bool string(string_t& value) override { return keep(Kind::kString, "string", std::move(value)); }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return begin(Kind::kOther, "object"); }
  bool start_array(std::size_t) override { return begin(Kind::kArray, "array"); }
  bool end_object() override { return --depth_, true; }
  bool end_array() override { return --depth_, true; }
  bool key(string_t& name) override {
    if (depth_ != 1) return true;
    const auto found = values_.find(name);
    value_ = found == values_.end() ? nullptr : &found->second;
    return true;
  }
  bool parse_error(std::size_t position, const std::string&,
                   const RecordJson::exception&) override {
    failed_at_ = std::max<std::size_t>(position, 1);
    return false;
  }

 private:
  bool keep(Kind kind, const char* type, std::string text) {
    if (depth_ == 1 && value_ != nullptr) {
      const bool is_repeated = value_->type != nullptr;
      *value_ = {kind, type, std::move(text), {}, is_repeated};
    }
    if (depth_ == 2 && value_ != nullptr) keep_item(kind, type, std::move(text));
    return true;
  }
  /// An array with anything else in it is none of labels.
  void keep_item(Kind kind, const char* type, std::string text) {
    if (value_->kind != Kind::kArray) return;
    if (kind == Kind::kString || kind == Kind::kPlain) {
      value_->items.push_back(std::move(text));
    } else {
      value_->kind = Kind::kOther;
      value_->bad_item = value_->items.size() + 1;
      value_->bad_item_type = type;
      value_->items.clear();
    }
  }
  bool begin(Kind kind, const char* type) {
    keep(kind, type, "");
    ++depth_;
    return true;
  }

  Values& values_;
  JsonValue* value_ = nullptr;  // of the key that was met last
  std::size_t depth_ = 0;
  std::size_t failed_at_ = 0;
};

/// The UTF-16 unit that a \u and four digits write at `at`, if they are there.
std::optional<unsigned> escaped_unit(std::string_view text, std::size_t at) {
  if (text.substr(at, 2) != "\\u" || text.size() < at + 6) return std::nullopt;
  unsigned unit = 0;
  const char* const digits = text.data() + at + 2;
  const auto [end, error] = std::from_chars(digits, digits + 4, unit, 16);
  return error == std::errc() && end == digits + 4 ? std::optional(unit) : std::nullopt;
}

bool is_lead(std::optional<unsigned> unit) {
  return unit && *unit >= 0xD800 && *unit < 0xDC00;
}

bool is_trail(std::optional<unsigned> unit) {
  return unit && *unit >= 0xDC00 && *unit < 0xE000;
}

/// With \uFFFD for every half of a surrogate pair that is alone.
std::string with_whole_pairs(std::string_view text) {
  constexpr std::size_t kEscape = 6;
  std::string mended(text);
  for (std::size_t at = mended.find('\\'); at != kNoPlace; at = mended.find('\\', at)) {
    const auto unit = escaped_unit(mended, at);
    const bool is_pair = is_lead(unit) && is_trail(escaped_unit(mended, at + kEscape));
    if (!is_pair && (is_lead(unit) || is_trail(unit))) mended.replace(at, kEscape, "\\uFFFD");
    at += is_pair ? 2 * kEscape : unit ? kEscape : 2;
  }
  return mended;
}

std::size_t parse_into(Values& values, std::string_view object) {
  Handler handler(values);
  return RecordJson::sax_parse(object.begin(), object.end(), &handler) ? 0 : handler.failed_at();
}

}  // namespace

/// A pair that is not whole is an error to the JSON library: the object is parsed once more
/// without.
std::size_t JsonObject::parse(std::string_view object) {
  const std::size_t failed_at = parse_into(values_, object);
  if (failed_at == 0) return 0;
  for (auto& [key, value] : values_) value = {};
  return parse_into(values_, with_whole_pairs(object)) == 0 ? 0 : failed_at;
}

const std::string* JsonObject::repeated() const {
  const auto found =
      std::ranges::find_if(values_, [](const auto& v) { return v.second.is_repeated; });
  return found == values_.end() ? nullptr : &found->first;
}

std::string list_of_keys(std::string_view object) {
  const RecordJson parsed = RecordJson::parse(with_whole_pairs(object), nullptr, false);
  std::vector<std::string> keys;
  for (const auto& item : parsed.items()) keys.push_back(item.key());
  return keys.empty() ? "(none)" : list_of_names(keys);
}

}  // namespace unroll
