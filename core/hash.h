/// Hash: 128 bits over bytes that come one after the other (XXH3-128). It finds what is damaged or
/// different; it is no signature.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace unroll {

class Hash {
 public:
  Hash();
  ~Hash();

  void add(std::string_view bytes);
  /// The bytes and how many they are, so that "ab" and "c" differ from "a" and "bc".
  void add_text(std::string_view text);
  /// 32 hexadecimal digits in the canonical (big-endian) order, as `xxhsum -H2` prints them.
  std::string digits() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// 64 bits over the bytes (XXH3-64): equal texts have equal numbers, and two others hardly ever.
std::uint64_t hash_of(std::string_view bytes) noexcept;

}  // namespace unroll
