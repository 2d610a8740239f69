#include <algorithm>
#include <cmath>

#include "unroll/kernels/dispatch.h"
#include "unroll/tools/lab/race/activation_race.h"
#include "unroll/tools/lab/race/isa/function_tables.h"

namespace unroll {

namespace {

double exact_sigmoid(double x) {
  return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x));
}

constexpr ActivationFunction kFunctions[] = {
    {"exp", [](double x) { return std::exp(x); }, -80, 80},
    {"expm1", [](double x) { return std::expm1(x); }, -6, 6},
    {"log", [](double x) { return std::log(x); }, 1e-3, 1e3},
    {"tanh", [](double x) { return std::tanh(x); }, -6, 6},
    {"sigmoid", &exact_sigmoid, -6, 6},
    {"relu", [](double x) { return std::max(x, 0.0); }, -6, 6},
};

ActivationContender contender(std::string implementation, std::string_view isa,
                              const FunctionTable& table) {
  return {std::move(implementation),
          std::string(isa),
          {{"exp", table.exp},
           {"expm1", table.expm1},
           {"log", table.log},
           {"tanh", table.tanh},
           {"sigmoid", table.sigmoid},
           {"relu", table.relu}}};
}

ActivationContender ours(Isa isa) {
  const KernelTable<float>& table = kernels_for<float>(isa);
  return {std::string(kOurs),
          std::string(to_string(isa)),
          {{"exp", table.exponential},
           {"expm1", table.exponential_minus_1},
           {"log", table.logarithm},
           {"tanh", table.tanh},
           {"sigmoid", table.sigmoid},
           {"relu", table.relu}}};
}

/// Null where xsimd has nothing of its own.
const FunctionTable* xsimd_table(Isa isa) {
  switch (isa) {
#ifdef UNROLL_ISA_X86
    case Isa::kSse2:
      return &kXsimdSse2;
    case Isa::kAvx2:
      return &kXsimdAvx2;
    case Isa::kAvx512:
      return &kXsimdAvx512;
#else
    case Isa::kSse2:
    case Isa::kAvx2:
    case Isa::kAvx512:
#endif
    case Isa::kScalar:
      break;
  }
  return nullptr;
}

}  // namespace

std::span<const ActivationFunction> activation_functions() {
  return kFunctions;
}

std::vector<ActivationContender> own_contenders() {
  std::vector<ActivationContender> all = {contender("std", "scalar", kStandardLibrary)};
  for (Isa isa : available_isas()) {
    if (const FunctionTable* table = xsimd_table(isa)) {
      all.push_back(contender("xsimd", to_string(isa), *table));
    }
    all.push_back(ours(isa));
  }
  return all;
}

}  // namespace unroll
