/// The standard library's functions, and multiply-adds, one value at a time.
#include <cmath>

#include "unroll/tools/lab/race/isa/function_tables.h"
#include "unroll/tools/lab/race/isa/multiply_add-inl.h"

namespace unroll {
namespace {

template <float (*f)(float)>
void each(std::size_t n, const float* x, float* y) noexcept {
  for (std::size_t i = 0; i < n; ++i) y[i] = f(x[i]);
}

float exponential(float x) {
  return std::exp(x);
}
float exponential_minus_1(float x) {
  return std::expm1(x);
}
float logarithm(float x) {
  return std::log(x);
}
float hyperbolic_tangent(float x) {
  return std::tanh(x);
}
float sigmoid(float x) {
  return 1 / (1 + std::exp(-x));
}
float relu(float x) {
  return x > 0 ? x : 0;
}

}  // namespace

constinit const FunctionTable kStandardLibrary = {&each<exponential>, &each<exponential_minus_1>,
                                                  &each<logarithm>,   &each<hyperbolic_tangent>,
                                                  &each<sigmoid>,     &each<relu>};

constinit const MultiplyAddLoop kMultiplyAddScalar = multiply_add_loop<float>();

}  // namespace unroll
