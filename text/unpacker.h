/// Unpacker: packed bytes become plain ones as they arrive. Every compression has one.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace unroll {

class Unpacker {
 public:
  virtual ~Unpacker() = default;

  /// Unpacks the beginning of `packed` into `unpacked`, removes from `packed` what it has used, and
  /// returns how many bytes came out. If they are fewer than there was room for, it has used all.
  /// Throws DataError for damaged data.
  virtual std::size_t unpack(std::string_view& packed, std::span<char> unpacked) = 0;
  /// Says that no more bytes will come: throws DataError if the data is not complete.
  virtual void finish() const = 0;
};

}  // namespace unroll
