/// RecordReader: the records of one text, one after the other, whatever its format.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "unroll/text/records.h"
#include "unroll/text/source.h"

namespace unroll {

class RecordReader {
 public:
  /// Both must outlive the reader.
  RecordReader(const Source& source, const ReadOptions& options)
      : source_(source), options_(options) {}
  virtual ~RecordReader() = default;
  RecordReader(const RecordReader&) = delete;
  RecordReader& operator=(const RecordReader&) = delete;

  /// The next record; false at the end. Throws DataError for one that can't be read, with
  /// file:line(:column) and its number; the next call goes on behind it.
  virtual bool next(Record& record) = 0;
  /// Called behind the last record: says what was met on the way that somebody should know. Throws
  /// DataError if that makes the records surely wrong.
  virtual void finish(ReadReport&) const {}

  /// The number of the record that was read last, from 1; bad ones count, too.
  std::size_t row() const noexcept { return row_; }
  /// The input's columns of that record, and their names. In JSON there are none: `raw_json` has
  /// the object as it was written.
  virtual const std::vector<std::string>& column_names() const = 0;
  virtual std::vector<std::string_view> cells() const = 0;
  virtual std::string_view raw_json() const { return {}; }

 protected:
  /// Throws DataError for the record that is being read.
  [[noreturn]] void fail(std::size_t line, std::size_t column, const std::string& what,
                         std::vector<std::string> options = {}) const;
  /// Throws DataError if a part of the content, which begins in `line`, is not UTF-8.
  void check_utf8(std::string_view part, std::size_t line) const;
  /// Sets the record's labels, where labels are wanted: cut at the separator, trimmed, each once.
  /// `label` is the only one that the format shows, or one of several. Throws DataError if one is
  /// empty; a column as a whole may be, where there is a separator.
  void add_labels(std::string_view label, std::size_t line, Record& record) const;
  /// The same for one label that is whole.
  void add_label(std::string_view label, std::size_t line, Record& record) const;
  /// The weight as a number. Throws DataError if it is none, or none that training can use.
  float checked_weight(std::string_view weight, std::size_t line) const;

  const Source& source_;
  const ReadOptions& options_;
  std::size_t row_ = 0;

 private:
  bool is_new(std::string_view name, const Record& record) const;

  mutable NotUtf8 not_utf8_;
  mutable std::unordered_set<std::string> seen_;  // labels of a record that has many
};

}  // namespace unroll
