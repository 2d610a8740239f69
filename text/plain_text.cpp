#include "unroll/text/plain_text.h"

#include "unroll/core/error.h"

namespace unroll {

PlainTextReader::PlainTextReader(const Source& source, const ReadOptions& options)
    : RecordReader(source, options), lines_(source.content) {
  if (options.labels)
    throw mended_by({"format"}, UsageError("plain lines have no labels; read another format"));
}

bool PlainTextReader::next(Record& record) {
  if (!lines_.next(line_)) return false;
  ++row_;
  check_utf8(line_.text, line_.number);
  record = {std::string(line_.text), {}, line_.number};
  return true;
}

const std::vector<std::string>& PlainTextReader::column_names() const {
  static const std::vector<std::string> names{"text"};
  return names;
}

}  // namespace unroll
