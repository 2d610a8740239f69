/// Encodings told by evidence: UTF-16 by where its zero bytes lie, others by how well the letters
/// that they make of the bytes fit a language. The evidence names a candidate for a message; only
/// UTF-16 is certain enough to be read without being asked for.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace unroll {

/// `UTF-16LE` or `UTF-16BE` if the bytes, the beginning of a file, are surely that: they have its
/// byte order mark, or zeros where it has them and no text of bytes would. Otherwise "".
std::string utf16_of(std::string_view beginning);

/// `UTF-32LE` or `UTF-32BE`, which hardly any file has, if the bytes have its byte order mark, or
/// zeros where it has them; otherwise "".
std::string utf32_of(std::string_view beginning);

/// The encodings in which bytes that are not UTF-8 read well, best first: none, one, or two if they
/// are close. A converter knows each by its name.
std::vector<std::string> likely_encodings(std::string_view content);

/// The part of the bytes that is zero.
double share_of_zeros(std::string_view bytes) noexcept;

}  // namespace unroll
