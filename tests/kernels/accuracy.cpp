// How accurate exp, tanh and sigmoid are: every float there is, on every instruction set.
//
//     accuracy [STRIDE]                  a table on stdout; with STRIDE only every so many floats
//     accuracy [STRIDE] --write FILE     puts it between the markers of docs/numerics.md
//
// The exact value is taken from the standard library in double, which is right to about two units
// in its own last place: 4e-9 of a float's. Exit status 1 if an error is above what
// kernels/README.md promises, or a NaN does not stay one.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <limits>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/marked_section.h"
#include "unroll/core/parallel.h"
#include "unroll/core/ulp.h"
#include "unroll/kernels/dispatch.h"

namespace unroll {
namespace {

struct Function {
  std::string_view name;
  double (*exact)(double);
  void (*KernelTable<float>::*kernel)(std::size_t, const float*, float*) noexcept;
  double promised;  ///< units in the last place, kernels/README.md
};

double exact_sigmoid(double x) {
  return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x));
}

const Function kFunctions[] = {
    {"exp", [](double x) { return std::exp(x); }, &KernelTable<float>::exponential, 1.0},
    {"expm1", [](double x) { return std::expm1(x); }, &KernelTable<float>::exponential_minus_1,
     2.2},
    {"log", [](double x) { return std::log(x); }, &KernelTable<float>::logarithm, 1.0},
    {"tanh", [](double x) { return std::tanh(x); }, &KernelTable<float>::tanh, 2.2},
    {"sigmoid", exact_sigmoid, &KernelTable<float>::sigmoid, 2.2},
};

/// What was seen of one function on one instruction set.
struct Seen {
  double worst = 0;  ///< units in the last place
  float at = 0;
  std::uint64_t floats = 0;
  std::uint64_t not_nearest = 0;  ///< another float is nearer to the exact value

  void merge(const Seen& other) {
    if (other.worst > worst) {
      worst = other.worst;
      at = other.at;
    }
    floats += other.floats;
    not_nearest += other.not_nearest;
  }
};

/// One block of consecutive bit patterns, every stride-th of them that is no NaN.
std::vector<float> floats_of(std::uint64_t first, std::uint64_t last, std::uint64_t stride) {
  std::vector<float> x;
  x.reserve((last - first) / stride + 1);
  for (std::uint64_t bits = first; bits < last; bits += stride) {
    const float value = std::bit_cast<float>(static_cast<std::uint32_t>(bits));
    if (!std::isnan(value)) x.push_back(value);
  }
  return x;
}

void look_at(const Function& function, const std::vector<float>& x, std::vector<Seen>& seen) {
  std::vector<double> exact(x.size());
  std::vector<float> y(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) exact[i] = function.exact(static_cast<double>(x[i]));
  const std::vector<Isa> isas = available_isas();
  for (std::size_t k = 0; k < isas.size(); ++k) {
    (kernels_for<float>(isas[k]).*function.kernel)(x.size(), x.data(), y.data());
    for (std::size_t i = 0; i < x.size(); ++i) {
      ++seen[k].floats;
      if (y[i] == static_cast<float>(exact[i]) || (std::isnan(y[i]) && std::isnan(exact[i])))
        continue;  // half a unit off at most
      seen[k].merge({ulp_error(y[i], exact[i]), x[i], 0, 1});
    }
  }
}

std::vector<Seen> look_at_all(const Function& function, std::uint64_t stride) {
  constexpr std::uint64_t kAll = std::uint64_t{1} << 32;
  const std::uint64_t block = std::max<std::uint64_t>(stride, 1) << 16;
  const std::uint64_t blocks = (kAll + block - 1) / block;
  std::vector<Seen> all(available_isas().size());
  std::mutex merging;
  parallel_for(blocks, 1, [&](Range range) {
    std::vector<Seen> seen(all.size());
    for (std::uint64_t b = range.begin; b < range.end; ++b) {
      look_at(function, floats_of(b * block, std::min(kAll, (b + 1) * block), stride), seen);
    }
    const std::lock_guard lock(merging);
    for (std::size_t k = 0; k < all.size(); ++k) all[k].merge(seen[k]);
  });
  return all;
}

bool keeps_nan(const Function& function) {
  const std::vector<float> x(19, std::numeric_limits<float>::quiet_NaN());  // a body and a tail
  std::vector<float> y(x.size());
  return std::ranges::all_of(available_isas(), [&](Isa isa) {
    (kernels_for<float>(isa).*function.kernel)(x.size(), x.data(), y.data());
    return std::ranges::all_of(y, [](float value) { return std::isnan(value); });
  });
}

/// The table in Markdown; `sound` is lowered where a promise is broken.
std::string table(std::uint64_t stride, bool& sound) {
  std::string text =
      "| function | instruction set | largest error, ulp | at | not the nearest float |\n"
      "|---|---|--:|--:|--:|\n";
  std::uint64_t floats = 0;
  for (const Function& function : kFunctions) {
    const std::vector<Seen> seen = look_at_all(function, stride);
    for (std::size_t k = 0; k < seen.size(); ++k) {
      text += fmt::format(
          "| {} | {} | {:.3f} | {} | {:.2f} % |\n", function.name, to_string(available_isas()[k]),
          seen[k].worst, seen[k].at,
          100 * static_cast<double>(seen[k].not_nearest) / static_cast<double>(seen[k].floats));
      if (!(seen[k].worst <= function.promised)) sound = false;
    }
    if (!keeps_nan(function)) sound = false;
    floats = seen[0].floats;
  }
  return text + fmt::format("\nOver {} floats, all that are no NaN{}.\n", floats,
                            stride == 1 ? "" : fmt::format(" of every {}th", stride));
}

int run(int argc, char** argv) {
  std::uint64_t stride = 1;
  std::string path;
  for (int k = 1; k < argc; ++k) {
    if (std::string_view(argv[k]) == "--write" && k + 1 < argc) {
      path = argv[++k];
    } else {
      stride = std::strtoull(argv[k], nullptr, 10);
    }
  }
  if (stride == 0) {
    fmt::print(stderr, "accuracy [STRIDE] [--write FILE]\n");
    return 2;
  }
  bool sound = true;
  const std::string text = table(stride, sound);
  fmt::print("{}", text);
  if (!path.empty()) test::MarkedSection(path, "accuracy").write(text);
  if (!sound) fmt::print(stderr, "accuracy: a promise of kernels/README.md is broken\n");
  return sound ? 0 : 1;
}

}  // namespace
}  // namespace unroll

int main(int argc, char** argv) {
  try {
    return unroll::run(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "accuracy: {}\n", error.what());
    return 1;
  }
}
