/// The kernels on AVX2 and FMA: 8 floats or 4 doubles at a time.
#include "unroll/kernels/isa/tables.h"
#include "unroll/kernels/table-inl.h"
#include "unroll/kernels/vec_avx2-inl.h"

namespace unroll {
namespace {
using Arch = xsimd::fma3<xsimd::avx2>;
}  // namespace

constinit const KernelTable<float> kAvx2Float = simd::make_table<xsimd::batch<float, Arch>>();
constinit const KernelTable<double> kAvx2Double = simd::make_table<xsimd::batch<double, Arch>>();
constinit const StepTable<float, float, BFloat16> kAvx2Narrow =
    simd::make_steps<xsimd::batch<float, Arch>, float, BFloat16>();

}  // namespace unroll
