// exp, tanh and sigmoid of floats: the standard library, xsimd and ours, on every instruction set.
//
// Names are function/instruction set/contender/n. The counter `ulp` is the contender's largest
// error on the interval that is timed; a contender further off than kAgreement is an error and
// nothing is timed.
#include <benchmark/benchmark.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "bench/xsimd_contender.h"
#include "tests/support/ulp.h"
#include "unroll/core/tensor.h"
#include "unroll/kernels/dispatch.h"

namespace unroll::bench {
namespace {

/// Units in the last place: far above everybody's (xsimd's and ours are below 3), far below a wrong
/// formula.
constexpr double kAgreement = 8;

/// 1 KB, 8 KB (with the output half of a common L1), 256 KB (L2), 16 MB (beyond L2), of floats.
/// floats.
constexpr std::int64_t kSizes[] = {1 << 8, 1 << 11, 1 << 16, 1 << 22};

struct Function {
  std::string name;
  long double (*exact)(long double);
  float limit;  // timed and compared on [−limit, limit]
};

const Function kFunctions[] = {
    {"exponential", [](long double x) { return std::exp(x); }, 80},
    {"tanh", [](long double x) { return std::tanh(x); }, 6},
    {"sigmoid", [](long double x) { return 1 / (1 + std::exp(-x)); }, 6},
};

struct Contender {
  std::string name;  // instruction set/who
  std::vector<std::function<void(std::size_t, const float*, float*)>> functions;  // as kFunctions
};

/// The standard library's function on each value in turn.
template <typename F>
auto one_by_one(F f) {
  return [f](std::size_t n, const float* x, float* y) {
    for (std::size_t i = 0; i < n; ++i) y[i] = f(x[i]);
  };
}

Contender standard_library() {
  return {"scalar/std",
          {one_by_one([](float x) { return std::exp(x); }),
           one_by_one([](float x) { return std::tanh(x); }),
           one_by_one([](float x) { return 1 / (1 + std::exp(-x)); })}};
}

Contender ours(Isa isa) {
  const KernelTable<float>& table = kernels_for<float>(isa);
  return {std::string(to_string(isa)) + "/unroll", {table.exponential, table.tanh, table.sigmoid}};
}

std::vector<Contender> contenders() {
  std::vector<Contender> all = {standard_library()};
  for (Isa isa : available_isas()) {
#ifdef UNROLL_ISA_X86
    const XsimdContender* rivals[] = {nullptr, &kXsimd_sse2, &kXsimd_avx2, &kXsimd_avx512};
    if (const XsimdContender* rival = rivals[static_cast<std::size_t>(isa)]) {
      all.push_back({std::string(to_string(isa)) + "/xsimd",
                     {rival->exponential, rival->tanh, rival->sigmoid}});
    }
#endif
    all.push_back(ours(isa));
  }
  return all;
}

/// Every 1009th float up to the limit, of both signs; as many as a multiple of all vector widths.
std::vector<float> sample(float limit) {
  std::vector<float> x;
  for (std::uint32_t bits = 0; std::bit_cast<float>(bits) < limit; bits += 1009) {
    x.push_back(std::bit_cast<float>(bits));
    x.push_back(-std::bit_cast<float>(bits));
  }
  x.resize(x.size() / 16 * 16);
  return x;
}

double largest_error(const Function& function, const Contender& contender, std::size_t index) {
  const std::vector<float> x = sample(function.limit);
  std::vector<float> y(x.size());
  contender.functions[index](x.size(), x.data(), y.data());
  double worst = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    worst = std::max(worst, test::ulp_error(y[i], function.exact(x[i])));
  }
  return worst;
}

void time(benchmark::State& state, const Function& function, const Contender& contender,
          std::size_t index, double ulp) {
  const std::size_t n = static_cast<std::size_t>(state.range(0));
  Tensor<float> x(Shape{n}), y(Shape{n});
  for (std::size_t i = 0; i < n; ++i) {  // all over the interval, in no order
    x[i] = function.limit * std::sin(static_cast<float>(i) * 1.7F);
  }
  for ([[maybe_unused]] auto _ : state) {
    contender.functions[index](n, x.data(), y.data());
    benchmark::DoNotOptimize(y.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.counters["ulp"] = ulp;
}

/// False, and a line on stderr, if the contenders do not agree.
bool register_all() {
  bool agree = true;
  for (const Contender& contender : contenders()) {
    for (std::size_t f = 0; f < std::size(kFunctions); ++f) {
      const double ulp = largest_error(kFunctions[f], contender, f);
      const std::string name = kFunctions[f].name + "/" + contender.name;
      if (!(ulp < kAgreement)) {
        std::fprintf(stderr, "%s is %g ulp off\n", name.c_str(), ulp);
        agree = false;
      }
      auto run = [=](benchmark::State& state) { time(state, kFunctions[f], contender, f, ulp); };
      auto* registered = benchmark::RegisterBenchmark(name.c_str(), run);
      for (std::int64_t size : kSizes) registered->Arg(size);
    }
  }
  return agree;
}

}  // namespace
}  // namespace unroll::bench

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  if (!unroll::bench::register_all()) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
