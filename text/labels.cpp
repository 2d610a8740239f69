#include "unroll/text/labels.h"

#include <fmt/format.h>
#include <unicode/uchar.h>
#include <unicode/uspoof.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "unroll/core/error.h"
#include "unroll/text/counted.h"
#include "unroll/text/unicode.h"
#include "unroll/text/utf8.h"

namespace unroll {

namespace {

/// Warns of the labels that `is_odd` is true of.
template <typename Odd>
void warn_of(const RowsByLabel& labels, const std::string& file, ReadReport& report, Odd is_odd,
             std::string_view what) {
  std::size_t rows = 0, count = 0;
  const RowsByLabel::value_type* first = nullptr;
  for (const auto& entry : labels) {
    if (!is_odd(entry.first)) continue;
    rows += entry.second.rows;
    ++count;
    if (first == nullptr || entry.second.line < first->second.line) first = &entry;
  }
  if (first == nullptr) return;
  report.warn(fmt::format("{}:{}: {}: {} in {}, the first is {}", file, first->second.line, what,
                          counted(count, "label"), counted(rows, "row"), in_quotes(first->first)));
}

// -------------------------------------------------------------------------------- labels alone

bool has_one_row(const RowsByLabel::value_type& entry) {
  return entry.second.rows == 1;
}

void warn_of_unique(const RowsByLabel& labels, std::size_t rows, const std::string& file,
                    ReadReport& report) {
  if (!are_nearly_unique(labels, rows)) return;
  const auto first = std::ranges::find_if(labels, has_one_row);
  report.warn(
      fmt::format("{}:{}: {} of {} rows have a label that no other row has, e.g. {}: are this the "
                  "right column and "
                  "the right separator?",
                  file, first->second.line, std::ranges::count_if(labels, has_one_row), rows,
                  in_quotes(first->first)));
}

constexpr std::string_view kLineBreaks = "\n\r", kTab = "\t", kComma = ",";

/// Nothing of it is left when invisible characters are dropped.
bool is_invisible(std::string_view label) {
  return trim(nfkc_casefold(label)).empty();
}

bool is_long(std::string_view label) {
  constexpr std::size_t kLongLabel = 100;  // bytes: no name of a class is so long
  return label.size() > kLongLabel;
}

template <typename Body>
void for_each_part(std::string_view label, char separator, Body body) {
  for (;;) {
    const std::size_t end = std::min(label.find(separator), label.size());
    body(trim(label.substr(0, end)));
    if (end == label.size()) return;
    label.remove_prefix(end + 1);
  }
}

/// The parts of all labels, and how many labels have each.
std::map<std::string_view, std::size_t> parts_of(const RowsByLabel& labels, char separator) {
  std::map<std::string_view, std::size_t> parts;
  for (const auto& entry : labels) {
    const std::string_view label = entry.first;
    for_each_part(label, separator, [&](std::string_view part) { ++parts[part]; });
  }
  return parts;
}

/// Whether a label looks like several, one of which another label has as well.
bool is_list(std::string_view label, char separator,
             const std::map<std::string_view, std::size_t>& parts) {
  if (label.find(separator) == std::string_view::npos) return false;
  bool is_known = false, are_names = true;
  for_each_part(label, separator, [&](std::string_view part) {
    is_known = is_known || parts.at(part) > 1;
    are_names = are_names && !part.empty();
  });
  return is_known && are_names;
}

void warn_of_odd(const RowsByLabel& labels, const std::string& file, ReadReport& report) {
  const auto holds = [](std::string_view characters) {
    return [characters](std::string_view label) {
      return label.find_first_of(characters) != std::string_view::npos;
    };
  };
  warn_of(labels, file, report, holds(kLineBreaks),
          "labels with line breaks (a quote that is never closed?)");
  warn_of(labels, file, report, holds(kTab), "labels with tabs (another separator?)");
  for (const char separator : {',', ';', '|'}) {
    const std::map<std::string_view, std::size_t> parts = parts_of(labels, separator);
    warn_of(
        labels, file, report,
        [&](std::string_view label) { return is_list(label, separator, parts); },
        fmt::format("labels with {} are one label each, not several, unless it is named "
                    "as the separator of labels",
                    in_quotes(std::string_view(&separator, 1))));
  }
  warn_of(labels, file, report, is_invisible, "labels of invisible characters alone");
  warn_of(labels, file, report, is_long, "labels as long as texts (the text's column?)");
}

// ------------------------------------------------------------------------------------ look-alikes

/// Digits of all scripts as ASCII's.
std::string with_plain_digits(std::string_view text) {
  std::string plain;
  for (std::size_t begin = 0, end = 0; begin < text.size(); begin = end) {
    const auto character = next_character(text, end);
    if (!character) return std::string(text);
    const int32_t digit = u_charDigitValue(static_cast<UChar32>(*character));
    plain += digit < 0 ? std::string(text.substr(begin, end - begin)) : std::to_string(digit);
  }
  return plain;
}

/// The number that a label is, in plain digits.
std::optional<double> number_of(std::string_view label) {
  if (label.starts_with('+')) label.remove_prefix(1);
  double number = 0;
  const char* const end = label.data() + label.size();
  const auto [parsed, error] = std::from_chars(label.data(), end, number);
  if (error != std::errc() || parsed != end || !std::isfinite(number)) return std::nullopt;
  // Two numbers that differ after more digits than a double has may be one double.
  constexpr std::size_t kDigits = 15;
  return label.size() <= kDigits ? std::optional(number) : std::nullopt;
}

/// Unicode's skeleton of what looks alike (UTS #39).
class Skeletons {
 public:
  Skeletons() : checker_(uspoof_open(&error_)) {}
  ~Skeletons() { uspoof_close(checker_); }
  Skeletons(const Skeletons&) = delete;
  Skeletons& operator=(const Skeletons&) = delete;

