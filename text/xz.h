/// xz through liblzma, where the build found it: xz.cpp, otherwise xz_absent.cpp.
#pragma once

#include <memory>
#include <string>

#include "unroll/text/unpacker.h"

namespace unroll {

/// For all streams of a file, one after the other. Throws DataError, which names the package, where
/// the build had no liblzma.
std::unique_ptr<Unpacker> make_xz_unpacker(std::string name);

/// The version of liblzma; empty without it.
std::string xz_version();

}  // namespace unroll
