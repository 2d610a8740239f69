/// Counter-based random numbers: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as
/// 1, 2, 3", SC 2011).
///
/// A number is a pure function of (seed, stream, position), so what a layer draws does not depend
/// on what others drew before it, nor on threads: each use names its own stream
/// ("init/lstm.0.forward.U", "dropout/3").
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace unroll {

class Random {
 public:
  /// The stream called `stream` of `seed`, from its beginning.
  Random(std::uint64_t seed, std::string_view stream);

  /// The stream whose name is `stream` followed by the number: "dropout/" and 3 give "dropout/3".
  /// Even a long name asks for no memory.
  Random(std::uint64_t seed, std::string_view stream, std::uint64_t number);

  /// Continues at the position-th 32-bit number of the stream.
  void seek(std::uint64_t position) noexcept { position_ = position; }

  std::uint32_t bits() noexcept;
  /// The next numbers, as many calls would give them.
  void fill(std::span<std::uint32_t> numbers) noexcept;
  /// Uniform in [0, 1): a multiple of 2⁻⁵³.
  double uniform() noexcept;
  /// Uniform in [low, high); rounding may give high itself.
  double uniform(double low, double high) noexcept { return low + (high - low) * uniform(); }
  /// Standard normal (Box–Muller; two uniforms a number, so that positions stay countable).
  double normal() noexcept;
  /// Uniform in 0 .. bound − 1, without bias; bound ≥ 1.
  std::uint64_t below(std::uint64_t bound) noexcept;

  /// Fisher–Yates.
  template <typename T>
  void shuffle(std::span<T> values) noexcept {
    for (std::size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[below(i)]);
  }

 private:
  std::uint64_t key_;
  std::uint64_t stream_;
  std::uint64_t position_ = 0;               // in 32-bit numbers
  std::uint64_t block_ = ~std::uint64_t{0};  // the block that buffer_ holds
  std::array<std::uint32_t, 4> buffer_{};
};

}  // namespace unroll