  std::string of(std::string_view text) const {
    UErrorCode error = U_ZERO_ERROR;
    std::string skeleton(4 * text.size() + 64, '\0');
    const int32_t size =
        uspoof_getSkeletonUTF8(checker_, 0, text.data(), static_cast<int32_t>(text.size()),
                               skeleton.data(), static_cast<int32_t>(skeleton.size()), &error);
    if (U_FAILURE(error)) return std::string(text);
    skeleton.resize(static_cast<std::size_t>(size));
    return skeleton;
  }

 private:
  UErrorCode error_ = U_ZERO_ERROR;
  USpoofChecker* checker_;
};

/// What labels that a reader takes for one have in common.
struct Likeness {
  std::optional<double> number;
  std::string letters;
  auto operator<=>(const Likeness&) const = default;
};

/// ASCII's letters are told apart by everyone: only where one is foreign are skeletons compared.
Likeness likeness(std::string_view label, const Skeletons& skeletons) {
  std::vector<std::string> words;
  append_words(nfkc_casefold(label), words);
  const std::string folded = fmt::format("{}", fmt::join(words, " "));
  if (const auto number = number_of(with_plain_digits(folded))) return {number, ""};
  return {std::nullopt, is_ascii(folded) ? folded : skeletons.of(folded)};
}

/// Writes everything that is not ASCII by its code point, so that a difference can be seen.
std::string spelled(std::string_view label) {
  std::string text;
  for (std::size_t offset = 0; offset < label.size();) {
    const char32_t character = next_character(label, offset).value_or(0xFFFD);
    text += character < 0x7F && character >= ' '
                ? std::string(1, static_cast<char>(character))
                : fmt::format("\\u{:04X}", static_cast<std::uint32_t>(character));
  }
  return in_quotes(text);
}

/// Quotes the two as people read them where that shows the difference, and spells them elsewhere.
std::string both(std::string_view one, std::string_view other) {
  const bool plain = is_ascii(one) && is_ascii(other);
  return plain ? fmt::format("{} and {}", in_quotes(one), in_quotes(other))
               : fmt::format("{} and {}", spelled(one), spelled(other));
}

void warn_of_look_alikes(const RowsByLabel& labels, const std::string& file, ReadReport& report) {
  const std::vector<LookAlike> found = look_alikes(labels);
  if (found.empty()) return;
  const LookAlike& first = found.front();
  const std::size_t line = std::max(labels.at(first.label).line, labels.at(first.other).line);
  report.warn(fmt::format(
      "{}:{}: {} look alike, and are two labels; labels that look like another: {}", file, line,
      both(std::min(first.label, first.other), std::max(first.label, first.other)), found.size()));
}

// --------------------------------------------------------------------------------------- matching

using Numbers = std::map<double, std::string_view>;

/// The known labels that are numbers no other one is.
Numbers numbers_of(std::span<const std::string> known) {
  Numbers numbers;
  std::map<double, std::size_t> counts;
  for (const std::string& label : known) {
    const auto number = number_of(label);
    if (!number) continue;
    numbers[*number] = label;
    ++counts[*number];
  }
  for (const auto& [number, count] : counts) {
    if (count > 1) numbers.erase(number);
  }
  return numbers;
}

[[noreturn]] void refuse_strangers(const std::set<std::string>& labels,
                                   std::span<const std::string> known, const std::string& file) {
  const std::vector<std::string> theirs(labels.begin(), labels.end());
  throw mended_by(
      {"label_column"},
      DataError(fmt::format("{}: no label of this file is one of training's. Its labels "
                            "are {}; training's are {}",
                            file, list_of_labels(theirs), list_of_labels(known))));
}

}  // namespace

void examine_labels(std::span<const Record> records, const std::string& file, ReadReport& report) {
  examine_labels(rows_by_label(records), records.size(), file, report);
}

void examine_labels(const RowsByLabel& labels, std::size_t rows, const std::string& file,
                    ReadReport& report) {
  warn_of_unique(labels, rows, file, report);
  warn_of_odd(labels, file, report);
  warn_of_look_alikes(labels, file, report);
}

RowsByLabel rows_by_label(std::span<const Record> records) {
  RowsByLabel labels;
  for (const Record& record : records) {
    for (const std::string_view label : labels_of(record)) {
      LabelRows& seen = labels[label];
      if (seen.rows++ == 0) seen.line = record.line;
    }
  }
  return labels;
}

void count_labels(const Record& record, std::map<std::string, LabelRows>& labels) {
  for (const std::string_view label : labels_of(record)) {
    LabelRows& seen = labels[std::string(label)];
    if (seen.rows++ == 0) seen.line = record.line;
  }
}

RowsByLabel views_of(const std::map<std::string, LabelRows>& labels) {
  return {labels.begin(), labels.end()};
}

bool are_nearly_unique(const RowsByLabel& labels, std::size_t rows) {
  constexpr std::size_t kFewRows = 20;  // in a shorter file many classes may have one row each
  constexpr double kNearlyAll = 0.8;
  const auto alone = static_cast<double>(std::ranges::count_if(labels, has_one_row));
  return rows >= kFewRows && alone >= kNearlyAll * static_cast<double>(rows);
}

bool is_odd_label(std::string_view label) noexcept {
  const auto holds = [&](std::string_view characters) {
    return label.find_first_of(characters) != std::string_view::npos;
  };
  return is_long(label) || holds(kLineBreaks) || holds(kTab) || holds(kComma);
}

std::vector<LookAlike> look_alikes(const RowsByLabel& labels) {
  const Skeletons skeletons;
  std::map<Likeness, std::vector<const RowsByLabel::value_type*>> alike;
  for (const auto& entry : labels) alike[likeness(entry.first, skeletons)].push_back(&entry);
  std::vector<LookAlike> found;
  for (const auto& [likeness, entries] : alike) {
    const auto* most = *std::ranges::max_element(
        entries, {}, [](const auto* entry) { return entry->second.rows; });
    for (const auto* entry : entries) {
      if (entry != most) found.push_back({entry->first, most->first, likeness.number.has_value()});
    }
  }
  std::ranges::stable_sort(found, {}, &LookAlike::other);
  return found;
}

std::vector<std::string> labels_in(std::span<const Record> records) {
  std::vector<std::string> list;
  for (const auto& [label, seen] : rows_by_label(records)) list.emplace_back(label);
  return list;
}

std::string_view separator_of(std::span<const std::string_view> labels) {
  for (const std::string_view separator : {",", ";", "|", " | "}) {
    const bool is_free = std::ranges::none_of(labels, [&](std::string_view label) {
      return label.find(separator) != std::string_view::npos;
    });
    if (is_free) return separator;
  }
  return "";
}

std::string list_of_labels(std::span<const std::string> labels) {
  constexpr std::size_t kListed = 10;
  std::string list;
  for (std::size_t i = 0; i < std::min(labels.size(), kListed); ++i)
    list += (i == 0 ? "" : ", ") + in_quotes(labels[i]);
  return list + (labels.size() > kListed ? fmt::format(", … ({} labels)", labels.size()) : "");
}

LabelMatcher::LabelMatcher(std::span<const std::string> known)
    : known_(known), numbers_(numbers_of(known)) {}

/// Whether it is a known label then.
bool LabelMatcher::match(std::string& label) {
  if (std::ranges::binary_search(known_, label)) return true;
  const auto number = number_of(label);
  const auto found = number ? numbers_.find(*number) : numbers_.end();
  if (found == numbers_.end()) return false;
  if (matched_++ == 0)
    example_ = fmt::format("{} is {}", in_quotes(label), in_quotes(found->second));
  label = found->second;
  return true;
}

void LabelMatcher::match(Record& record) {
  bool is_known = record.label.empty() || match(record.label);
  for (std::string& label : record.more_labels) is_known = match(label) || is_known;
  knows_one_ = knows_one_ || is_known;
  if (knows_one_) return strangers_.clear();
  for (const std::string_view label : labels_of(record)) strangers_.emplace(label);
}

void LabelMatcher::finish(const std::string& file, ReadReport& report) const {
  if (!strangers_.empty()) refuse_strangers(strangers_, known_, file);
  if (matched_ > 0) {
    report.note(fmt::format("{}: {} rows have labels that are training's as numbers: {}", file,
                            matched_, example_));
  }
}

void match_labels(std::span<Record> records, std::span<const std::string> known,
                  const std::string& file, ReadReport& report) {
  LabelMatcher matcher(known);
  for (Record& record : records) matcher.match(record);
  matcher.finish(file, report);
}

std::string escaped(std::string_view label) {
  std::string text;
  for (const char c : label) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\\') {
      text += "\\\\";
    } else if (c == '\t' || c == '\n' || c == '\r') {
      text += c == '\t' ? "\\t" : c == '\n' ? "\\n" : "\\r";
    } else if (byte < 0x20 || byte == 0x7F) {
      text += fmt::format("\\x{:02X}", byte);
    } else {
      text += c;
    }
  }
  return text;
}

}  // namespace unroll
