/// Compression: how a file is packed, told by its first bytes, and what unpacks it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "unroll/text/unpacker.h"

namespace unroll {

enum class Compression : std::uint8_t { kNone, kGzip, kXz, kZstd };
std::string_view to_string(Compression compression);

/// Nothing as long as `bytes` are only the beginning of a packed file's first bytes.
std::optional<Compression> compression_of(std::string_view bytes) noexcept;

/// `name` is the file in messages. Throws DataError if this build lacks the library. Null for
/// kNone.
std::unique_ptr<Unpacker> make_unpacker(Compression compression, const std::string& name);

}  // namespace unroll
