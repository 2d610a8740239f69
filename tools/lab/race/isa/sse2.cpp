#include "unroll/tools/lab/race/isa/multiply_add-inl.h"
#include "unroll/tools/lab/race/isa/xsimd_table-inl.h"

namespace unroll {

constinit const FunctionTable kXsimdSse2 = xsimd_table<xsimd::batch<float, xsimd::sse2>>();

constinit const MultiplyAddLoop kMultiplyAddSse2 =
    multiply_add_loop<xsimd::batch<float, xsimd::sse2>>();

}  // namespace unroll
