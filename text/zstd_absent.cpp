#include <fmt/format.h>

#include "unroll/core/error.h"
#include "unroll/text/zstd.h"

namespace unroll {

std::unique_ptr<Unpacker> make_zstd_unpacker(std::string name) {
  throw DataError(
      fmt::format("{0}: this file is packed with zstd, and unroll was built without libzstd; "
                  "unpack it with `zstd -dc "
                  "{0}`, or install the package libzstd-dev and build again",
                  name));
}

std::string zstd_version() {
  return "";
}

}  // namespace unroll
