#include "unroll/text/source.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <optional>
#include <system_error>
#include <utility>

#include "unroll/core/file.h"
#include "unroll/core/growing_file.h"
#include "unroll/core/huge_pages.h"
#include "unroll/core/parallel.h"
#include "unroll/text/encoding.h"
#include "unroll/text/lines.h"
#include "unroll/text/records.h"
#include "unroll/text/utf8.h"

namespace unroll {

namespace {

constexpr std::size_t kBlockOverhead = 32;  // of the heap, for each text
constexpr std::size_t kProgramMib = 15;     // as tools/classifier/memory.h counts the program

Place place_of(const Source& source, std::size_t offset) {
  const std::string_view before = source.content.substr(0, offset);
  const auto line_breaks = std::count(before.begin(), before.end(), '\n');
  const std::size_t line_begin = before.rfind('\n') + 1;  // npos + 1 is 0: no line break before
  return {source.name, static_cast<std::size_t>(line_breaks) + 1, offset - line_begin + 1};
}

/// Reads on without holding anything, so that the error can say how large the text is.
[[noreturn]] void refuse(TextStream& stream, std::string content) {
  std::size_t size = 0, lines = 0;
  do {
    size += content.size();
    lines += static_cast<std::size_t>(std::count(content.begin(), content.end(), '\n'));
    content.clear();
  } while (stream.append_to(content));
  // The text, and its records beside it.
  const std::size_t needed = 2 * size + lines * (sizeof(Record) + kBlockOverhead);
  throw mended_by({"max_memory"},
                  MemoryError(fmt::format(
                      "{}: a text of {} lines and {} MiB is more than may be read; a limit "
                      "of at least {}M of memory would do",
                      stream.name(), lines, (size >> 20) + 1, (needed >> 20) + 1 + kProgramMib)));
}

std::string read_all(TextStream& stream, std::size_t most_bytes) {
  std::string content;
  // A string that grows is copied, and for a moment the text is held twice.
  content.reserve(std::min(stream.size_on_disk(), most_bytes) + ByteStream::kBlockBytes);
  prefer_huge_pages(content.data(), content.capacity());
  while (stream.append_to(content)) {
    if (content.size() > most_bytes) refuse(stream, std::move(content));
  }
  return content;
}

/// A piece of a mapped content that is looked at before its pages are let go.
constexpr std::size_t kPieceBytes = std::size_t{8} << 20;

/// Calls body(piece) for all of the content, and lets go of it piece by piece.
template <typename Body>
void for_each_piece(const Source& source, Body body) {
  for (std::size_t begin = 0; begin < source.content.size(); begin += kPieceBytes) {
    body(begin, source.content.substr(begin, kPieceBytes));
    source.release();
  }
}

/// A log whose end was never written, or a file with holes, has its zeros anywhere.
void refuse_zeros(const Source& source) {
  constexpr double kMostZeros = 0.1, kFewZeros = 8;
  std::ptrdiff_t zeros = 0;
  for_each_piece(source, [&](std::size_t, std::string_view piece) {
    if (piece.find('\0') != piece.npos) zeros += std::ranges::count(piece, '\0');
  });
  const double share = source.content.empty() ? 0
                                              : static_cast<double>(zeros) /
                                                    static_cast<double>(source.content.size());
  if (share <= kMostZeros || share * static_cast<double>(source.content.size()) < kFewZeros) return;
  throw DataError(fmt::format("{}: {:.0f} % of its {} bytes are zero: this is no text", source.name,
                              100 * share, source.content.size()));
}

/// Where the first character begins that does not begin before `offset`.
std::size_t character_from(std::string_view text, std::size_t offset) {
  const auto is_inside = [](char c) { return (c & 0xC0) == 0x80; };
  while (offset > 0 && offset < text.size() && is_inside(text[offset])) ++offset;
  return offset;
}

/// On all threads: each looks at whole characters.
bool is_utf8(const Source& source) {
  constexpr std::size_t kBytesPerPart = std::size_t{1} << 20;
  const std::string_view text = source.content;
  std::atomic<bool> is_valid{true};
  for_each_piece(source, [&](std::size_t first, std::string_view piece) {
    parallel_for(piece.size(), kBytesPerPart, [&](Range range) {
      const std::size_t begin = character_from(text, first + range.begin);
      const std::size_t end = character_from(text, first + range.end);
      if (invalid_utf8(text.substr(begin, end - begin))) is_valid = false;
    });
  });
  return is_valid;
}

/// What of a text's characters of several bytes is UTF-8.
struct Utf8Share {
  std::size_t good = 0;        // characters
  std::size_t bad = 0;         // bytes that are none
  std::size_t good_lines = 0;  // all of whose bytes beyond ASCII, at least kTelling, are UTF-8
  std::size_t bad_lines = 0;
};

Utf8Share utf8_share(std::string_view text) {
  constexpr std::size_t kTelling = 2;  // one such character may be two letters of another encoding
  Utf8Share share;
  LineReader lines(text);
  for (Line line; lines.next(line);) {
    std::size_t good = 0, bad = 0;
    for (std::size_t offset = 0; offset < line.text.size();) {
      const std::size_t before = offset;
      const bool is_good = next_character(line.text, offset).has_value();
      if (!is_good) ++offset;
      bad += !is_good;
      good += offset - before > 1;
    }
    share.good += good;
    share.bad += bad;
    share.good_lines += bad == 0 && good >= kTelling;
    share.bad_lines += bad > 0;
  }
  return share;
}

/// Whether characters of several bytes in the text are UTF-8, more than there are bytes that are
/// not.
bool is_mostly_utf8(const Utf8Share& share) {
  return share.good > share.bad;
}

/// Whether two files were joined, one of which is UTF-8: chance makes so many lines UTF-8 in no
/// other encoding.
bool is_partly_utf8(const Utf8Share& share) {
  constexpr std::size_t kFewest = 2, kShare = 5;
  return share.good_lines >= kFewest && kShare * share.good_lines > share.bad_lines;
}

std::vector<std::string> flags_for(const std::vector<std::string>& encodings) {
  std::vector<std::string> flags;
  for (const std::string& encoding : encodings) flags.push_back("encoding=" + encoding);
  return flags;
}

}  // namespace

DataError NotUtf8::operator()(const Place& place, std::size_t row, char byte, std::string_view text,
                              const std::string& decoded_from) {
  if (!advice_) advice_ = advice_on(text, decoded_from);
  std::string what = row == 0 ? "" : fmt::format("row {}: ", row);
  if (advice_->names_byte)
    what += fmt::format("byte 0x{:02X} is not valid UTF-8", static_cast<std::uint8_t>(byte));
  const DataError error(place, what + advice_->what);
  return advice_->options.empty() ? error : mended_by(advice_->options, error);
}

NotUtf8::Advice NotUtf8::advice_on(std::string_view text, const std::string& decoded_from) {
  if (!decoded_from.empty() && invalid_utf8(text) == text.size() - 1) {
    return {fmt::format("the file ends in the middle of a character of {}: it is truncated; get it "
                        "again",
                        decoded_from),
            {"bad_rows=skip"},
            false};
  }
  if (!decoded_from.empty()) {
    return {fmt::format("the bytes here are nothing in {}; is that the encoding?", decoded_from),
            {"encoding"},
            false};
  }
  const Utf8Share share = utf8_share(text);
  if (!is_mostly_utf8(share) && is_partly_utf8(share)) {
    return {fmt::format(", and {} other lines are: were files of two encodings joined? Make one "
                        "encoding of them before that, or leave out these lines",
                        share.good_lines),
            {"bad_rows=skip"}};
  }
  if (is_mostly_utf8(share)) {
    return {", and the text around it is: mend or leave out what is damaged here",
            {"bad_rows=skip"}};
  }
  const auto likely = likely_encodings(text);
  if (likely.empty() && is_binary(text)) {
    return {
        ", and so many other bytes are control characters that this is no text; name a file of "
        "texts",
        {}};
  }
  if (likely.empty()) return {"; name the encoding of the file", {"encoding"}};
  return {fmt::format("; the text reads well as {}", fmt::join(likely, " or as ")),
          flags_for(likely)};
}

Source read_any_source(const std::string& path, const SourceOptions& options) {
  TextStream stream(path, options.encoding);
  Source source;
  source.name = stream.name();
  std::string text = read_all(stream, options.most_bytes);
  source.encoding = stream.encoding();
  source.is_doubtful = stream.is_doubtful();
  if (ends_lines_by_cr(text)) end_lines_by_lf(text, 0);
  source.hold(std::move(text));
  refuse_zeros(source);
  source.is_utf8 = is_utf8(source);
  return source;
}

void Source::hold(std::string text) {
  held = std::make_shared<const std::string>(std::move(text));
  content = *held;
}

void Source::release() const noexcept {
  if (mapped) mapped->release();
}

namespace {

/// Writes the text as it is unpacked and decoded.
void spool(TextStream& stream, const std::filesystem::path& path) {
  GrowingFile file(path);
  std::string block;
  for (bool more = true; more;) {
    more = stream.append_to(block);
    if (more && block.size() < ByteStream::kBlockBytes)
      continue;  // it may wait for its first bytes
    file.append(block);
    block.clear();
  }
  file.finish();
}

void map(const std::filesystem::path& path, Source& source) {
  source.mapped = std::make_shared<const MappedFile>(path);
  source.content = source.mapped->bytes();
  if (source.content.starts_with(kByteOrderMark))
    source.content.remove_prefix(kByteOrderMark.size());
}

void map_and_unlink(const std::filesystem::path& path, Source& source) {
  map(path, source);
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
}

/// As ends_lines_by_cr, of a content that is let go.
bool ends_by_cr(const Source& source) {
  const std::string_view all = source.content;
  std::size_t alone = 0, line_feeds = 0;
  for_each_piece(source, [&](std::size_t first, std::string_view piece) {
    for (std::size_t at = piece.find('\r'); at != piece.npos; at = piece.find('\r', at + 1))
      alone += first + at + 1 < all.size() && all[first + at + 1] != '\n';
    line_feeds += static_cast<std::size_t>(std::ranges::count(piece, '\n'));
  });
  return alone > line_feeds;
}

/// Writes the content with LF for every CR that no LF follows.
void spool_with_line_feeds(const Source& source, const std::filesystem::path& path) {
  GrowingFile file(path);
  const std::string_view all = source.content;
  for_each_piece(source, [&](std::size_t first, std::string_view piece) {
    std::string lines(piece);
    end_lines_by_lf(lines, 0);
    const std::size_t behind = first + piece.size();
    if (piece.ends_with('\r') && behind < all.size() && all[behind] == '\n') lines.back() = '\r';
    file.append(lines);
  });
  file.finish();
}

}  // namespace

bool is_plain_text(const std::string& path, const SourceOptions& options) {
  std::error_code ignored;
  if (path == "-" || !std::filesystem::is_regular_file(path, ignored)) return false;
  ByteStream bytes(path);
  std::string beginning;
  bytes.append_to(beginning);
  return bytes.compression() == Compression::kNone && options.encoding.empty() &&
         utf16_of(beginning).empty();
}

Source map_source(const std::string& path, const SourceOptions& options,
                  const std::filesystem::path& spool_path) {
  Source source;
  TextStream stream(path, options.encoding);
  source.name = stream.name();
  if (is_plain_text(path, options)) {
    std::string beginning;
    stream.append_to(beginning);  // refuses what is no text
    map(path, source);
  } else {
    spool(stream, spool_path);
    map_and_unlink(spool_path, source);
  }
  source.encoding = stream.encoding();
  source.is_doubtful = stream.is_doubtful();
  if (ends_by_cr(source)) {
    spool_with_line_feeds(source, spool_path);
    map_and_unlink(spool_path, source);
  }
  refuse_zeros(source);
  source.is_utf8 = is_utf8(source);
  return source;
}

Source read_source(const std::string& path, const SourceOptions& options) {
  Source source = read_any_source(path, options);
  if (source.is_utf8) return source;
  const std::size_t offset = *invalid_utf8(source.content);
  throw NotUtf8()(place_of(source, offset), 0, source.content[offset], source.content,
                  source.encoding);
}

}  // namespace unroll
