#include "unroll/tools/lab/race/isa/multiply_add-inl.h"
#include "unroll/tools/lab/race/isa/xsimd_table-inl.h"

namespace unroll {

constinit const FunctionTable kXsimdAvx2 =
    xsimd_table<xsimd::batch<float, xsimd::fma3<xsimd::avx2>>>();

constinit const MultiplyAddLoop kMultiplyAddAvx2 =
    multiply_add_loop<xsimd::batch<float, xsimd::fma3<xsimd::avx2>>>();

}  // namespace unroll
