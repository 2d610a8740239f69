// Arrays for tests of kernels: sizes that meet every kind of tail, memory that ends at a page
// nobody may touch, and comparison with numbers computed in double.
#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>
#include <vector>

namespace unroll::test {

/// Nothing, one, and one less, as many and one more than each vector width (2, 4, 8, 16) has lanes;
/// several vectors.
inline constexpr std::array<std::size_t, 15> kSizes = {0, 1,  2,  3,  4,  5,  7,  8,
                                                       9, 15, 16, 17, 31, 33, 100};

/// `count` values whose last one ends where the next page begins, which can be neither read nor
/// written.
template <typename Real>
class GuardedArray {
 public:
  explicit GuardedArray(std::size_t count) : count_(count) {
    const std::size_t page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t bytes = (count * sizeof(Real) + page - 1) / page * page;
    length_ = bytes + page;
    memory_ = mmap(nullptr, length_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char* guard = static_cast<char*>(memory_) + bytes;
    mprotect(guard, page, PROT_NONE);
    data_ = reinterpret_cast<Real*>(guard - count * sizeof(Real));
  }
  ~GuardedArray() { munmap(memory_, length_); }
  GuardedArray(const GuardedArray&) = delete;
  GuardedArray& operator=(const GuardedArray&) = delete;

  std::span<Real> values() { return {data_, count_}; }

 private:
  std::size_t count_;
  std::size_t length_ = 0;
  void* memory_ = nullptr;
  Real* data_ = nullptr;
};

/// The same bits: also the same zero and the same NaN.
template <typename Real>
bool same_bits(Real a, Real b) {
  using Bits = std::conditional_t<sizeof(Real) == 4, std::uint32_t, std::uint64_t>;
  return std::bit_cast<Bits>(a) == std::bit_cast<Bits>(b);
}

/// Every got_i within `roundings` roundings of a Real of the size of want_i, or of 1 where want_i
/// is smaller.
template <typename Real>
void expect_close(std::span<const Real> got, const std::vector<double>& want, double roundings) {
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < want.size(); ++i) {
    const double unit = std::numeric_limits<Real>::epsilon() * std::max(1.0, std::abs(want[i]));
    ASSERT_NEAR(got[i], want[i], roundings * unit) << "at " << i << " of " << want.size();
  }
}

}  // namespace unroll::test
