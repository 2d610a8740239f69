/// Plain texts: each line is one, as it is.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "unroll/text/lines.h"
#include "unroll/text/record_reader.h"

namespace unroll {

class PlainTextReader final : public RecordReader {
 public:
  /// Throws UsageError where labels are wanted: there are none.
  PlainTextReader(const Source& source, const ReadOptions& options);

  bool next(Record& record) override;
  const std::vector<std::string>& column_names() const override;
  std::vector<std::string_view> cells() const override { return {line_.text}; }

 private:
  LineReader lines_;
  Line line_;
};

}  // namespace unroll
