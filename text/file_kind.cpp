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

/// What begins with `magic`. In `cure`, {} is the file of a command that needs one, and {|} that of
/// a command that reads standard input as well.
struct Kind {
  std::string_view magic;
  std::string_view what;
  std::string_view cure;
};

constexpr std::string_view kSaveAsText =
    "save it as CSV or plain text (UTF-8) in the program that made it";

constexpr Kind kKinds[] = {
    {"PK\x05\x06"sv, "an empty zip archive", "pack it again"},
    {"7z\xBC\xAF\x27\x1C"sv, "a 7z archive", "`7z x -so {}` unpacks it"},
    {"Rar!\x1A\x07"sv, "a RAR archive", "`unrar p -inul {}` unpacks it"},
    {"\x04\x22\x4D\x18"sv, "packed with lz4", "`lz4 -dc{|}` unpacks it"},
    {"\x1F\x9D"sv, "packed with compress", "`gzip -dc{|}` unpacks it"},
    {"\x1F\x8B"sv, "packed with gzip once more", "`gzip -dc{|}` unpacks all"},
    {"\xFD"
     "7zXZ\0"sv,
     "packed with xz once more", "`xz -dc{|}` unpacks all"},
    {"\x28\xB5\x2F\xFD"sv, "packed with zstd once more", "`zstd -dc{|}` unpacks all"},
    {"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"sv, "an old Office document, e.g. a spreadsheet (.xls)",
     kSaveAsText},
    {"%PDF-"sv, "a PDF document", "`pdftotext{|} -` prints its text"},
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
    {"\xFF\x06\0\0sNaPpY"sv, "packed with snappy", "`snzip -dc{|}` unpacks it"},
    {"Obj\x01"sv, "an Avro file", "write it as JSON lines, e.g. with `avro cat {}`"},
    {"<?xml "sv, "an XML document", "write it as CSV, e.g. with pandas: read_xml, then to_csv"},
    {"\x89PNG\r\n\x1A\n"sv, "an image", "name a file of texts"},
    {"\xFF\xD8\xFF"sv, "an image", "name a file of texts"},
    {"version https://git-lfs.github.com/spec/"sv, "a pointer of Git LFS, not the file itself",
     "`git lfs pull` fetches it"}};

/// What begins with letters, as a text may; the bytes behind them are no text's.
constexpr Kind kLetteredKinds[] = {
    {"ORC"sv, "an ORC table", "write it as CSV, e.g. with pandas: read_orc, then to_csv"},
    {"\x5D\0\0"sv, "packed with lzma", "`xz -dc{|}` unpacks it"},
    {"x\x01"sv, "packed with zlib", "`pigz -dc{|}` unpacks it"},
    {"x\x9C"sv, "packed with zlib", "`pigz -dc{|}` unpacks it"},
    {"x\xDA"sv, "packed with zlib", "`pigz -dc{|}` unpacks it"},
    {"LZIP"sv, "packed with lzip", "`lzip -dc{|}` unpacks it"},
    {"PAR1"sv, "a Parquet table", "write it as CSV, e.g. with pandas: read_parquet, then to_csv"},
    {"ARROW1"sv, "an Arrow table", "write it as CSV, e.g. with pandas: read_feather, then to_csv"},
    {"FEA1"sv, "a Feather table", "write it as CSV, e.g. with pandas: read_feather, then to_csv"},
    {"GGUF"sv, "a model (GGUF)", "name a file of texts"},
    {"GIF8"sv, "an image", "name a file of texts"}};

// -------------------------------------------------------------------------------------- the cure

/// The file as it was given, and how it was packed: what was looked at is what was in it.
struct Given {
  const std::string& name;
  Compression packing;
};

/// A shell's word that is the name.
std::string shell_word(std::string_view name) {
  const auto is_plain = [](char c) {
    return (c & 0x80) != 0 || std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("_@%+=:,./-").find(c) != std::string_view::npos;
  };
  const std::string safe = (name.starts_with('-') ? "./" : "") + std::string(name);
  if (std::ranges::all_of(safe, is_plain)) return safe;
  std::string word = "'";
  for (const char c : safe) word += c == '\'' ? "'\\''" : std::string(1, c);
  return word + "'";
}

