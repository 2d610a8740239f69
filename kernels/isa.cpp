#include "unroll/kernels/isa.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <string>

#include <fmt/format.h>

#include "unroll/core/error.h"

namespace unroll {
namespace {

/// Whether CPU and operating system (which must save the wide registers) support it: the compiler's
/// builtin asks both, which xsimd 8.1's detection does not.
bool is_supported(Isa isa) {
#ifdef UNROLL_ISA_X86
  switch (isa) {
    case Isa::kScalar:
      return true;
    case Isa::kSse2:
      return __builtin_cpu_supports("sse2");
    case Isa::kAvx2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case Isa::kAvx512:  // what its file is compiled with: Skylake server and all later CPUs that
                        // have any AVX-512
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512cd") &&
             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512vl") && is_supported(Isa::kAvx2);
  }
#endif
  return isa == Isa::kScalar;
}

std::string names_of_available_isas() {
  std::string names;
  for (Isa isa : available_isas())
    names += fmt::format("{}{}", names.empty() ? "" : ", ", to_string(isa));
  return names;
}

/// A variable of the environment; empty if it is not there.
std::string_view variable(const char* name) noexcept {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// That UNROLL_CPU names; kOther of any other name.
Maker maker_named(std::string_view name) noexcept {
  if (name == "amd") return Maker::kAmd;
  return name == "intel" ? Maker::kIntel : Maker::kOther;
}

Isa initial_isa() {
  const std::string_view cpu = variable("UNROLL_CPU");
  if (!cpu.empty() && maker_named(cpu) == Maker::kOther) {
    throw UsageError(fmt::format("UNROLL_CPU: no variants for `{}`; there are: amd, intel", cpu));
  }
  const std::string_view wanted = variable("UNROLL_ISA");
  if (wanted.empty()) return available_isas().back();
  try {
    return isa_named(wanted);
  } catch (const UsageError& error) {
    throw UsageError(fmt::format("UNROLL_ISA: {}", error.what()));
  }
}

/// If the environment is wrong every call throws: the initialization of a static variable is tried
/// again.
std::atomic<Isa>& active() {
  static std::atomic<Isa> isa = initial_isa();
  return isa;
}

std::atomic<bool>& slow_division() noexcept {
  static std::atomic<bool> slow = maker() == Maker::kIntel;
  return slow;
}

std::atomic<bool>& high_tiles() noexcept {
  static std::atomic<bool> preferred = maker() == Maker::kIntel;
  return preferred;
}

std::atomic<bool>& wants_bfloat16() noexcept {
  static std::atomic<bool> wanted = maker() == Maker::kAmd;
  return wanted;
}

std::atomic<bool>& wants_float16() noexcept {
  static std::atomic<bool> wanted = true;
  return wanted;
}

/// Whether this program has the instructions' kernels, and CPU and operating system support them.
bool has_float16() noexcept {
#ifdef UNROLL_ISA_FLOAT16
  return __builtin_cpu_supports("avx512fp16") != 0;
#else
  return false;
#endif
}

}  // namespace

Maker maker() noexcept {
  const std::string_view wanted = variable("UNROLL_CPU");
  if (!wanted.empty()) return maker_named(wanted);
#ifdef UNROLL_ISA_X86
  if (__builtin_cpu_is("amd")) return Maker::kAmd;
  if (__builtin_cpu_is("intel")) return Maker::kIntel;
#endif
  return Maker::kOther;
}

std::string_view to_string(Maker maker) {
  switch (maker) {
    case Maker::kAmd:
      return "amd";
    case Maker::kIntel:
      return "intel";
    case Maker::kOther:
      return "other";
  }
  return "";
}

bool has_bfloat16() noexcept {
#ifdef UNROLL_ISA_X86
  return __builtin_cpu_supports("avx512bf16") != 0;
#else
  return false;
#endif
}

bool multiplies_bfloat16() {
  return active_isa() == Isa::kAvx512 && has_bfloat16() &&
         wants_bfloat16().load(std::memory_order_relaxed);
}

void set_multiplies_bfloat16(bool wanted) noexcept {
  wants_bfloat16().store(wanted, std::memory_order_relaxed);
}

bool multiplies_float16() {
  return active_isa() == Isa::kAvx512 && has_float16() &&
         wants_float16().load(std::memory_order_relaxed);
}

void set_multiplies_float16(bool wanted) noexcept {
  wants_float16().store(wanted, std::memory_order_relaxed);
}

bool divides_slowly() noexcept {
  return slow_division().load(std::memory_order_relaxed);
}

void set_divides_slowly(bool slowly) noexcept {
  slow_division().store(slowly, std::memory_order_relaxed);
}

bool prefers_high_tiles() noexcept {
  return high_tiles().load(std::memory_order_relaxed);
}

void set_prefers_high_tiles(bool high) noexcept {
  high_tiles().store(high, std::memory_order_relaxed);
}

std::string_view to_string(Isa isa) {
  switch (isa) {
    case Isa::kScalar:
      return "scalar";
    case Isa::kSse2:
      return "sse2";
    case Isa::kAvx2:
      return "avx2";
    case Isa::kAvx512:
      return "avx512";
  }
  return "unknown";
}

std::string cpu_name() {
  std::ifstream info("/proc/cpuinfo");
  std::string line;
  while (std::getline(info, line)) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

std::vector<Isa> available_isas() {
  std::vector<Isa> isas = {Isa::kScalar, Isa::kSse2, Isa::kAvx2, Isa::kAvx512};
  std::erase_if(isas, [](Isa isa) { return !is_supported(isa); });
  return isas;
}

Isa isa_named(std::string_view name) {
  for (Isa isa : available_isas()) {
    if (to_string(isa) == name) return isa;
  }
  throw UsageError(fmt::format("no instruction set `{}` here; this program and CPU have: {}", name,
                               names_of_available_isas()));
}

Isa active_isa() {
  return active().load(std::memory_order_relaxed);
}

void set_active_isa(Isa isa) {
  if (!is_supported(isa)) isa_named(to_string(isa));  // throws, with the names of those that are
  active().store(isa, std::memory_order_relaxed);
}

}  // namespace unroll
