// Runs a test's body on every instruction set there is.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "unroll/kernels/isa.h"

namespace unroll::test {

/// Sets what holds for the whole process, and what it was before at the end of the scope.
template <auto kGet, auto kSet>
class With {
 public:
  using Value = decltype(kGet());
  explicit With(Value value) : before_(kGet()) { kSet(value); }
  ~With() { kSet(before_); }
  With(const With&) = delete;
  With& operator=(const With&) = delete;

 private:
  Value before_;
};

using WithIsa = With<active_isa, set_active_isa>;
/// How AVX-512 divides.
using WithDivision = With<divides_slowly, set_divides_slowly>;
/// Which tiles AVX-512 has for large weights.
using WithHighTiles = With<prefers_high_tiles, set_prefers_high_tiles>;
/// Whether bfloat16 is multiplied in pairs, where the CPU can.
using WithPairs = With<multiplies_bfloat16, set_multiplies_bfloat16>;
/// Whether Float16 is multiplied in pairs, where the CPU can.
using WithHalves = With<multiplies_float16, set_multiplies_float16>;

/// body() for each available instruction set, for AVX-512 with the variants of both makers;
/// failures name them.
template <typename Body>
void for_each_isa(Body body) {
  for (Isa isa : available_isas()) {
    for (bool of_intel : {false, true}) {
      if (of_intel && isa != Isa::kAvx512) continue;
      SCOPED_TRACE(std::string(to_string(isa)) + (of_intel ? ", Intel's variants" : ""));
      const WithIsa active(isa);
      const WithDivision division(of_intel);
      const WithHighTiles tiles(of_intel);
      body();
    }
  }
}

/// body() with products of Float16 one by one, and by the instructions where the CPU has them.
template <typename Body>
void for_each_float16_form(Body body) {
  for (bool wanted : {false, true}) {
    const WithHalves halves(wanted);
    SCOPED_TRACE(multiplies_float16() ? "AVX512-FP16" : "one by one");
    body();
  }
}

}  // namespace unroll::test