std::string_view unpacking(Compression packing) {
  switch (packing) {
    case Compression::kNone:
      return "";
    case Compression::kGzip:
      return "gzip -dc";
    case Compression::kXz:
      return "xz -dc";
    case Compression::kZstd:
      return "zstd -dc";
  }
  return "";
}

void replace(std::string& text, std::string_view part, std::string_view other) {
  const std::size_t found = text.find(part);
  if (found != std::string::npos) text.replace(found, part.size(), other);
}

/// The cure with a command that can be typed: it unpacks first what the file is packed with, and
/// reads standard input where that was given.
std::string cure_of(std::string_view cure, const Given& given) {
  constexpr std::string_view kFilter = "{|}", kFile = "{}";
  const bool is_stdin = given.name == "<stdin>";
  const std::string input = is_stdin ? "-" : shell_word(given.name);
  std::string text(cure);
  if (given.packing == Compression::kNone && !is_stdin) {
    replace(text, kFilter, " " + input);
    replace(text, kFile, input);
    return text;
  }
  const std::string unpacked = fmt::format("{} {}", unpacking(given.packing), input);
  if (text.find(kFilter) != std::string::npos) {
    if (given.packing != Compression::kNone) replace(text, "`", "`" + unpacked + " | ");
    replace(text, kFilter, " -");
  } else if (text.find(kFile) != std::string::npos) {
    replace(text, kFile, "FILE");
    text = is_stdin ? "save it as FILE first; " + text
                    : fmt::format("`{} > FILE` unpacks it; {}", unpacked, text);
  }
  return text;
}

[[noreturn]] void refuse(const Given& given, std::string_view what, std::string_view cure) {
  throw DataError(fmt::format("{}: this is {}, where a text is expected; {}", given.name, what,
                              cure_of(cure, given)));
}

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// Whether there are bytes that no text has.
bool is_no_text(std::string_view beginning) {
  return contains(beginning, "\0"sv) || invalid_utf8(whole_characters(beginning)).has_value();
}

void refuse_magic(std::string_view beginning, const Given& given) {
  for (const Kind& kind : kKinds) {
    if (beginning.starts_with(kind.magic)) refuse(given, kind.what, kind.cure);
  }
  if (!is_no_text(beginning)) return;
  for (const Kind& kind : kLetteredKinds) {
    if (beginning.starts_with(kind.magic)) refuse(given, kind.what, kind.cure);
  }
}

// ------------------------------------------------------------------------------------- archives

/// bzip2: a digit for the size of its blocks, then the digits of pi.
void refuse_bzip2(std::string_view beginning, const Given& given) {
  constexpr std::size_t kDigits = 10;
  if (beginning.size() >= kDigits && beginning.starts_with("BZh") &&
      beginning.substr(4, 6) == "1AY&SY")
    refuse(given, "packed with bzip2", "`bzip2 -dc{|}` unpacks it");
}

/// A zip archive, or one of the documents that are zip archives: the names of the first members
/// tell.
void refuse_zip(std::string_view beginning, const Given& given) {
  if (!beginning.starts_with("PK\x03\x04")) return;
  if (contains(beginning, "word/"))
    refuse(given, "a Word document (.docx)", "save it as plain text (UTF-8)");
  constexpr std::string_view kSheet = "opendocument.spreadsheet";
  if (contains(beginning, "xl/") || contains(beginning, "[Content_Types].xml") ||
      contains(beginning, kSheet)) {
    refuse(given, "an Office document, e.g. a spreadsheet (.xlsx, .ods)", kSaveAsText);
  }
  if (contains(beginning, "data.pkl")) refuse(given, "a model (PyTorch)", "name a file of texts");
  if (contains(beginning, ".npy")) refuse(given, "NumPy arrays (.npz)", "name a file of texts");
  refuse(given, "a zip archive", "`unzip -p {}` prints what is in it");
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

void refuse_tar(std::string_view beginning, const Given& given) {
  if (!is_tar(beginning)) return;
  refuse(given, given.packing == Compression::kNone ? "a tar archive" : "a packed tar archive",
         "`tar -xOf{|}` prints what is in it");
}

// --------------------------------------------------------------------------------------- models

/// safetensors: the length of the header in eight bytes, then the header, JSON.
bool is_safetensors(std::string_view beginning) {
  return beginning.size() > 10 && beginning.substr(5, 5) == std::string_view("\0\0\0{\"", 5);
}

/// Steps over a line of these characters, at least one.
bool take_line(std::string_view& text, std::string_view characters) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos || end == 0 ||
      text.substr(0, end).find_first_not_of(characters) != std::string_view::npos)
    return false;
  text.remove_prefix(end + 1);
  return true;
}

