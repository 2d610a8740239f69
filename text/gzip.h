/// gzip (RFC 1952) through zlib, unpacked as it arrives.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace unroll {

/// Whether the bytes begin as a gzip file does: 1f 8b.
bool is_gzip(std::string_view bytes) noexcept;

/// All members of a gzip file, one after the other; zero bytes behind the last one (tapes, block
/// devices) are accepted. Throws DataError, with `name` as the file, for damaged or truncated data.
class GzipReader {
 public:
  explicit GzipReader(std::string name);
  ~GzipReader();
  GzipReader(GzipReader&&) noexcept;
  GzipReader& operator=(GzipReader&&) noexcept;

  /// Unpacks the beginning of `packed` into `unpacked`, removes from `packed` what it has used, and
  /// returns how many bytes came out. If they are fewer than there was room for, it has used all.
  std::size_t unpack(std::string_view& packed, std::span<char> unpacked);
  /// Says that no more bytes will come: throws if the last member is not complete.
  void finish() const;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace unroll
