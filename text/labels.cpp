#include "unroll/text/labels.h"

#include <fmt/format.h>
#include <unicode/uspoof.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "unroll/core/error.h"
#include "unroll/text/unicode.h"
#include "unroll/text/utf8.h"

namespace unroll {

namespace {

using Labels = std::map<std::string_view, LabelRows>;

/// Warns of the labels that `is_odd` is true of.
template <typename Odd>
void warn_of(const Labels& labels, const std::string& file, ReadReport& report, Odd is_odd,
             std::string_view what) {
  std::size_t rows = 0, count = 0;
  const Labels::value_type* first = nullptr;
  for (const auto& entry : labels) {
    if (!is_odd(entry.first)) continue;
    rows += entry.second.rows;
    ++count;
    if (first == nullptr || entry.second.line < first->second.line) first = &entry;
  }
  if (first == nullptr) return;
  report.warn(fmt::format("{}:{}: {}: {} labels in {} rows, the first is {}", file,
                          first->second.line, what, count, rows, in_quotes(first->first)));
}

// -------------------------------------------------------------------------------- labels alone

void warn_of_unique(const Labels& labels, std::size_t rows, const std::string& file,
                    ReadReport& report) {
  constexpr std::size_t kFewRows = 20;
  constexpr double kNearlyAll = 0.8;
  const auto alone = static_cast<std::size_t>(
      std::ranges::count_if(labels, [](const auto& entry) { return entry.second.rows == 1; }));
  if (rows < kFewRows || static_cast<double>(alone) < kNearlyAll * static_cast<double>(rows))
    return;
  const auto first =
      std::ranges::find_if(labels, [](const auto& entry) { return entry.second.rows == 1; });
  report.warn(fmt::format(
      "{}:{}: {} of {} rows have a label that no other row has, e.g. {}: is this the right column?",
      file, first->second.line, alone, rows, in_quotes(first->first)));
}

void warn_of_odd(const Labels& labels, const std::string& file, ReadReport& report) {
  constexpr std::size_t kLongLabel = 100;  // bytes: no name of a class is so long
  const auto holds = [](std::string_view characters) {
    return [characters](std::string_view label) {
      return label.find_first_of(characters) != std::string_view::npos;
    };
  };
  warn_of(labels, file, report, holds("\n\r"),
          "labels with line breaks (a quote that is never closed?)");
  warn_of(labels, file, report, holds("\t"), "labels with tabs (another separator?)");
  warn_of(labels, file, report, holds(","), "labels with commas are one label each, not several");
  warn_of(
      labels, file, report, [](std::string_view label) { return label.size() > kLongLabel; },
      "labels as long as texts (the text's column?)");
}

// ------------------------------------------------------------------------------------ look-alikes

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

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c & 0x80) == 0; });
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

/// What labels that a reader takes for one have in common. ASCII's letters are told apart by
/// everyone: only where one is foreign are skeletons compared.
std::string likeness(std::string_view label, const Skeletons& skeletons) {
  std::vector<std::string> words;
  append_words(nfkc_casefold(label), words);
  const std::string folded = fmt::format("{}", fmt::join(words, " "));
  if (const auto number = number_of(folded)) return fmt::format("number {}", *number);
  return is_ascii(folded) ? folded : skeletons.of(folded);
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

void warn_of_look_alikes(const Labels& labels, const std::string& file, ReadReport& report) {
  const Skeletons skeletons;
  std::map<std::string, const Labels::value_type*> likenesses;
  std::string first;
  std::size_t pairs = 0;
  for (const auto& entry : labels) {
    const auto [like, is_new] = likenesses.emplace(likeness(entry.first, skeletons), &entry);
    if (is_new || pairs++ > 0) continue;
    const auto& later = std::max(entry.second.line, like->second->second.line);
    first = fmt::format("{}:{}: {}", file, later, both(like->second->first, entry.first));
  }
  if (pairs == 0) return;
  report.warn(fmt::format("{} look alike, and are two labels; labels that look like another: {}",
                          first, pairs));
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

[[noreturn]] void refuse_strangers(const Labels& labels, std::span<const std::string> known,
                                   const std::string& file) {
  std::vector<std::string> theirs;
  for (const auto& [label, seen] : labels) theirs.emplace_back(label);
  throw mended_by(
      {"label_column"},
      DataError(fmt::format("{}: no label of this file is one of training's. Its labels "
                            "are {}; training's are {}",
                            file, list_of_labels(theirs), list_of_labels(known))));
}

}  // namespace

void examine_labels(std::span<const Record> records, const std::string& file, ReadReport& report) {
  const Labels labels = rows_by_label(records);
  warn_of_unique(labels, records.size(), file, report);
  warn_of_odd(labels, file, report);
  warn_of_look_alikes(labels, file, report);
}

std::map<std::string_view, LabelRows> rows_by_label(std::span<const Record> records) {
  Labels labels;
  for (const Record& record : records) {
    for (const std::string_view label : labels_of(record)) {
      LabelRows& seen = labels[label];
      if (seen.rows++ == 0) seen.line = record.line;
    }
  }
  return labels;
}

std::vector<std::string> labels_in(std::span<const Record> records) {
  std::vector<std::string> list;
  for (const auto& [label, seen] : rows_by_label(records)) list.emplace_back(label);
  return list;
}

std::string list_of_labels(std::span<const std::string> labels) {
  constexpr std::size_t kListed = 10;
  std::string list;
  for (std::size_t i = 0; i < std::min(labels.size(), kListed); ++i)
    list += (i == 0 ? "" : ", ") + in_quotes(labels[i]);
  return list + (labels.size() > kListed ? fmt::format(", … ({} labels)", labels.size()) : "");
}

void match_labels(std::span<Record> records, std::span<const std::string> known,
                  const std::string& file, ReadReport& report) {
  const Numbers numbers = numbers_of(known);
  std::size_t matched = 0, strangers = 0;
  std::string example;
  /// Whether it is a known label then.
  const auto match = [&](std::string& label) {
    if (std::ranges::binary_search(known, label)) return true;
    const auto number = number_of(label);
    const auto found = number ? numbers.find(*number) : numbers.end();
    if (found == numbers.end()) return false;
    if (matched++ == 0)
      example = fmt::format("{} is {}", in_quotes(label), in_quotes(found->second));
    label = found->second;
    return true;
  };
  for (Record& record : records) {
    bool is_known = record.label.empty() || match(record.label);
    for (std::string& label : record.more_labels) is_known = match(label) || is_known;
    strangers += is_known ? 0 : 1;
  }
  if (strangers == records.size() && !records.empty())
    refuse_strangers(rows_by_label(records), known, file);
  if (matched > 0) {
    report.note(fmt::format("{}: {} rows have labels that are training's as numbers: {}", file,
                            matched, example));
  }
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
