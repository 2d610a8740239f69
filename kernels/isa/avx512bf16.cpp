/// What AVX512_BF16 adds to AVX-512: products of bfloat16 at twice the speed of float's, where the
/// CPU has them (multiplies_bfloat16() in isa.h).
#include "unroll/kernels/isa/tables.h"
#include "unroll/kernels/table-inl.h"
#include "unroll/kernels/vec_avx512bf16-inl.h"

namespace unroll {

constinit const ProductTable<float, BFloat16> kAvx512BFloat16 =
    simd::make_products<xsimd::batch<float, xsimd::avx512bw>, BFloat16>();

}  // namespace unroll
