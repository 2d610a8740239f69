/// JSON: one object is one record. Objects may be one a line, over several lines, or in arrays.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/text/json_extent.h"
#include "unroll/text/json_object.h"
#include "unroll/text/record_reader.h"

namespace unroll {

/// Columns are keys. The text is a string; a label is a string, a number as it is written, or a
/// boolean; several are an array of these, and an empty array is a text without labels. Half of a
/// surrogate pair becomes U+FFFD, as where a text was cut in an emoji. A record is bad if it is
/// anything else.
class JsonReader final : public RecordReader {
 public:
  JsonReader(const Source& source, const ReadOptions& options);

  bool next(Record& record) override;
  void finish(ReadReport& report) const override;
  const std::vector<std::string>& column_names() const override { return no_names_; }
  std::vector<std::string_view> cells() const override { return {}; }
  std::string_view raw_json() const override { return object_; }

 private:
  bool find_object();
  void skip_between();
  std::size_t behind_other(std::size_t begin) const;
  void check_behind(std::size_t end);
  std::size_t next_record(std::size_t begin, const JsonExtent& broken) const;
  JsonObject parsed() const;
  const JsonValue& value_of(const JsonObject& object, const std::string& key,
                            const char* option) const;
  std::string text_of(const JsonObject& object) const;
  void set_labels(const JsonObject& object, Record& record) const;
  bool has_weights() const noexcept;
  float weight_of(const JsonObject& object) const;
  void count_lines_to(std::size_t offset) noexcept;
  [[noreturn]] void fail_at(std::size_t offset, const std::string& what,
                            std::vector<std::string> options = {}) const;

  std::string_view content_;
  std::vector<std::string> text_keys_;
  bool is_one_a_line_;          // the first object is: then a broken one ends with its line
  std::string_view first_key_;  // of the first object
  std::size_t offset_ = 0;      // behind the last object
  std::size_t good_ = 0;        // records that could be read
  std::size_t arrays_ = 0;      // that are open there
  std::size_t counted_ = 0;     // where line_ is
  std::size_t line_ = 1;        // and where it begins
  std::size_t line_begin_ = 0;
  std::size_t repeated_ = 0;    // objects that have a wanted key more than once
  std::string first_repeated_;  // what the message says of the first one
  std::string_view object_;     // the last one, as it is written
  std::vector<std::string> no_names_;
};

}  // namespace unroll
