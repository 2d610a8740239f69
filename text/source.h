/// Source: the text of an input file, unpacked and proved to be UTF-8, with the name it goes by in
/// messages.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

#include "unroll/core/error.h"

namespace unroll {

inline constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

struct Source {
  std::string name;     ///< the path as it was given; `<stdin>` for "-"
  std::string content;  ///< valid UTF-8, without byte order mark
};

/// Reads a file ("-": standard input), unpacks gzip, drops a byte order mark. Throws DataError if
/// the file can't be read, or with file:line:column where it is not UTF-8. Throws MemoryError for a
/// text of more than `most_bytes` when it has counted, without holding them, how many there are.
Source read_source(const std::string& path,
                   std::size_t most_bytes = std::numeric_limits<std::size_t>::max());

/// The error for a byte that is not UTF-8. It guesses the encoding from how the file begins.
DataError not_utf8(const Place& place, char byte, std::string_view beginning);

}  // namespace unroll
