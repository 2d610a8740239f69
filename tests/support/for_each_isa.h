// Runs a test's body on every instruction set there is.
#pragma once

#include <gtest/gtest.h>

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

/// body() for each available instruction set; failures name it.
template <typename Body>
void for_each_isa(Body body) {
  for (Isa isa : available_isas()) {
    SCOPED_TRACE(to_string(isa));
    const WithIsa active(isa);
    body();
  }
}

}  // namespace unroll::test
