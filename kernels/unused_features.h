/// What the CPU has whether or not a kernel uses it, for `unroll doctor` and whoever writes the
/// kernels.
#pragma once

#include <string>

namespace unroll {

/// Products of float16 (AVX512-FP16): of floats, half as many fit into a register.
bool has_float16_products() noexcept;

/// Intel's AMX, products of small tiles: the types that the CPU multiplies, such as "int8 bf16",
/// and whether the operating system lets a process use the registers; "none" without AMX.
///
/// Sources: Intel, Software Developer's Manual, volume 2, CPUID leaves 7, 0x1D; the Linux kernel's
/// documentation of "Using XSTATE features in user space applications". Linux gives a process the
/// registers when it asks; this asks for them.
std::string amx_support();

}  // namespace unroll
