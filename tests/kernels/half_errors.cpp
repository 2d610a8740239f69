// The errors of sums of products in half precision, as parts of Σ |a b|, in units of 2⁻¹¹, beside
// the bounds that docs/numerics.md derives: the table there.
//
//   half_errors                 prints it

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/core/float16.h"
#include "unroll/core/random.h"
#include "unroll/kernels/half.h"
#include "unroll/kernels/ops.h"
#include "unroll/kernels/packed.h"

namespace unroll {
namespace {

constexpr std::size_t kSums = 64;  // rows, and as many columns

/// What is multiplied: an element of A and of B by row or column and k.
struct Inputs {
  std::string_view name;
  std::function<double(Random&, std::size_t k)> a, b;
};

double normal(Random& random, std::size_t /*k*/) {
  return random.normal();
}
double state(Random& random, std::size_t /*k*/) {
  return std::tanh(random.normal());
}
double positive(Random& random, std::size_t /*k*/) {
  return random.uniform();
}
/// Begins each short sum with 1, after which 0x1.ffcp-12 is less than half of a last place.
double lost(Random& /*random*/, std::size_t k) {
  return k % (2 * kShortLinesOfFloat16) < 2 ? 1 : 0x1.ffcp-12;
}
/// Halfway between two numbers of BFloat16 and of Float16, but for a little.
double halfway(Random& /*random*/, std::size_t /*k*/) {
  return 1 + 0x1p-8 + 0x1p-11 + 0x1p-20;
}
double one(Random& /*random*/, std::size_t /*k*/) {
  return 1;
}

const Inputs kInputs[] = {{"normal by normal", normal, normal},
                          {"weights by states", normal, state},
                          {"all positive", positive, positive},
                          {"small after large", lost, one},
                          {"halfway", halfway, halfway}};

Tensor<float> drawn(std::size_t K, const std::function<double(Random&, std::size_t)>& value,
                    std::string_view stream) {
  Tensor<float> all({kSums, K});
  Random random(1, stream);
  for (std::size_t n = 0; n < all.size(); ++n) all[n] = static_cast<float>(value(random, n % K));
  return all;
}

/// A Btᵀ in such a precision.
Tensor<float> product_in(Precision precision, Tensor<float> A, const Tensor<float>& Bt) {
  Tensor<float> C({kSums, kSums});
  const auto B = transposed(Bt.matrix());
  if (precision == Precision::kFloat16) {
    Panels<Float16> panels;
    panels.pack(B);
    Tensor<Float16> halves(A.shape());
    round_to_float16(A.matrix(), halves.matrix());
    product<float>(halves.matrix(), panels, C.matrix());
    return C;
  }
  Panels<float> panels;
  panels.pack(B, precision);
  if (precision == Precision::kBFloat16) round_to_bfloat16<float>(A.matrix(), A.matrix());
  product<float>(A.matrix(), panels, C.matrix());
  return C;
}

struct Errors {
  double largest = 0, squares = 0;
};

/// As parts of Σ |a b|.
Errors errors_of(const Tensor<float>& C, const Tensor<float>& A, const Tensor<float>& Bt) {
  Errors errors;
  for (std::size_t r = 0; r < kSums; ++r) {
    for (std::size_t j = 0; j < kSums; ++j) {
      double exact = 0, sizes = 0;
      for (std::size_t k = 0; k < A.matrix().columns(); ++k) {
        const double product = double{A.matrix()(r, k)} * double{Bt.matrix()(j, k)};
        exact += product, sizes += std::abs(product);
      }
      const double error = std::abs(double{C.matrix()(r, j)} - exact) / sizes;
      errors.largest = std::max(errors.largest, error);
      errors.squares += error * error;
    }
  }
  return errors;
}

std::string cells_of(Precision precision, const Tensor<float>& A, const Tensor<float>& Bt) {
  const Errors errors = errors_of(product_in(precision, A, Bt), A, Bt);
  const double mean = std::sqrt(errors.squares / (kSums * kSums));
  return fmt::format(" {:.3f} | {:.2f} |", mean / kUnitOfFloat16, errors.largest / kUnitOfFloat16);
}

void print_table() {
  constexpr Precision kPrecisions[] = {Precision::kNarrow, Precision::kBFloat16,
                                       Precision::kFloat16};
  fmt::print(
      "| products | K | narrow: rms | largest | bf16: rms | largest | fp16: rms | largest |\n"
      "|---|--:|--:|--:|--:|--:|--:|--:|\n");
  for (const Inputs& inputs : kInputs) {
    for (const std::size_t K : {128, 512}) {
      const Tensor<float> A = drawn(K, inputs.a, "A"), Bt = drawn(K, inputs.b, "B");
      fmt::print("| {} | {} |", inputs.name, K);
      for (const Precision precision : kPrecisions) fmt::print("{}", cells_of(precision, A, Bt));
      fmt::print("\n");
    }
  }
  fmt::print("| bound | | | 8 | | 16 | | {} |\n", kShortLinesOfFloat16 + 3);
}

}  // namespace
}  // namespace unroll

int main() {
  unroll::print_table();
}
