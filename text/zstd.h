/// Zstandard through libzstd, where the build found it: zstd.cpp, otherwise zstd_absent.cpp.
#pragma once

#include <memory>
#include <string>

#include "unroll/text/unpacker.h"

namespace unroll {

/// For all frames of a file, one after the other. Throws DataError, which names the package, where
/// the build had no libzstd.
std::unique_ptr<Unpacker> make_zstd_unpacker(std::string name);

/// The version of libzstd; empty without it.
std::string zstd_version();

}  // namespace unroll
