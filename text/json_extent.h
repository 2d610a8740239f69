/// JsonExtent: where a JSON value ends, told by its brackets, strings, commas and colons alone.
///
/// A file of a million objects may have one without its closing brace. A scan that only counts
/// braces takes the next objects for parts of the broken one, to the end of the file. This scan
/// stops at the first place that can't be JSON, so that its caller can go on at the next object.
#pragma once

#include <cstddef>
#include <string_view>

namespace unroll {

/// What may be between the parts of a value.
inline constexpr std::string_view kJsonBlanks = " \t\r\n";

struct JsonExtent {
  std::size_t end = 0;     ///< behind the value, or where it stops being JSON
  std::size_t last = 0;    ///< where the last string or bracket before that begins
  bool is_whole = false;   ///< the value ends there
  bool in_string = false;  ///< it stops at a line break in a string
};

/// Measures the value that begins at `begin`. Names and numbers are not checked. A value that is
/// nested deeper than any record stops being JSON there.
JsonExtent extent_of_json(std::string_view content, std::size_t begin);

/// Behind the quote that closes the string at `opened`; npos if none does.
std::size_t behind_json_string(std::string_view content, std::size_t opened);

}  // namespace unroll
