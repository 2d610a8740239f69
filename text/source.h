/// Source: the text of an input file, unpacked and proved to be UTF-8, with the name it goes by in
/// messages.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace unroll {

struct Source {
  std::string name;     ///< as it was asked for; `<stdin>` for "-"
  std::string content;  ///< valid UTF-8, without byte order mark
};

/// Reads a file ("-": standard input), unpacks gzip, drops a byte order mark. Throws DataError if
/// the file can't be read, or with file:line:column where it is not UTF-8.
Source read_source(const std::string& path);

}  // namespace unroll
