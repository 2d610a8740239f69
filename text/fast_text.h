/// fastText's lines: words that begin with `__label__`, and a text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "unroll/text/lines.h"
#include "unroll/text/record_reader.h"

namespace unroll {

inline constexpr std::string_view kFastTextLabel = "__label__";

/// Whether a word of the line begins with `__label__`.
bool has_fast_text_label(std::string_view line);

/// The labels of a line are the record's, without their prefix; the text is the rest. Lines of
/// white space are skipped where labels are wanted, and are empty texts elsewhere. A line without
/// label is an error.
class FastTextReader final : public RecordReader {
 public:
  /// Throws UsageError if a column of weights is asked for: there are no columns.
  FastTextReader(const Source& source, const ReadOptions& options);

  bool next(Record& record) override;
  /// Warns of lines whose label took their text in.
  void finish(ReadReport& report) const override;
  const std::vector<std::string>& column_names() const override;
  std::vector<std::string_view> cells() const override { return {line_.text}; }

 private:
  void examine(const Record& record);

  /// Lines that are read, though probably not as they were meant.
  struct Doubt {
    std::size_t lines = 0;
    std::size_t first = 0;  ///< one of these
    std::string label;
    void add(const Record& record, std::string_view label_of_it);
  };

  LineReader lines_;
  Line line_;
  Doubt without_text_;
  Doubt with_blanks_;  ///< in a label: other blanks than fastText knows
};

}  // namespace unroll
