#include "unroll/kernels/dispatch.h"

#include <array>
#include <cstddef>

#include "unroll/kernels/isa/tables.h"

namespace unroll {
namespace {

// In the order of Isa.
#ifdef UNROLL_ISA_X86
constexpr std::array kFloatTables = {&kScalarFloat, &kSse2Float, &kAvx2Float, &kAvx512Float};
constexpr std::array kDoubleTables = {&kScalarDouble, &kSse2Double, &kAvx2Double, &kAvx512Double};
constexpr std::array kNarrowTables = {&kScalarNarrow, &kSse2Narrow, &kAvx2Narrow, &kAvx512Narrow};
#else
constexpr std::array kFloatTables = {&kScalarFloat};
constexpr std::array kDoubleTables = {&kScalarDouble};
constexpr std::array kNarrowTables = {&kScalarNarrow};
#endif

}  // namespace

template <>
const KernelTable<float>& kernels_for<float>(Isa isa) noexcept {
#ifdef UNROLL_ISA_X86
  if (isa == Isa::kAvx512 && divides_slowly()) return kAvx512FloatByReciprocal;
#endif
  return *kFloatTables[static_cast<std::size_t>(isa)];
}

template <>
const KernelTable<double>& kernels_for<double>(Isa isa) noexcept {
  return *kDoubleTables[static_cast<std::size_t>(isa)];
}

const StepTable<float, float, BFloat16>& narrow_steps() {
  return *kNarrowTables[static_cast<std::size_t>(active_isa())];
}

const ProductTable<float, BFloat16>& products_of_bfloat16() {
#ifdef UNROLL_ISA_X86
  if (multiplies_bfloat16()) return kAvx512BFloat16;
#endif
  return kScalarBFloat16;
}

const ProductTable<float, Float16>& products_of_float16() {
#ifdef UNROLL_ISA_FLOAT16
  if (multiplies_float16()) return kAvx512Float16;
#endif
  return kScalarFloat16;
}

}  // namespace unroll
