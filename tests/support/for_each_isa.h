// Runs a test's body on every instruction set there is.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "unroll/kernels/isa.h"

namespace unroll::test {

/// Makes an instruction set active, and the one before it again at the end of the scope.
class WithIsa {
 public:
  explicit WithIsa(Isa isa) : before_(active_isa()) { set_active_isa(isa); }
  ~WithIsa() { set_active_isa(before_); }
  WithIsa(const WithIsa&) = delete;
  WithIsa& operator=(const WithIsa&) = delete;

 private:
  Isa before_;
};

/// The same for how AVX-512 divides.
class WithDivision {
 public:
  explicit WithDivision(bool slow) : before_(divides_slowly()) { set_divides_slowly(slow); }
  ~WithDivision() { set_divides_slowly(before_); }
  WithDivision(const WithDivision&) = delete;
  WithDivision& operator=(const WithDivision&) = delete;

 private:
  bool before_;
};

/// body() for each available instruction set, for AVX-512 with and without a division; failures
/// name it.
template <typename Body>
void for_each_isa(Body body) {
  for (Isa isa : available_isas()) {
    for (bool slow_division : {false, true}) {
      if (slow_division && isa != Isa::kAvx512) continue;
      SCOPED_TRACE(std::string(to_string(isa)) + (slow_division ? " without a division" : ""));
      const WithIsa active(isa);
      const WithDivision division(slow_division);
      body();
    }
  }
}

}  // namespace unroll::test
