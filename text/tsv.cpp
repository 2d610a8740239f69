#include "unroll/text/tsv.h"

#include <algorithm>

#include "unroll/text/text_stream.h"

namespace unroll {

namespace {

void split(std::string_view line, char separator, std::vector<std::string_view>& fields) {
  fields.clear();
  while (true) {
    const std::size_t end = std::min(line.find(separator), line.size());
    fields.push_back(line.substr(0, end));
    if (end == line.size()) return;
    line.remove_prefix(end + 1);
  }
}

}  // namespace

bool TsvReader::next(Row& row) {
  Line line;
  do {
    if (!lines_.next(line)) return false;
    row.has_mark = line.text.starts_with(kByteOrderMark);
    if (row.has_mark) line.text.remove_prefix(kByteOrderMark.size());
  } while (line.text.empty());
  split(line.text, separator_, row.fields);
  row.raw = line.text;
  row.line = line.number;
  return true;
}

}  // namespace unroll
