/// Encodings told by evidence: UTF-16 by where its zero bytes lie, others by how probable the
/// letters are that they make of the bytes. The evidence names a candidate for a message; only
/// UTF-16 is certain enough to be read without being asked for.
#pragma once

#include <optional>
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

/// The encoding of seven bits that switches by escape sequences or signs, which the bytes prove:
/// ISO-2022-JP, -KR or -CN, HZ-GB-2312 or UTF-7. Such a text is valid UTF-8. Otherwise nothing.
std::optional<std::string> escaped_encoding(std::string_view content);

/// The encodings in which bytes that are not UTF-8 read well, best first: none, one, or two if they
/// are close. A converter knows each by its name. Each reading of the bytes, an encoding and a
/// language, has a likelihood: that of its characters where they are, by how frequent they are in
/// the language. None: the bytes are no text, or one that no language here explains.
std::vector<std::string> likely_encodings(std::string_view content);

/// Whether so many of the bytes are control characters that they are no text of bytes.
bool is_binary(std::string_view bytes) noexcept;

/// The part of the bytes that is zero.
double share_of_zeros(std::string_view bytes) noexcept;

}  // namespace unroll
