#include <fmt/format.h>

#include "unroll/core/error.h"
#include "unroll/text/xz.h"

namespace unroll {

std::unique_ptr<Unpacker> make_xz_unpacker(std::string name) {
  throw DataError(
      fmt::format("{0}: this file is packed with xz, and unroll was built without liblzma; unpack "
                  "it with `xz -dc "
                  "{0}`, or install the package liblzma-dev and build again",
                  name));
}

std::string xz_version() {
  return "";
}

}  // namespace unroll
