/// File kinds that are given where a text is meant: what such a file is, told by its first bytes,
/// and the command that makes a text of it.
#pragma once

#include <string>
#include <string_view>

#include "unroll/text/compression.h"

namespace unroll {

/// So many bytes are enough to tell.
inline constexpr std::size_t kFileKindBytes = 1024;

/// Throws DataError if a file that begins so is an archive, a spreadsheet, a model or another kind
/// that is surely no text. `name` is the file in messages; `packing` says how it was packed.
void refuse_other_kinds(std::string_view beginning, const std::string& name, Compression packing);

}  // namespace unroll
