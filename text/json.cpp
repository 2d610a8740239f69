#include "unroll/text/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "unroll/core/error.h"
#include "unroll/text/columns.h"
#include "unroll/text/utf8.h"

namespace unroll {

namespace {

constexpr std::size_t kNone = std::string_view::npos;
constexpr std::string_view kBlanks = " \t\r\n";

/// Whether the first object ends in the line where it begins.
bool is_one_a_line(std::string_view content) {
  const std::size_t begin = content.find_first_not_of(kBlanks);
  if (begin == kNone || content[begin] != '{') return false;
  const std::size_t line_end = std::min(content.find('\n', begin), content.size());
  return behind_object(content.substr(0, line_end), begin) != kNone;
}

}  // namespace

JsonReader::JsonReader(const Source& source, const ReadOptions& options)
    : RecordReader(source, options),
      content_(source.content),
      text_keys_(parts_of(options.text_column)),
      is_one_a_line_(is_one_a_line(source.content)) {}

/// Finds the next object. Between objects are white space, and the brackets and commas of arrays.
bool JsonReader::find_object() {
  constexpr std::string_view kBetween = " \t\r\n,[]";
  do {
    offset_ = std::min(content_.find_first_not_of(kBetween, offset_), content_.size());
  } while (content_.substr(offset_).starts_with(kByteOrderMark) &&
           (offset_ += kByteOrderMark.size()) != kNone);
  count_lines_to(offset_);
  if (offset_ == content_.size()) return false;
  ++row_;
  if (content_[offset_] != '{') {
    const std::size_t found = offset_;
    skip_line();
    fail_at(found, "this is not JSON; expected objects, one for each record");
  }
  const std::size_t end = behind_object(content_.substr(0, limit()), offset_);
  object_ = content_.substr(offset_, std::min(end, limit()) - offset_);
  if (end == kNone) {
    skip_line();
  } else {
    offset_ = end;
  }
  return true;
}

/// Where an object must end.
std::size_t JsonReader::limit() const noexcept {
  return is_one_a_line_ ? std::min(content_.find('\n', offset_), content_.size()) : content_.size();
}

void JsonReader::count_lines_to(std::size_t offset) noexcept {
  const std::string_view passed = content_.substr(counted_, offset - counted_);
  line_ += static_cast<std::size_t>(std::ranges::count(passed, '\n'));
  counted_ = offset;
}

void JsonReader::skip_line() noexcept {
  offset_ = std::min(content_.find('\n', offset_), content_.size());
}

void JsonReader::fail_at(std::size_t offset, const std::string& what,
                         std::vector<std::string> options) const {
  const std::string_view before = content_.substr(counted_, offset - counted_);
  const std::size_t line = line_ + static_cast<std::size_t>(std::ranges::count(before, '\n'));
  const std::size_t line_begin = content_.substr(0, offset).rfind('\n') + 1;
  fail(line, offset - line_begin + 1, what, std::move(options));
}

bool JsonReader::next(Record& record) {
  if (!find_object()) return false;
  check_utf8(object_, line_);
  const JsonObject object = parsed();
  record.line = line_;
  record.text = text_of(object);
  record.label.clear();
  record.more_labels.clear();
  if (options_.labels) set_labels(object, record);
  record.weight = has_weights() ? weight_of(object) : 1;
  return true;
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
  fail(line_, 0,
       fmt::format("there is no key {}; the keys are {}. Name one of them", in_quotes(key),
                   list_of_keys(object_)),
       {option});
}

std::string JsonReader::text_of(const JsonObject& object) const {
  std::string text;
  for (const std::string& key : text_keys_) {
    const JsonValue& value = value_of(object, key, "text_column");
    if (value.kind != JsonValue::Kind::kString)
      fail(line_, 0,
           fmt::format("{} is of type {}, expected a string", in_quotes(key), value.type));
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
      for (const std::string& label : value.items) add_labels(label, line_, record);
      return;
    case JsonValue::Kind::kOther:
      fail(line_, 0,
           fmt::format("{} is of type {}, expected a string, a number or a boolean, or an array of "
                       "such labels",
                       in_quotes(key), value.type));
  }
}

bool JsonReader::has_weights() const noexcept {
  return options_.labels && !options_.weight_column.empty();
}

float JsonReader::weight_of(const JsonObject& object) const {
  const std::string& key = options_.weight_column;
  const JsonValue& value = value_of(object, key, "weight_column");
  if (value.kind != JsonValue::Kind::kString && value.kind != JsonValue::Kind::kPlain)
    fail(line_, 0, fmt::format("{} is of type {}, expected a number", in_quotes(key), value.type));
  return checked_weight(value.text, line_);
}

}  // namespace unroll
