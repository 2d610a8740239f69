#include "tests/kernels/vector_functions.h"

#include <array>
#include <cmath>
#include <limits>
#include <utility>

namespace unroll::test {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Three roundings: of e^−|x|, of the sum, of the quotient. Neither overflows nor cancels.
double library_sigmoid(double x) {
  const double e = std::exp(-std::abs(x));
  return (x < 0 ? e : 1) / (1 + e);
}

constexpr std::array<VectorFunction, 5> kFunctions = {{
    {"exp", [](double x) { return std::exp(x); }, mpfr_exponential,
     &KernelTable<float>::exponential, &KernelTable<double>::exponential, 0, kInfinity, 1.0, 1.0},
    {"expm1", [](double x) { return std::expm1(x); }, mpfr_exponential_minus_1,
     &KernelTable<float>::exponential_minus_1, &KernelTable<double>::exponential_minus_1, -1,
     kInfinity, 2.2, 2.2},
    {"log", [](double x) { return std::log(x); }, mpfr_logarithm, &KernelTable<float>::logarithm,
     &KernelTable<double>::logarithm, -kInfinity, kInfinity, 1.0, 1.0},
    {"tanh", [](double x) { return std::tanh(x); }, mpfr_hyperbolic_tangent,
     &KernelTable<float>::tanh, &KernelTable<double>::tanh, -1, 1, 2.2, 1.2},
    {"sigmoid", library_sigmoid, mpfr_sigmoid, &KernelTable<float>::sigmoid,
     &KernelTable<double>::sigmoid, 0, 1, 2.2, 2.2},
}};

Variant variant(Isa isa, std::string name) {
  return {std::move(name), isa, &kernels_for<float>(isa), &kernels_for<double>(isa)};
}

}  // namespace

std::span<const VectorFunction> vector_functions() {
  return kFunctions;
}

std::vector<Variant> variants_of(const VectorFunction& function) {
  std::vector<Variant> variants;
  const bool slowly = divides_slowly();
  for (Isa isa : available_isas()) {
    set_divides_slowly(false);
    variants.push_back(variant(isa, std::string(to_string(isa))));
    set_divides_slowly(true);
    Variant other = variant(isa, std::string(to_string(isa)) + " without a division");
    if (other.kernel_of<float>(function) != variants.back().kernel_of<float>(function)) {
      variants.push_back(std::move(other));
    }
  }
  set_divides_slowly(slowly);
  return variants;
}

}  // namespace unroll::test
