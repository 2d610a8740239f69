#include "unroll/tools/benchmark/isa/xsimd_table-inl.h"

namespace unroll {

constinit const FunctionTable kXsimdAvx512 = xsimd_table<xsimd::batch<float, xsimd::avx512bw>>();

}  // namespace unroll
