#include "unroll/tools/program/event_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <chrono>
#include <concepts>

#include "unroll/core/file.h"
#include "unroll/core/processors.h"

namespace unroll {

namespace {

constexpr std::array<std::uint32_t, 256> crc_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit)
      value = (value & 1) != 0 ? value >> 1 ^ 0x82f63b78u : value >> 1;
    table[byte] = value;
  }
  return table;
}

std::uint32_t masked_crc(std::string_view bytes) {
  return std::rotr(crc32c(bytes), 15) + 0xa282ead8u;
}

/// The bytes of a number, the lowest first.
template <std::unsigned_integral Whole>
std::string little_endian(Whole number) {
  std::string bytes;
  for (std::size_t k = 0; k < sizeof number; ++k) bytes += static_cast<char>(number >> (8 * k));
  return bytes;
}

std::string varint(std::uint64_t number) {
  std::string bytes;
  for (; number >= 0x80; number >>= 7) bytes += static_cast<char>(number | 0x80);
  return bytes + static_cast<char>(number);
}

/// How a field's value is written.
enum class Wire : std::uint8_t { kVarint = 0, kEightBytes = 1, kBytes = 2, kFourBytes = 5 };

std::string field(unsigned number, Wire wire, std::string_view value) {
  std::string bytes = varint(number << 3 | static_cast<unsigned>(wire));
  if (wire == Wire::kBytes) bytes += varint(value.size());
  return bytes.append(value);
}

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// The fields of tensorflow/core/util/event.proto and framework/summary.proto.
std::string wall_time() {
  return field(1, Wire::kEightBytes, little_endian(std::bit_cast<std::uint64_t>(now())));
}

std::string summary_value(const NamedNumber& number) {
  const auto value = std::bit_cast<std::uint32_t>(static_cast<float>(number.value));
  return field(
      1, Wire::kBytes,
      field(1, Wire::kBytes, number.name) + field(2, Wire::kFourBytes, little_endian(value)));
}

/// In the folder, which is made. Two runs of one second have their process numbers apart.
std::filesystem::path new_path(const std::filesystem::path& folder) {
  make_folder(folder);
  return folder / fmt::format("events.out.tfevents.{:.0f}.{}.{}", now(), host_name(), ::getpid());
}

}  // namespace

std::uint32_t crc32c(std::string_view bytes) {
  static constexpr std::array<std::uint32_t, 256> kTable = crc_table();
  std::uint32_t value = ~0u;
  for (const char byte : bytes)
    value = value >> 8 ^ kTable[(value ^ static_cast<unsigned char>(byte)) & 0xff];
  return ~value;
}

EventFile::EventFile(const std::filesystem::path& folder)
    : path_(new_path(folder)),
      file_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666)) {
  if (file_.number() < 0) refuse_unwritable(path_);
  append(wall_time() + field(3, Wire::kBytes, "brain.Event:2"));
}

void EventFile::add(std::size_t step, std::span<const NamedNumber> numbers) {
  std::string summary;
  for (const NamedNumber& number : numbers) summary += summary_value(number);
  append(wall_time() + field(2, Wire::kVarint, varint(step)) + field(5, Wire::kBytes, summary));
}

void EventFile::append(std::string_view event) {
  const std::string length = little_endian(static_cast<std::uint64_t>(event.size()));
  std::string record = length + little_endian(masked_crc(length));
  record.append(event);
  record += little_endian(masked_crc(event));
  // In one piece: a reader meets whole records.
  if (::write(file_.number(), record.data(), record.size()) != static_cast<ssize_t>(record.size()))
    refuse_unwritable(path_);
}

}  // namespace unroll
