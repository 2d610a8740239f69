/// Source: the text of an input file, unpacked and decoded, with the name it goes by in messages.
/// It is read whole, or mapped, so that a file larger than memory is a text like any other.
#pragma once

#include <cstddef>
#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/core/error.h"
#include "unroll/core/mapped_file.h"
#include "unroll/text/text_stream.h"

namespace unroll {

struct SourceOptions {
  std::string encoding = {};  ///< "": UTF-8, or UTF-16 where that is certain
  /// A larger text is refused before it fills the memory.
  std::size_t most_bytes = std::numeric_limits<std::size_t>::max();
};

struct Source {
  std::string name;          ///< the path as it was given; `<stdin>` for "-"
  std::string_view content;  ///< without byte order mark; lines end with LF or CRLF
  std::string encoding;      ///< what it was decoded from; "" for UTF-8
  bool is_doubtful = false;  ///< the encoding was asked for, but the file looks like UTF-8
  bool is_utf8 = true;       ///< whether all of the content is valid

  /// The content is this text from now on.
  void hold(std::string text);
  /// What was read of the content is not needed for now: a mapped file takes no memory then.
  void release() const noexcept;

  std::shared_ptr<const std::string> held = {};   ///< what the content is a view of,
  std::shared_ptr<const MappedFile> mapped = {};  ///< one or the other
};

/// Reads a file ("-": standard input) whose content may hold what is not UTF-8. Throws DataError if
/// the file can't be read or is another kind of file. Throws MemoryError for a text that is too
/// large when it has counted, without holding them, how many bytes there are.
Source read_any_source(const std::string& path, const SourceOptions& options = {});

/// Whether the file's bytes are its text, as far as its beginning tells: it is no pipe, not packed,
/// and not in another encoding.
bool is_plain_text(const std::string& path, const SourceOptions& options = {});

/// As read_any_source, but the content is not held. Where the file is not what its readers read (it
/// is packed, in another encoding, has lines ended by CR, or is a pipe), its text is written to
/// `spool` first, a file that loses its name at once and goes with the source. Throws DiskError if
/// it can't be written.
Source map_source(const std::string& path, const SourceOptions& options,
                  const std::filesystem::path& spool);

/// Throws DataError with file:line:column also where the file is not UTF-8.
Source read_source(const std::string& path, const SourceOptions& options = {});

/// Errors for bytes of a file that are not UTF-8. What to do about them is guessed from the text
/// around the first of them, once: a file may have a bad byte in each of a million rows.
class NotUtf8 {
 public:
  /// The error for a byte in row `row` (0: not in rows) of `text`, which was decoded already unless
  /// `decoded_from` is "".
  DataError operator()(const Place& place, std::size_t row, char byte, std::string_view text,
                       const std::string& decoded_from = "");

 private:
  struct Advice {
    std::string what;                  ///< behind the place and the row
    std::vector<std::string> options;  ///< that mend it
    bool names_byte = true;            ///< the byte is before `what`
  };

  static Advice advice_on(std::string_view text, const std::string& decoded_from);

  std::optional<Advice> advice_;
};

}  // namespace unroll
