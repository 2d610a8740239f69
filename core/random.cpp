#include "unroll/core/random.h"

// Random123 from the distribution: the paper's own code, with known answers that
// tests/core/random_test.cpp repeats. Only this file sees it. Its integer conversions do not pass
// -Wconversion.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#include <Random123/philox.h>
#pragma GCC diagnostic pop

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numbers>

namespace unroll {

namespace {

std::uint32_t low(std::uint64_t x) {
  return static_cast<std::uint32_t>(x);
}
std::uint32_t high(std::uint64_t x) {
  return static_cast<std::uint32_t>(x >> 32);
}

/// Four numbers of a stream.
void compute_block(std::uint64_t key, std::uint64_t stream, std::uint64_t block,
                   std::uint32_t* numbers) {
  const r123::Philox4x32 philox;
  const auto four =
      philox({{low(block), high(block), low(stream), high(stream)}}, {{low(key), high(key)}});
  std::copy(four.begin(), four.end(), numbers);
}

}  // namespace

Random::Random(std::uint64_t seed, std::string_view stream)
    : key_(seed), stream_(stream.empty() ? 0 : XXH3_64bits(stream.data(), stream.size())) {}

Random::Random(std::uint64_t seed, std::string_view stream, std::uint64_t number)
    : key_(seed), stream_(0) {
  std::array<char, 20> digits;  // of 2⁶⁴ − 1
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  XXH3_state_t hash;
  XXH3_64bits_reset(&hash);
  XXH3_64bits_update(&hash, stream.data(), stream.size());
  XXH3_64bits_update(&hash, digits.data(), static_cast<std::size_t>(end - digits.data()));
  stream_ = XXH3_64bits_digest(&hash);
}

std::uint32_t Random::bits() noexcept {
  const std::uint64_t block = position_ / 4;
  if (block != block_) {
    compute_block(key_, stream_, block, buffer_.data());
    block_ = block;
  }
  return buffer_[position_++ % 4];
}

void Random::fill(std::span<std::uint32_t> numbers) noexcept {
  std::size_t n = 0;
  while (n < numbers.size() && position_ % 4 != 0) numbers[n++] = bits();
  for (; n + 4 <= numbers.size(); n += 4, position_ += 4) {
    compute_block(key_, stream_, position_ / 4, &numbers[n]);
  }
  while (n < numbers.size()) numbers[n++] = bits();
}

double Random::uniform() noexcept {
  const std::uint64_t upper = bits() >> 5;  // 27 bits
  const std::uint64_t lower = bits() >> 6;  // 26 bits
  return static_cast<double>((upper << 26) | lower) * 0x1p-53;
}

double Random::normal() noexcept {
  const double radius = std::sqrt(-2 * std::log1p(-uniform()));
  return radius * std::cos(2 * std::numbers::pi * uniform());
}

std::uint64_t Random::below(std::uint64_t bound) noexcept {
  // Numbers below 2⁶⁴ mod bound are drawn again: what remains is a whole multiple of bound.
  const std::uint64_t rejected = (0 - bound) % bound;
  while (true) {
    const std::uint64_t upper = bits();
    const std::uint64_t number = (upper << 32) | bits();
    if (number >= rejected) return number % bound;
  }
}

}  // namespace unroll
