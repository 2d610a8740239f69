/// Source: the text of an input file, unpacked and decoded, with the name it goes by in messages.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

#include "unroll/core/error.h"
#include "unroll/text/text_stream.h"

namespace unroll {

struct SourceOptions {
  std::string encoding = {};  ///< "": UTF-8, or UTF-16 where that is certain
  /// A larger text is refused before it fills the memory.
  std::size_t most_bytes = std::numeric_limits<std::size_t>::max();
};

struct Source {
  std::string name;          ///< the path as it was given; `<stdin>` for "-"
  std::string content;       ///< without byte order mark; lines end with LF or CRLF
  std::string encoding;      ///< what it was decoded from; "" for UTF-8
  bool is_doubtful = false;  ///< the encoding was asked for, but the file looks like UTF-8
  bool is_utf8 = true;       ///< whether all of the content is valid
};

/// Reads a file ("-": standard input) whose content may hold what is not UTF-8. Throws DataError if
/// the file can't be read or is another kind of file. Throws MemoryError for a text that is too
/// large when it has counted, without holding them, how many bytes there are.
Source read_any_source(const std::string& path, const SourceOptions& options = {});

/// Throws DataError with file:line:column also where the file is not UTF-8.
Source read_source(const std::string& path, const SourceOptions& options = {});

/// The error for a byte that is not UTF-8, in row `row` (0: not in rows). It guesses the encoding
/// from the text around it, unless that was decoded already.
DataError not_utf8(const Place& place, std::size_t row, char byte, std::string_view text,
                   const std::string& decoded_from = "");

}  // namespace unroll
