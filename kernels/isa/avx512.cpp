/// The kernels on AVX-512 (F, CD, DQ, BW, VL): 16 floats or 8 doubles at a time.
#include "unroll/kernels/isa/tables.h"
#include "unroll/kernels/table-inl.h"
#include "unroll/kernels/vec_avx512-inl.h"

namespace unroll {
namespace {
using Arch = xsimd::avx512bw;
}  // namespace

constinit const KernelTable<float> kAvx512Float = simd::make_table<xsimd::batch<float, Arch>>();
constinit const KernelTable<float> kAvx512FloatByReciprocal =
    simd::make_table<xsimd::batch<float, Arch>, simd::Division::kReciprocal>();
constinit const KernelTable<double> kAvx512Double = simd::make_table<xsimd::batch<double, Arch>>();
constinit const StepTable<float, float, BFloat16> kAvx512Narrow =
    simd::make_steps<xsimd::batch<float, Arch>, float, BFloat16>();

}  // namespace unroll
