/// What there is to know about files of labelled texts before a model is trained on them: the
/// library behind `unroll data check`.
///
/// The first file is the one to train on: its texts choose the tokenizer and make the vocabulary by
/// which the words of all files are known or unknown. The second file is taken for the dev texts,
/// which may choose characters instead; without one, the rows that training would hold back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "unroll/text/data_file.h"
#include "unroll/text/encoder.h"
#include "unroll/text/record_stream.h"
#include "unroll/text/records.h"
#include "unroll/text/text_trouble.h"
#include "unroll/tools/classifier/text_options.h"

namespace unroll {

struct LabelCount {
  std::string label;
  std::size_t rows = 0;
  double share = 0;      ///< of the file's rows
  std::size_t line = 0;  ///< of its first row
};

/// Rows that something holds for.
struct RowCount {
  std::size_t rows = 0;
  std::size_t line = 0;  ///< of the first one
};

struct TroubleCount {
  TextTrouble trouble = TextTrouble::kReplacement;
  RowCount found;
};

/// Something about a label that training would take as it is, though it is hardly meant.
enum class LabelDoubt : std::uint8_t {
  kSingle,    ///< one row has it: no part but one can have it
  kAlike,     ///< a reader takes it for another label (text/labels.h)
  kNumber,    ///< another label is the same number, such as 1 and 1.0
  kUnusual,   ///< it holds a tab, a line break or a comma, or is very long
  kHeader,    ///< its row looks like a header: label and text are the names of their columns
  kManifold,  ///< nearly every row has a label of its own: is it the right column?
};
std::string_view to_string(LabelDoubt doubt);

struct DoubtfulLabel {
  LabelDoubt doubt = LabelDoubt::kSingle;
  std::string label;
  std::string other;  ///< the label that it looks like
  std::size_t line = 0;
};

/// Lengths of texts in tokens, whole ones, before any is cut.
struct LengthCount {
  std::size_t shortest = 0, median = 0, ninetieth = 0, longest = 0;  ///< ninetieth: percentile
  std::size_t cut = 0;                                               ///< texts that max_tokens cuts
  double lost_share = 0;  ///< of all tokens, those behind the cuts
};

/// Texts that were there before, in the same file or in another one. Each is counted once.
struct RepeatCount {
  std::size_t exact = 0;      ///< the same bytes
  std::size_t alike = 0;      ///< the same letters and digits (unroll/text/near_repeats.h)
  std::size_t near = 0;       ///< nearly the same
  std::size_t line = 0;       ///< the first one of any kind,
  std::size_t twin_line = 0;  ///< and what it repeats
  std::size_t all() const { return exact + alike + near; }
};

struct FileReport {
  std::string name;
  std::string format;
  std::vector<std::string> columns;
  std::size_t rows = 0;
  std::size_t left_out = 0;        ///< rows behind these, of which the report says nothing
  std::vector<LabelCount> labels;  ///< most frequent first, equals in byte order
  std::size_t several_labels = 0;  ///< rows that have two or more, and
  std::size_t no_label = 0;        ///< none
  LengthCount tokens;
  RowCount empty;                ///< texts without tokens
  double unknown_share = 0;      ///< of all tokens, those that the vocabulary lacks
  std::size_t unknown_rows = 0;  ///< texts in which no word is known
  RepeatCount repeats;
  std::size_t conflicting_texts = 0;  ///< texts with several labels
  RowCount conflicts;                 ///< their rows
  std::vector<TroubleCount> troubles;
  std::vector<DoubtfulLabel> doubtful;  ///< by kind, then line
  std::vector<LabelCount> unseen;       ///< labels that the first file lacks
};

/// Texts of a later file that an earlier one has, too.
struct FileOverlap {
  std::size_t earlier = 0, later = 0;  ///< numbers of files
  RepeatCount repeats;
};

struct DataReport {
  TokenizerChoice tokenizer;
  /// With the reason kMostlyUnknown: of the tokens of the dev texts, as words.
  double unknown_as_words = 0;
  std::size_t max_tokens = 0;
  std::uint64_t min_count = 0;
  std::size_t vocabulary = 0;
  std::vector<FileReport> files;
  std::vector<FileOverlap> overlaps;  ///< of each pair, those that are not empty alone
};

/// Reports on all files, with the options that training would have. The result is equal for any
/// number of threads.
DataReport report_on(std::span<const DataFile> files, const TextOptions& options);

/// The encoder that training on these texts would have.
TextEncoder encoder_for(std::span<const Record> records, const TextOptions& options);
TextEncoder encoder_for(RecordStream& texts, const TextOptions& options);

/// A table of lines that fit the width, as far as names do.
std::string to_table(const DataReport& report, std::size_t width);
/// One JSON object, with all labels.
std::string to_json(const DataReport& report);

}  // namespace unroll