/// Protocol 0 is lines of ASCII: a list or a dict that is numbered, or a class by its module.
bool is_pickle_of_lines(std::string_view beginning) {
  constexpr std::string_view kDigits = "0123456789",
                             kName =
                                 "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_.0123456789";
  if (beginning.starts_with("(lp") || beginning.starts_with("(dp") || beginning.starts_with("(tp"))
    return beginning.remove_prefix(3), take_line(beginning, kDigits);
  if (!beginning.starts_with('c')) return false;
  beginning.remove_prefix(1);
  return take_line(beginning, kName) && take_line(beginning, kName) && beginning.starts_with('p') &&
         (beginning.remove_prefix(1), take_line(beginning, kDigits));
}

/// A pickle of protocol 1 begins with an empty list or dict that is numbered, one of protocol 2 to
/// 5 with its number: as no text does.
bool is_pickle(std::string_view beginning) {
  if (beginning.size() < 3) return false;
  const bool is_numbered = beginning[1] == 'q' && beginning[2] >= 0 && beginning[2] < ' ' &&
                           beginning[2] != '\n' && beginning[2] != '\t';
  return (beginning[0] == '\x80' && beginning[1] >= 2 && beginning[1] <= 5) ||
         (is_numbered && (beginning[0] == ']' || beginning[0] == '}')) ||
         is_pickle_of_lines(beginning);
}

/// word2vec's binary form: `count dimension`, then a word and the bytes of its numbers.
bool is_binary_vectors(std::string_view beginning) {
  const std::size_t end = beginning.find('\n');
  if (end == std::string_view::npos) return false;
  const std::string_view counts = beginning.substr(0, end), rows = beginning.substr(end + 1);
  const bool are_counts = counts.find_first_not_of("0123456789 ") == std::string_view::npos &&
                          std::ranges::count(counts, ' ') == 1 && !counts.starts_with(' ');
  return are_counts && is_no_text(rows);
}

void refuse_model(std::string_view beginning, const Given& given) {
  if (is_safetensors(beginning)) refuse(given, "a model (safetensors)", "name a file of texts");
  if (is_pickle(beginning))
    refuse(given, "a Python pickle", "write it as CSV, e.g. with pandas: read_pickle, then to_csv");
  if (is_binary_vectors(beginning))
    refuse(given, "word vectors in word2vec's binary form", "name a file of texts");
}

// ------------------------------------------------------------------------------------------ web

/// Whether a web page begins with `line`, and not a text about one: it is of tags alone, or its
/// head follows.
bool begins_page(std::string_view line) {
  std::string tag(trim(line));
  std::ranges::transform(tag, tag.begin(), [](unsigned char c) { return std::tolower(c); });
  if (!tag.starts_with("<!doctype html") && !tag.starts_with("<html")) return false;
  const bool is_one_tag = tag.ends_with('>') && std::ranges::count(tag, '<') == 1;
  return is_one_tag || contains(tag, "<head") || contains(tag, "<body") ||
         contains(tag, "<!doctype html><html") || contains(tag, "<meta") || contains(tag, "<title");
}

/// What a download leaves that was answered with a page.
void refuse_page(std::string_view beginning, const Given& given) {
  beginning.remove_prefix(std::min(beginning.find_first_not_of(" \t\r\n"), beginning.size()));
  if (begins_page(beginning.substr(0, beginning.find('\n'))))
    refuse(given, "a web page (HTML)", "was the download answered with a page?");
}

}  // namespace

void refuse_other_kinds(std::string_view beginning, const std::string& name, Compression packing) {
  beginning = beginning.substr(0, kFileKindBytes);
  const Given given{name, packing};
  refuse_magic(beginning, given);
  refuse_bzip2(beginning, given);
  refuse_zip(beginning, given);
  refuse_tar(beginning, given);
  refuse_model(beginning, given);
  refuse_page(beginning, given);
}

}  // namespace unroll
