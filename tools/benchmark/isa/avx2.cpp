#include "unroll/tools/benchmark/isa/xsimd_table-inl.h"

namespace unroll {

constinit const FunctionTable kXsimdAvx2 =
    xsimd_table<xsimd::batch<float, xsimd::fma3<xsimd::avx2>>>();

}  // namespace unroll
