/// EventFile: curves for TensorBoard. A file of records, each of them an Event of TensorFlow's
/// protocol: the time, a step, and named numbers.
///
/// A record is its length (8 bytes), a checksum of the length, the event, a checksum of the event.
/// The checksum is CRC-32C (Castagnoli), turned and shifted so that a checksum of bytes that hold
/// checksums stays one. Of protocol buffers only three wire types occur: whole numbers in groups of
/// seven bits, 4 or 8 bytes as they are, and bytes with their length ahead.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "unroll/core/descriptor.h"

namespace unroll {

struct NamedNumber {
  std::string_view name;  ///< "loss/train": what is ahead of the bar groups the charts
  double value = 0;
};

class EventFile {
 public:
  /// Makes the folder and a new file in it, of a name that TensorBoard knows. Throws DiskError, as
  /// `add` does.
  explicit EventFile(const std::filesystem::path& folder);

  /// Appends numbers of a step, at once: TensorBoard follows while training goes on.
  void add(std::size_t step, std::span<const NamedNumber> numbers);

  const std::filesystem::path& path() const { return path_; }

 private:
  void append(std::string_view event);

  std::filesystem::path path_;
  Descriptor file_;
};

/// CRC-32C, reflected, as iSCSI has it: 0xe3069283 of "123456789".
std::uint32_t crc32c(std::string_view bytes);

}  // namespace unroll
