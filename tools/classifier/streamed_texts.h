/// StreamedTexts: training texts of a file that may be larger than memory.
///
///     pass 1   the file is read: labels are counted, rows to hold back are chosen
///     pass 2   it is read again and tokenized: tokens get numbers, which go to a temporary file
///     pass 3   the vocabulary is known: numbers become ids, in a file of the cache
///
/// No pass holds more than a block of texts. The cache's file (unroll/text/row_file.h) is what
/// training reads, and has all that the passes found out: another run on the same texts, with the
/// same settings as far as they change ids, begins with it. Its name is a hash of these texts and
/// settings.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/core/sparse_counts.h"
#include "unroll/text/hold_back.h"
#include "unroll/text/labels.h"
#include "unroll/text/lexicon.h"
#include "unroll/text/record_stream.h"
#include "unroll/text/row_file.h"
#include "unroll/tools/classifier/ngram_sample.h"
#include "unroll/tools/classifier/train_classifier.h"

namespace unroll {

struct StreamingOptions {
  std::filesystem::path cache;  ///< a folder, which is made
  /// What choosing the tokenizer also looks at: a hash of the dev texts, "" where rows are held
  /// back.
  std::string dev_hash;
  /// Told now and then: what is done, rows so far, and which share of that is done.
  std::function<void(std::string_view what, std::size_t rows, double share)> progress{};
};

/// What is known of the texts when they have been read once.
struct TextSurvey {
  std::string file;  ///< as messages call it
  std::size_t rows = 0;
  std::string hash;                         ///< of the records, as a RunFolder takes it
  std::map<std::string, LabelRows> labels;  ///< of all rows
  std::size_t several = 0, none = 0;        ///< rows with several labels, and without
  std::size_t first_of_either = 0;          ///< the line of the first one
  std::vector<Remark> remarks;              ///< what the reader met
};

/// What the passes make of the training rows.
struct EncodedTexts {
  TextEncoder encoder;
  std::size_t own_words = 0;  ///< of the vocabulary; words of a file of vectors follow,
  std::uint64_t unknown = 0;  ///< and the unknown word's count without these
  std::vector<std::vector<std::string>> combinations;  ///< of labels, as rows are numbered by them
  TokenizerChoice tokenizer;
  double unknown_share = 0;
  std::size_t cut_texts = 0, empty_texts = 0;
  SparseCounts ngrams;
  std::vector<std::size_t> ngram_rows;  ///< those that are counted
};

class StreamedTexts {
 public:
  /// Looks for the texts in the cache, or else reads them once. Throws what reading records throws,
  /// and DiskError.
  StreamedTexts(const std::string& path, const ReadOptions& reading,
                const TrainClassifierOptions& options, StreamingOptions streaming);
  ~StreamedTexts();

  const TextSurvey& survey() const noexcept { return survey_; }
  std::size_t bytes() const noexcept { return stream_.bytes(); }
  /// The file of the cache.
  const std::filesystem::path& path() const noexcept { return path_; }
  /// Whether it was there already.
  bool is_cached() const noexcept { return file_ != nullptr; }
  /// Why a file that was there is not used; "" where there was none.
  const std::string& damage() const noexcept { return damage_; }
  /// Whether the rows to choose an epoch by come from these texts.
  bool holds_back() const noexcept { return streaming_.dev_hash.empty(); }
  /// The memory that choosing the rows to hold back took.
  std::size_t splitting_bytes() const noexcept { return splitting_bytes_; }

  /// The first texts of the rows to train on, and of those that are held back: as many bytes as
  /// choosing a tokenizer looks at.
  struct Beginning {
    std::vector<std::string> train, dev;
  };
  Beginning beginning();

  /// From now on calls this now and then during a pass, too.
  void meanwhile(std::function<void()> body) { meanwhile_ = std::move(body); }

  /// Pass 2. The lexicon gets all tokens of the rows to train on, `ngrams` (or null) their n-grams.
  void number(const EncoderSettings& settings, Lexicon& lexicon, NgramSample* ngrams,
              EncodedTexts& encoded);
  /// Pass 3.
  void encode(const Lexicon::Ids& ids, EncodedTexts& encoded);
  /// Looks for the texts in the cache again: another process may have put them there.
  void look();
  /// What is in the cache's file.
  EncodedTexts read();
  /// The rows that are held back. Nothing is left here.
  std::vector<Record> take_held_back() { return std::move(held_back_); }
  /// The rows, once they are encoded. A row's label is the number of a combination.
  std::unique_ptr<RowFile> take_rows() { return std::move(file_); }

 private:
  void take_survey();
  void tell(std::string_view what, std::size_t rows, double share) const;
  template <typename Body>
  void for_each_block(std::string_view what, Body body);
  bool is_held_back(std::size_t row, const Record& record) const;
  void write_sections(const EncodedTexts& encoded, RowFileWriter& writer) const;
  void read_notes();

  StreamingOptions streaming_;
  RecordStream stream_;
  std::filesystem::path path_;
  std::string damage_;
  std::function<void()> meanwhile_;
  std::unique_ptr<RowFile> file_;
  TextSurvey survey_;
  std::optional<HoldBack> hold_back_;
  std::size_t splitting_bytes_ = 0;
  std::vector<Record> held_back_;
  std::unique_ptr<RowFileWriter> numbers_writer_;  // whose file goes with it
};

}  // namespace unroll
