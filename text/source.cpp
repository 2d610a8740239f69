#include "unroll/text/source.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>

#include "unroll/text/byte_stream.h"
#include "unroll/text/records.h"
#include "unroll/text/utf8.h"

namespace unroll {

namespace {

constexpr std::size_t kBlockOverhead = 32;  // of the heap, for each text
constexpr std::size_t kProgramMib = 14;     // as tools/classifier/memory.h counts the program

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
  if (const auto offset = invalid_utf8(source.content))
    throw not_utf8(place_of(source, *offset), source.content[*offset], source.content);
}

/// Reads on without holding anything, so that the error can say how large the text is.
[[noreturn]] void refuse(ByteStream& bytes, std::string content) {
  std::size_t size = 0, lines = 0;
  do {
    size += content.size();
    lines += static_cast<std::size_t>(std::count(content.begin(), content.end(), '\n'));
    content.clear();
  } while (bytes.append_to(content));
  // The text, and its records beside it.
  const std::size_t needed = 2 * size + lines * (sizeof(Record) + kBlockOverhead);
  throw mended_by({"max_memory"},
                  MemoryError(fmt::format(
                      "{}: a text of {} lines and {} MiB is more than may be read; a limit "
                      "of at least {}M of memory would do",
                      bytes.name(), lines, (size >> 20) + 1, (needed >> 20) + 1 + kProgramMib)));
}

}  // namespace

DataError not_utf8(const Place& place, char byte, std::string_view beginning) {
  return DataError(
      place,
      fmt::format(
          "byte 0x{:02X} is not valid UTF-8; if the file is in another encoding, convert it first, "
          "e.g. `iconv -f {} -t UTF-8`",
          static_cast<std::uint8_t>(byte), likely_encoding(beginning)));
}

Source read_source(const std::string& path, std::size_t most_bytes) {
  ByteStream bytes(path);
  Source source{.name = bytes.name(), .content = {}};
  // A string that grows is copied, and for a moment the text is held twice.
  source.content.reserve(std::min(bytes.size_on_disk(), most_bytes) + ByteStream::kBlockBytes);
  while (bytes.append_to(source.content)) {
    if (source.content.size() > most_bytes) refuse(bytes, std::move(source.content));
  }
  if (source.content.starts_with(kByteOrderMark)) source.content.erase(0, kByteOrderMark.size());
  require_utf8(source);
  return source;
}

}  // namespace unroll
