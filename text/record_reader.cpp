#include "unroll/text/record_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "unroll/core/error.h"
#include "unroll/text/unicode.h"
#include "unroll/text/utf8.h"

namespace unroll {

void RecordReader::fail(std::size_t line, std::size_t column, const std::string& what,
                        std::vector<std::string> options) const {
  throw mended_by(std::move(options),
                  DataError({source_.name, line, column}, fmt::format("row {}: {}", row_, what)));
}

void RecordReader::check_utf8(std::string_view part, std::size_t line) const {
  if (source_.is_utf8) return;
  const auto offset = invalid_utf8(part);
  if (!offset) return;
  const std::string_view before = part.substr(0, *offset);
  const std::size_t begin = before.rfind('\n');  // of the line, where the part has several
  line += static_cast<std::size_t>(std::ranges::count(before, '\n'));
  // A part that begins within its line has its place in the content.
  const std::string_view content = source_.content;
  const auto at = static_cast<std::size_t>(part.data() - content.data()) + *offset;
  const std::size_t column =
      begin == std::string_view::npos ? at - content.rfind('\n', at) : *offset - begin;
  throw not_utf8({source_.name, line, column}, row_, part[*offset], content, source_.encoding);
}

std::string RecordReader::checked_label(std::string_view label, std::size_t line) const {
  if (!options_.labels) return {};
  const std::string_view name = trim(label);
  if (name.empty()) fail(line, 0, "the label is empty; give the record a label or remove it");
  return std::string(name);
}

}  // namespace unroll
