#include "unroll/text/tsv.h"

#include <algorithm>

namespace unroll {

namespace {

void split_at_tabs(std::string_view line, std::vector<std::string>& fields) {
  fields.clear();
  while (true) {
    const std::size_t end = std::min(line.find('\t'), line.size());
    fields.emplace_back(line.substr(0, end));
    if (end == line.size()) return;
    line.remove_prefix(end + 1);
  }
}

}  // namespace

bool TsvReader::next(Row& row) {
  Line line;
  do {
    if (!lines_.next(line)) return false;
  } while (line.text.empty());
  split_at_tabs(line.text, row.fields);
  row.line = line.number;
  return true;
}

}  // namespace unroll
