// One seeded mistake, or none, is linked ahead of the library (CMakeLists.txt).
//
//     mutation caught ID          succeeds if both find the mistake: the gradient check on random
//                                 models, and the proof of the equation ID that it breaks
//     mutation clean FIRST COUNT  succeeds if the check passes on these random models
//     mutation proven             succeeds if the proof of every equation does

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/support/random_gradient_check.h"
#include "tests/support/random_models.h"
#include "unroll/core/parallel.h"
#include "unroll/tools/lab/checks/gradient_check.h"
#include "unroll/tools/lab/proofs/ledger.h"

namespace {

using namespace unroll;

GradientReport check(std::uint64_t seed) {
  const test::RandomModel model = test::random_model(seed);
  return test::check_random_model(model.config, model.lengths, seed);
}

void print_failures(std::uint64_t seed, const GradientReport& report) {
  for (const TensorCheck& c : report.checks) {
    if (c.holds()) continue;
    fmt::print("seed {}: {} {}: along {:.1e}, entry {:.1e}, float {:.1e}\n", seed, c.tensor, c.gate,
               c.direction_error, c.entry_error, c.float_error.value_or(0));
  }
}

bool caught_by_gradient_check() {
  constexpr std::uint64_t kModels = 36;  // six of each cell: every kind of shape is among them
  for (std::uint64_t seed = 1; seed <= kModels; ++seed) {
    const GradientReport report = check(seed);
    if (report.holds()) continue;
    print_failures(seed, report);
    return true;
  }
  fmt::print("the gradient check found nothing in {} models\n", kModels);
  return false;
}

bool holds(std::string_view id, std::uint64_t seed) {
  return std::ranges::all_of(prove(id, seed), &Finding::holds);
}

bool caught_by_proof(std::string_view id) {
  constexpr std::uint64_t kSeeds = 8;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    if (holds(id, seed)) continue;
    fmt::print("the proof of {} finds it with seed {}\n", id, seed);
    return true;
  }
  fmt::print("the proof of {} found nothing with {} seeds\n", id, kSeeds);
  return false;
}

bool all_proven() {
  bool all = true;
  for (const Equation& equation : ledger()) {
    if (holds(equation.id, 1)) continue;
    fmt::print("{} does not hold\n", equation.id);
    all = false;
  }
  return all;
}

bool is_clean(std::uint64_t first, std::uint64_t count) {
  bool clean = true;
  std::size_t compared = 0;
  std::size_t skipped = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const GradientReport report = check(seed);
    compared += report.compared();
    skipped += report.skipped();
    print_failures(seed, report);
    clean = clean && report.holds();
  }
  fmt::print("{} models, {} comparisons, {} given up at kinks\n", count, compared, skipped);
  return clean;
}

}  // namespace

int main(int argc, char** argv) {
  set_thread_count(1);  // tiny models: threads would only wait for each other
  const std::string_view mode = argc > 1 ? argv[1] : "";
  if (mode == "caught" && argc == 3) {
    const bool by_check = caught_by_gradient_check();
    const bool by_proof = caught_by_proof(argv[2]);
    return by_check && by_proof ? 0 : 1;
  }
  if (mode == "clean" && argc == 4) {
    return is_clean(std::stoull(argv[2]), std::stoull(argv[3])) ? 0 : 1;
  }
  if (mode == "proven" && argc == 2) return all_proven() ? 0 : 1;
  fmt::print(stderr, "mutation caught ID | mutation clean FIRST COUNT | mutation proven\n");
  return 2;
}
