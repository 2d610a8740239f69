/// What AVX512-FP16 adds to AVX-512: products of Float16, for inference, where the CPU has them
/// (multiplies_float16() in isa.h).
#include "unroll/kernels/isa/tables.h"
#include "unroll/kernels/table-inl.h"
#include "unroll/kernels/vec_avx512fp16-inl.h"

namespace unroll {

constinit const ProductTable<float, Float16> kAvx512Float16 =
    simd::make_inference_products<xsimd::batch<float, xsimd::avx512bw>, Float16>();

}  // namespace unroll
