/// gzip (RFC 1952) through zlib.
#pragma once

#include <string>
#include <string_view>

namespace unroll {

/// Whether the bytes begin as a gzip file does: 1f 8b.
bool is_gzip(std::string_view bytes) noexcept;

/// Unpacks all members of a gzip file, one after the other; zero bytes behind the last one (tapes,
/// block devices) are accepted. Throws DataError, with `name` as the file, for damaged or truncated
/// data.
std::string gunzip(std::string_view bytes, const std::string& name);

}  // namespace unroll
