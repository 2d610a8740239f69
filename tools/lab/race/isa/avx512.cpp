#include "unroll/tools/lab/race/isa/multiply_add-inl.h"
#include "unroll/tools/lab/race/isa/xsimd_table-inl.h"

namespace unroll {

constinit const FunctionTable kXsimdAvx512 = xsimd_table<xsimd::batch<float, xsimd::avx512bw>>();

constinit const MultiplyAddLoop kMultiplyAddAvx512 =
    multiply_add_loop<xsimd::batch<float, xsimd::avx512bw>>();

}  // namespace unroll
