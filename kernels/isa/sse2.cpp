/// The kernels on SSE2, which every x86-64 CPU has: 4 floats or 2 doubles at a time, no fused
/// multiply-add.
#include "unroll/kernels/isa/tables.h"
#include "unroll/kernels/table-inl.h"
#include "unroll/kernels/vec-inl.h"

namespace unroll {
namespace {
using Arch = xsimd::sse2;
}  // namespace

constinit const KernelTable<float> kSse2Float = simd::make_table<xsimd::batch<float, Arch>>();
constinit const KernelTable<double> kSse2Double = simd::make_table<xsimd::batch<double, Arch>>();
constinit const StepTable<float, float, BFloat16> kSse2Narrow =
    simd::make_steps<xsimd::batch<float, Arch>, float, BFloat16>();

}  // namespace unroll
