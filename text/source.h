/// Source: the text of an input file, unpacked and proved to be UTF-8, with the name it goes by in
/// messages.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "unroll/core/error.h"

namespace unroll {

inline constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

struct Source {
  std::string name;     ///< as it was asked for; `<stdin>` for "-"
  std::string content;  ///< valid UTF-8, without byte order mark
};

/// Reads a file ("-": standard input), unpacks gzip, drops a byte order mark. Throws DataError if
/// the file can't be read, or with file:line:column where it is not UTF-8.
Source read_source(const std::string& path);

/// The error for a byte that is not UTF-8. How the file begins tells the encoding that it may have.
DataError not_utf8(const Place& place, char byte, std::string_view beginning);

}  // namespace unroll
