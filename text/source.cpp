#include "unroll/text/source.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iostream>
#include <utility>
#include <vector>

#include "unroll/core/error.h"
#include "unroll/core/file.h"
#include "unroll/text/gzip.h"
#include "unroll/text/utf8.h"

namespace unroll {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::size_t kBlockBytes = 1 << 16;

std::string read_standard_input() {
  std::string content;
  std::vector<char> block(kBlockBytes);
  while (std::cin) {
    std::cin.read(block.data(), static_cast<std::streamsize>(block.size()));
    content.append(block.data(), static_cast<std::size_t>(std::cin.gcount()));
  }
  if (std::cin.bad()) throw DataError("<stdin>: can't be read to its end");
  return content;
}

Place place_of(const Source& source, std::size_t offset) {
  const std::string_view before = std::string_view(source.content).substr(0, offset);
  const auto line_breaks = std::count(before.begin(), before.end(), '\n');
  const std::size_t line_begin = before.rfind('\n') + 1;  // npos + 1 is 0: no line break before
  return {source.name, static_cast<std::size_t>(line_breaks) + 1, offset - line_begin + 1};
}

/// The encoding that a file which is not UTF-8 most likely has, as `iconv` calls it.
std::string_view likely_encoding(std::string_view content) {
  const std::string_view mark = content.substr(0, 2);
  return mark == "\xFF\xFE" || mark == "\xFE\xFF" ? "UTF-16" : "GB18030";
}

void require_utf8(const Source& source) {
  const auto offset = invalid_utf8(source.content);
  if (!offset) return;
  throw DataError(
      place_of(source, *offset),
      fmt::format(
          "byte 0x{:02X} is not valid UTF-8; if the file is in another encoding, convert it first, "
          "e.g. `iconv -f {} -t UTF-8`",
          static_cast<std::uint8_t>(source.content[*offset]), likely_encoding(source.content)));
}

}  // namespace

Source read_source(const std::string& path) {
  Source source;
  source.name = path == "-" ? "<stdin>" : path;
  source.content = path == "-" ? read_standard_input() : read_file(path);
  if (is_gzip(source.content)) source.content = gunzip(source.content, source.name);
  if (source.content.starts_with(kByteOrderMark)) source.content.erase(0, kByteOrderMark.size());
  require_utf8(source);
  return source;
}

}  // namespace unroll
