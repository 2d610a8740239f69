#include "unroll/text/json_extent.h"

#include <algorithm>
#include <string>

namespace unroll {

namespace {

constexpr std::size_t kNoEnd = std::string_view::npos;

class Scan {
 public:
  Scan(std::string_view content, std::size_t begin) : content_(content), at_(begin) {}
  JsonExtent run();

 private:
  enum class Expected { kValue, kValueOrEnd, kKey, kKeyOrEnd, kColon, kCommaOrEnd };

  bool step(char c);
  bool value(char c, bool may_end);
  bool key(char c, bool may_end);
  bool comma_or_end(char c);
  bool open(char bracket);
  bool close(char bracket);
  bool string(Expected next);
  bool word();
  bool go_on(Expected next) {
    ++at_;
    expected_ = next;
    return true;
  }

  std::string_view content_;
  std::size_t at_;
  Expected expected_ = Expected::kValue;
  std::string open_;  // brackets
  std::size_t last_ = 0;
  bool in_string_ = false;
};

JsonExtent Scan::run() {
  do {
    at_ = std::min(content_.find_first_not_of(" \t\r\n", at_), content_.size());
    if (at_ == content_.size() || !step(content_[at_])) return {at_, last_, false, in_string_};
  } while (!open_.empty());
  return {at_, last_, true, false};
}

/// Whether what is expected is there.
bool Scan::step(char c) {
  switch (expected_) {
    case Expected::kValue:
    case Expected::kValueOrEnd:
      return value(c, expected_ == Expected::kValueOrEnd);
    case Expected::kKey:
    case Expected::kKeyOrEnd:
      return key(c, expected_ == Expected::kKeyOrEnd);
    case Expected::kColon:
      return c == ':' && go_on(Expected::kValue);
    case Expected::kCommaOrEnd:
      return comma_or_end(c);
  }
  return false;
}

bool Scan::value(char c, bool may_end) {
  if (c == '"') return string(Expected::kCommaOrEnd);
  if (c == '{' || c == '[') return open(c);
  return c == ']' ? may_end && close(c) : word();
}

bool Scan::key(char c, bool may_end) {
  return c == '"' ? string(Expected::kColon) : may_end && close(c);
}

bool Scan::comma_or_end(char c) {
  if (c != ',') return close(c);
  return go_on(open_.back() == '{' ? Expected::kKey : Expected::kValue);
}

bool Scan::open(char bracket) {
  constexpr std::size_t kDeepest = 512;
  last_ = at_;
  if (open_.size() == kDeepest) return false;
  open_ += bracket;
  return go_on(bracket == '{' ? Expected::kKeyOrEnd : Expected::kValueOrEnd);
}

bool Scan::close(char bracket) {
  if (bracket != (open_.back() == '{' ? '}' : ']')) return false;
  open_.pop_back();
  return go_on(Expected::kCommaOrEnd);
}

bool Scan::string(Expected next) {
  last_ = at_;
  const std::size_t end = behind_json_string(content_, at_);
  const std::string_view string = content_.substr(at_, end - at_);
  const std::size_t line_break = string.find('\n');
  in_string_ = line_break != kNoEnd;
  if (in_string_ || end == kNoEnd) {
    at_ = in_string_ ? at_ + line_break : content_.size();
    return false;
  }
  at_ = end - 1;
  return go_on(next);
}

/// A number, true, false or null.
bool Scan::word() {
  constexpr std::string_view kLetters =
      "+-.0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  const std::size_t end = std::min(content_.find_first_not_of(kLetters, at_), content_.size());
  if (end == at_) return false;
  at_ = end - 1;
  return go_on(Expected::kCommaOrEnd);
}

}  // namespace

JsonExtent extent_of_json(std::string_view content, std::size_t begin) {
  return Scan(content, begin).run();
}

std::size_t behind_json_string(std::string_view content, std::size_t opened) {
  for (std::size_t at = content.find('"', opened + 1); at != kNoEnd;
       at = content.find('"', at + 1)) {
    std::size_t slashes = 0;
    while (content[at - 1 - slashes] == '\\') ++slashes;
    if (slashes % 2 == 0) return at + 1;
  }
  return kNoEnd;
}

}  // namespace unroll
