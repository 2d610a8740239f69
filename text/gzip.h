/// gzip (RFC 1952) through zlib, unpacked as it arrives.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "unroll/text/unpacker.h"

namespace unroll {

/// All members of a gzip file, one after the other; zero bytes behind the last one (tapes, block
/// devices) are accepted. Throws DataError, with `name` as the file, for damaged or truncated data.
class GzipUnpacker final : public Unpacker {
 public:
  explicit GzipUnpacker(std::string name);
  ~GzipUnpacker() override;

  std::size_t unpack(std::string_view& packed, std::span<char> unpacked) override;
  void finish() const override;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace unroll
