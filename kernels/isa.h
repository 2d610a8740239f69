/// Instruction sets: which ones this program holds kernels for, which the CPU has, which is in use.
///
/// Chosen once, at the first call of a kernel: the best one that CPU and operating system support,
/// or the one named by the environment variable UNROLL_ISA (which can only lower it). Where makers'
/// processors of one instruction set differ in what is fast on them, the CPU's maker chooses, or
/// the one named by UNROLL_CPU (amd, intel). This file is compiled without any ISA flags.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace unroll {

enum class Isa { kScalar, kSse2, kAvx2, kAvx512 };  ///< weakest first; kAvx2 includes FMA

/// "scalar", "sse2", "avx2", "avx512".
std::string_view to_string(Isa isa);

/// The CPU as /proc/cpuinfo names it, "unknown" where it does not.
std::string cpu_name();

/// Whose processors' variants of kernels are used: those of the maker that UNROLL_CPU names, or of
/// the CPU's.
enum class Maker { kAmd, kIntel, kOther };
Maker maker() noexcept;

/// "amd", "intel", "other".
std::string_view to_string(Maker maker);

/// Whether the CPU has an instruction for products of bfloat16, used or not.
bool has_bfloat16() noexcept;

/// What this CPU can run of what was built, weakest first; never empty.
std::vector<Isa> available_isas();

/// The available instruction set of this name. Throws UsageError if there is none, with those that
/// are.
Isa isa_named(std::string_view name);

/// The one in use. Throws UsageError if UNROLL_ISA names one that is unknown or not available, with
/// those that are; or if UNROLL_CPU names no maker that is known.
Isa active_isa();

/// Whether AVX-512's division is so slow here that sigmoid of floats does without: on Intel's
/// processors a vector takes 16 cycles, on AMD's Zen 4 and 5 six and three. Set by the maker.
bool divides_slowly() noexcept;

/// Sets it, for tests; not while kernels run.
void set_divides_slowly(bool slowly) noexcept;

/// Whether many rows take AVX-512's tiles that are half a panel wide and twice as high, where
/// weights fill much of a second-level cache: on Intel's processors. An LSTM's step of 512 units
/// and 64 rows is 1.1 times as fast by them on Emerald Rapids, and a training step of 256 units and
/// 16 rows takes 1.06 times as long on Zen 4. Set by the maker.
bool prefers_high_tiles() noexcept;

/// Sets it, for tests; not while kernels run.
void set_prefers_high_tiles(bool high) noexcept;

/// Whether products of bfloat16 go by an instruction that multiplies pairs of them, twice as fast
/// as float's: on AMD's Zen 4 and 5. Elsewhere operands are only rounded to bfloat16: Intel's
/// processors have the instruction as well, but at half the speed of float's.
bool multiplies_bfloat16();

/// Whether products of bfloat16 use the instruction, where the CPU has it; for tests, not while
/// kernels run.
void set_multiplies_bfloat16(bool wanted) noexcept;

/// Whether products of Float16 go by AVX512-FP16's instructions, more than twice as fast as
/// float's. Elsewhere they are computed one by one, to the same bits, which is for tests.
bool multiplies_float16();

/// Whether products of Float16 use the instructions, where the CPU has them; for tests, not while
/// kernels run.
void set_multiplies_float16(bool wanted) noexcept;

/// Sets the one in use, for tests; not while kernels run. UsageError if not available.
void set_active_isa(Isa isa);

}  // namespace unroll
