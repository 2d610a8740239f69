#include "unroll/text/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "unroll/core/error.h"
#include "unroll/text/columns.h"
#include "unroll/text/json_extent.h"
#include "unroll/text/utf8.h"

namespace unroll {

namespace {

constexpr std::size_t kNowhere = std::string_view::npos;

/// Whether the first object ends in the line where it begins.
bool is_one_a_line(std::string_view content) {
  const std::size_t begin = content.find_first_not_of(kJsonBlanks);
  if (begin == kNowhere || content[begin] != '{') return false;
  return extent_of_json(content.substr(0, content.find('\n', begin)), begin).is_whole;
}

/// The first key of the object at `begin`, with its quotes; or "".
std::string_view first_key(std::string_view content, std::size_t begin) {
  if (begin >= content.size()) return "";
  const std::size_t quote = content.find_first_not_of(kJsonBlanks, begin + 1);
  if (quote == kNowhere || content[quote] != '"') return "";
  const std::size_t end = behind_json_string(content, quote);
  return end == kNowhere ? "" : content.substr(quote, end - quote);
}

char next_letter(std::string_view content, std::size_t offset, std::string_view blanks) {
  const std::size_t at = content.find_first_not_of(blanks, offset);
  return at == kNowhere ? '\n' : content[at];
}

/// How far from the line's beginning the brace at `at` is, if only what may be between objects is
/// before it.
std::size_t indentation(std::string_view content, std::size_t at) {
  const std::size_t before = content.substr(0, at).find_last_not_of(" \t\r,[]");
  return before != kNowhere && content[before] == '\n' ? at - before - 1 : kNowhere;
}

}  // namespace

JsonReader::JsonReader(const Source& source, const ReadOptions& options)
    : RecordReader(source, options),
      content_(source.content),
      text_keys_(parts_of(options.text_column)),
      is_one_a_line_(is_one_a_line(source.content)),
      first_key_(first_key(source.content, source.content.find('{'))) {}

/// Finds the next object.
bool JsonReader::find_object() {
  skip_between();
  count_lines_to(offset_);
  if (offset_ == content_.size()) return false;
  ++row_;
  const std::size_t begin = offset_;
  if (content_[begin] != '{') {
    offset_ = behind_other(begin);
    fail_at(begin, "this is not JSON; expected objects, one for each record", {"bad_rows=skip"});
  }
  const JsonExtent extent = extent_of_json(content_, begin);
  if (extent.is_whole) check_behind(extent.end);
  offset_ = extent.is_whole ? extent.end : next_record(begin, extent);
  object_ = content_.substr(begin, offset_ - begin);
  return true;
}

/// Between objects are white space, and the brackets and commas of arrays. Where an array is that
/// does not hold objects, it is a bad record.
void JsonReader::skip_between() {
  for (; offset_ < content_.size(); ++offset_) {
    const char c = content_[offset_];
    if (c == '[') {
      const bool holds_objects = next_letter(content_, offset_ + 1, kJsonBlanks) == '{';
      if (!holds_objects && (is_one_a_line_ || arrays_ > 0)) return;
      ++arrays_;
    } else if (c == ']') {
      arrays_ -= arrays_ > 0;
    } else if (content_.substr(offset_).starts_with(kByteOrderMark)) {
      offset_ += kByteOrderMark.size() - 1;
    } else if (kJsonBlanks.find(c) == kNowhere && c != ',') {
      return;
    }
  }
}

/// Where to go on behind what is no object: the next element of an array, or the next line.
std::size_t JsonReader::behind_other(std::size_t begin) const {
  if (arrays_ == 0) return std::min(content_.find('\n', begin), content_.size());
  const char c = content_[begin];
  if (c == '"' || c == '[') {
    const JsonExtent extent = extent_of_json(content_, begin);
    return extent.is_whole ? extent.end : next_record(begin, extent);
  }
  return std::min(content_.find_first_of("{,]\n", begin + 1), content_.size());
}

/// Throws DataError where a brace is left over, or other things are: the object is not what its
/// writer meant.
void JsonReader::check_behind(std::size_t end) {
  const char here = next_letter(content_, end, " \t\r");
  const bool is_stray = std::string_view("\n,[]{\xEF").find(here) == kNowhere;
  if (!is_stray && (is_one_a_line_ || next_letter(content_, end, kJsonBlanks) != '}')) return;
  const std::size_t stray = content_.find_first_not_of(kJsonBlanks, end);
  offset_ = next_record(offset_, {.end = stray, .last = stray});
  fail_at(stray, "something is left over behind the object; expected the next one, or the end",
          {"bad_rows=skip"});
}

/// Where the next object begins behind one that is broken: where a line begins with a brace that is
/// indented no deeper, or at a brace with the first key of an object behind what is broken. Where
/// each line has an object, its line ends it, unless a line break cut a string.
std::size_t JsonReader::next_record(std::size_t begin, const JsonExtent& broken) const {
  const std::size_t line_end = content_.find('\n', begin);
  if (is_one_a_line_ && arrays_ == 0 && !(broken.in_string && broken.end == line_end))
    return std::min(line_end, content_.size());
  const std::string_view own_key = first_key(content_, begin);
  // An object without end took those behind it for its own.
  const std::size_t from = broken.end == content_.size() ? begin : broken.last;
  for (std::size_t at = content_.find('{', begin + 1); at != kNowhere;
       at = content_.find('{', at + 1)) {
    const std::string_view key = first_key(content_, at);
    if (key.empty()) continue;
    const std::size_t depth = indentation(content_, at);
    const bool is_known = key == first_key_ || key == own_key;
    if ((depth != kNowhere && depth <= begin - line_begin_) || (is_known && at >= from)) return at;
  }
  return content_.size();
}

void JsonReader::count_lines_to(std::size_t offset) noexcept {
  const std::string_view passed = content_.substr(counted_, offset - counted_);
  line_ += static_cast<std::size_t>(std::ranges::count(passed, '\n'));
  if (const std::size_t last = passed.rfind('\n'); last != kNowhere)
    line_begin_ = counted_ + last + 1;
  counted_ = offset;
}

void JsonReader::fail_at(std::size_t offset, const std::string& what,
                         std::vector<std::string> options) const {
  const std::string_view before = content_.substr(counted_, offset - counted_);
  const std::size_t line = line_ + static_cast<std::size_t>(std::ranges::count(before, '\n'));
  const std::size_t last = before.rfind('\n');
  const std::size_t line_begin = last == kNowhere ? line_begin_ : counted_ + last + 1;
  fail(line, offset - line_begin + 1, what, std::move(options));
}

bool JsonReader::next(Record& record) {
  if (!find_object()) return false;
  check_utf8(object_, line_);
  const JsonObject object = parsed();
  if (const std::string* key = object.repeated(); key != nullptr && repeated_++ == 0)
    first_repeated_ = fmt::format("{}:{}: the key {}", source_.name, line_, in_quotes(*key));
  record.line = line_;
  record.text = text_of(object);
  record.label.clear();
  record.more_labels.clear();
  if (options_.labels) set_labels(object, record);
  record.weight = has_weights() ? weight_of(object) : 1;
  ++good_;
  return true;
}

void JsonReader::finish(ReadReport& report) const {
  if (repeated_ > 0)
    report.warn(
        fmt::format("{} is there more than once, and its last value is read; records like "
                    "this: {}",
                    first_repeated_, repeated_));
}

/// The wanted values of the object.
JsonObject JsonReader::parsed() const {
  JsonObject object;
  for (const std::string& key : text_keys_) object.want(key);
  if (options_.labels) object.want(options_.label_column);
  if (has_weights()) object.want(options_.weight_column);
  if (const std::size_t failed_at = object.parse(object_); failed_at > 0) {
    const auto begin = static_cast<std::size_t>(object_.data() - content_.data());
    fail_at(begin + failed_at - 1, "this is not valid JSON; expected one whole object",
            {"bad_rows=skip"});
  }
  return object;
}

const JsonValue& JsonReader::value_of(const JsonObject& object, const std::string& key,
                                      const char* option) const {
  const JsonValue& value = object[key];
  if (value.type != nullptr) return value;
  const std::string what =
      fmt::format("there is no key {}; the keys are {}. ", in_quotes(key), list_of_keys(object_));
  if (good_ == 0) fail(line_, 0, what + "Name one of them", {option});
  fail(line_, 0, what + "Records before it have the key: mend this one, or leave it out",
       {"bad_rows=skip"});
}

std::string JsonReader::text_of(const JsonObject& object) const {
  std::string text;
  for (const std::string& key : text_keys_) {
    const JsonValue& value = value_of(object, key, "text_column");
    if (value.kind != JsonValue::Kind::kString)
      fail(line_, 0, fmt::format("{} is of type {}, expected a string", in_quotes(key), value.type),
           {"bad_rows=skip"});
    if (!text.empty() && !value.text.empty()) text += ' ';
    text += value.text;
  }
  return text;
}

void JsonReader::set_labels(const JsonObject& object, Record& record) const {
  const std::string& key = options_.label_column;
  const JsonValue& value = value_of(object, key, "label_column");
  switch (value.kind) {
    case JsonValue::Kind::kString:
    case JsonValue::Kind::kPlain:
      return add_labels(value.text, line_, record);
    case JsonValue::Kind::kArray:
      // An array separates its labels itself: a separator within one is a part of its name.
      if (!options_.labels) return;
      for (std::size_t k = 0; k < value.items.size(); ++k) {
        if (trim(value.items[k]).empty()) {
          fail(line_, 0, fmt::format("item {} of {} is empty; leave it out", k + 1, in_quotes(key)),
               {"bad_rows=skip"});
        }
        add_label(value.items[k], line_, record);
      }
      return;
    case JsonValue::Kind::kOther:
      if (value.bad_item > 0) {
        fail(line_, 0,
             fmt::format("item {} of {} is of type {}, expected a string, a number or a boolean",
                         value.bad_item, in_quotes(key), value.bad_item_type),
             {"bad_rows=skip"});
      }
      fail(line_, 0,
           fmt::format("{} is of type {}, expected a string, a number or a boolean, or an array of "
                       "such labels",
                       in_quotes(key), value.type),
           {"bad_rows=skip"});
  }
}

bool JsonReader::has_weights() const noexcept {
  return options_.labels && !options_.weight_column.empty();
}

float JsonReader::weight_of(const JsonObject& object) const {
  const std::string& key = options_.weight_column;
  const JsonValue& value = value_of(object, key, "weight_column");
  if (value.kind != JsonValue::Kind::kString && value.kind != JsonValue::Kind::kPlain)
    fail(line_, 0, fmt::format("{} is of type {}, expected a number", in_quotes(key), value.type),
         {"bad_rows=skip"});
  return checked_weight(value.text, line_);
}

}  // namespace unroll
