#include "unroll/text/file_kind.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>

#include "unroll/core/error.h"
#include "unroll/text/unicode.h"
#include "unroll/text/utf8.h"

namespace unroll {

namespace {

using namespace std::string_view_literals;

/// What begins with `magic`. In `cure`, {} is the file.
struct Kind {
  std::string_view magic;
  std::string_view what;
  std::string_view cure;
};

constexpr std::string_view kSaveAsText = "save it as CSV (UTF-8) in the program that made it";

constexpr Kind kKinds[] = {
    {"PK\x05\x06"sv, "an empty zip archive", "pack it again"},
    {"7z\xBC\xAF\x27\x1C"sv, "a 7z archive", "`7z x -so {}` unpacks it"},
    {"Rar!\x1A\x07"sv, "a RAR archive", "`unrar p -inul {}` unpacks it"},
    {"\x04\x22\x4D\x18"sv, "packed with lz4", "`lz4 -dc {}` unpacks it"},
    {"\x1F\x9D"sv, "packed with compress", "`gzip -dc {}` unpacks it"},
    {"\x1F\x8B"sv, "packed with gzip once more", "unpack it once: `gzip -dc {}`"},
    {"\xFD"
     "7zXZ\0"sv,
     "packed with xz once more", "unpack it once"},
    {"\x28\xB5\x2F\xFD"sv, "packed with zstd once more", "unpack it once"},
    {"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"sv, "an old Office document, e.g. a spreadsheet (.xls)",
     kSaveAsText},
    {"%PDF-"sv, "a PDF document", "`pdftotext {} -` prints its text"},
    {"{\\rtf"sv, "an RTF document", "save it as plain text (UTF-8)"},
    {"SQLite format 3\0"sv, "an SQLite database",
     "`sqlite3 -csv -header {} 'select …'` prints rows"},
    {"\x93NUMPY"sv, "a NumPy array", "write it as CSV, e.g. with pandas"},
    {"\x89HDF\r\n\x1A\n"sv, "an HDF5 file",
     "write it as CSV, e.g. with pandas: read_hdf, then to_csv"},
    {"\xBA\x16\x4F\x2F"sv, "a fastText model (.bin)",
     "name a file of texts; its vectors are in the .vec"},
    {"\x7F"
     "ELF"sv,
     "a program", "name a file of texts"},
    {"\x89PNG\r\n\x1A\n"sv, "an image", "name a file of texts"},
    {"\xFF\xD8\xFF"sv, "an image", "name a file of texts"},
    {"version https://git-lfs.github.com/spec/"sv, "a pointer of Git LFS, not the file itself",
     "`git lfs pull` fetches it"}};

/// What begins with letters, as a text may; the bytes behind them are no text's.
constexpr Kind kLetteredKinds[] = {
    {"LZIP"sv, "packed with lzip", "`lzip -dc {}` unpacks it"},
    {"PAR1"sv, "a Parquet table", "write it as CSV, e.g. with pandas: read_parquet, then to_csv"},
    {"ARROW1"sv, "an Arrow table", "write it as CSV, e.g. with pandas: read_feather, then to_csv"},
    {"FEA1"sv, "a Feather table", "write it as CSV, e.g. with pandas: read_feather, then to_csv"},
    {"GGUF"sv, "a model (GGUF)", "name a file of texts"},
    {"GIF8"sv, "an image", "name a file of texts"}};

[[noreturn]] void refuse(const std::string& name, std::string_view what, std::string_view cure) {
  throw DataError(fmt::format("{}: this is {}, where a text is expected; {}", name, what,
                              fmt::format(fmt::runtime(cure), name)));
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// Whether there are bytes that no text has.
bool is_binary(std::string_view beginning) {
  return contains(beginning, "\0"sv) || invalid_utf8(whole_characters(beginning)).has_value();
}

void refuse_magic(std::string_view beginning, const std::string& name) {
  for (const Kind& kind : kKinds) {
    if (beginning.starts_with(kind.magic)) refuse(name, kind.what, kind.cure);
  }
  if (!is_binary(beginning)) return;
  for (const Kind& kind : kLetteredKinds) {
    if (beginning.starts_with(kind.magic)) refuse(name, kind.what, kind.cure);
  }
}

// ------------------------------------------------------------------------------------- archives

/// bzip2: a digit for the size of its blocks, then the digits of pi.
void refuse_bzip2(std::string_view beginning, const std::string& name) {
  if (beginning.starts_with("BZh") && beginning.substr(4, 6) == "1AY&SY")
    refuse(name, "packed with bzip2", "`bzip2 -dc {}` unpacks it");
}

/// A zip archive, or one of the documents that are zip archives: the names of the first members
/// tell.
void refuse_zip(std::string_view beginning, const std::string& name) {
  if (!beginning.starts_with("PK\x03\x04")) return;
  constexpr std::string_view kSheet = "opendocument.spreadsheet";
  if (contains(beginning, "xl/") || contains(beginning, "[Content_Types].xml") ||
      contains(beginning, kSheet)) {
    refuse(name, "an Office document, e.g. a spreadsheet (.xlsx, .ods)", kSaveAsText);
  }
  if (contains(beginning, "data.pkl")) refuse(name, "a model (PyTorch)", "name a file of texts");
  if (contains(beginning, ".npy")) refuse(name, "NumPy arrays (.npz)", "name a file of texts");
  refuse(name, "a zip archive", "`unzip -p {}` prints what is in it");
}

/// The value of octal digits, with blanks before them.
std::size_t octal(std::string_view digits) {
  digits.remove_prefix(std::min(digits.find_first_not_of(' '), digits.size()));
  std::size_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value, 8);
  return value;
}

/// A header of tar is 512 bytes; its checksum counts its own eight bytes as blanks.
bool is_tar(std::string_view beginning) {
  constexpr std::size_t kHeader = 512, kChecksum = 148, kDigits = 8;
  if (beginning.size() < kHeader) return false;
  std::size_t sum = kDigits * ' ';
  for (std::size_t i = 0; i < kHeader; ++i) {
    const bool is_digit = i >= kChecksum && i < kChecksum + kDigits;
    sum += is_digit ? 0 : static_cast<std::uint8_t>(beginning[i]);
  }
  return beginning[0] != '\0' && sum == octal(beginning.substr(kChecksum, kDigits));
}

void refuse_tar(std::string_view beginning, const std::string& name, Compression packing) {
  if (!is_tar(beginning)) return;
  refuse(name, packing == Compression::kNone ? "a tar archive" : "a packed tar archive",
         "`tar -xOf {}` prints what is in it");
}

// --------------------------------------------------------------------------------------- models

/// safetensors: the length of the header in eight bytes, then the header, JSON.
bool is_safetensors(std::string_view beginning) {
  return beginning.size() > 10 && beginning.substr(5, 5) == std::string_view("\0\0\0{\"", 5);
}

/// A pickle of protocol 2 to 5 begins so, and as no text does.
bool is_pickle(std::string_view beginning) {
  return beginning.size() > 2 && beginning[0] == '\x80' && beginning[1] >= 2 && beginning[1] <= 5;
}

/// word2vec's binary form: `count dimension`, then a word and the bytes of its numbers.
bool is_binary_vectors(std::string_view beginning) {
  const std::size_t end = beginning.find('\n');
  if (end == std::string_view::npos) return false;
  const std::string_view counts = beginning.substr(0, end), rows = beginning.substr(end + 1);
  const bool are_counts = counts.find_first_not_of("0123456789 ") == std::string_view::npos &&
                          std::ranges::count(counts, ' ') == 1 && !counts.starts_with(' ');
  return are_counts && is_binary(rows);
}

void refuse_model(std::string_view beginning, const std::string& name) {
  if (is_safetensors(beginning)) refuse(name, "a model (safetensors)", "name a file of texts");
  if (is_pickle(beginning))
    refuse(name, "a Python pickle", "write it as CSV, e.g. with pandas: read_pickle, then to_csv");
  if (is_binary_vectors(beginning))
    refuse(name, "word vectors in word2vec's binary form", "name a file of texts");
}

// ------------------------------------------------------------------------------------------ web

/// Whether `line` is one tag of a web page and nothing else.
bool is_page_tag(std::string_view line) {
  std::string tag(trim(line));
  std::ranges::transform(tag, tag.begin(), [](unsigned char c) { return std::tolower(c); });
  return (tag.starts_with("<!doctype html") || tag.starts_with("<html")) && tag.ends_with('>') &&
         std::ranges::count(tag, '<') == 1;
}

/// What a download leaves that was answered with a page.
void refuse_page(std::string_view beginning, const std::string& name) {
  if (is_page_tag(beginning.substr(0, beginning.find('\n'))))
    refuse(name, "a web page (HTML)", "was the download answered with a page?");
}

}  // namespace

void refuse_other_kinds(std::string_view beginning, const std::string& name, Compression packing) {
  beginning = beginning.substr(0, kFileKindBytes);
  refuse_magic(beginning, name);
  refuse_bzip2(beginning, name);
  refuse_zip(beginning, name);
  refuse_tar(beginning, name, packing);
  refuse_model(beginning, name);
  refuse_page(beginning, name);
}

}  // namespace unroll
