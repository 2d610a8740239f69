/// The kernels on one value at a time, on any CPU. exp and tanh are the standard library's: the
/// twin that the vector maths of the other instruction sets is measured against.
#include "unroll/kernels/isa/tables.h"
#include "unroll/kernels/table-inl.h"
#include "unroll/kernels/vec-inl.h"

namespace unroll {

constinit const KernelTable<float> kScalarFloat = simd::make_table<simd::OneLane<float>>();
constinit const KernelTable<double> kScalarDouble = simd::make_table<simd::OneLane<double>>();
constinit const ProductTable<float, BFloat16> kScalarBFloat16 =
    simd::make_products<simd::OneLane<float>, BFloat16>();
constinit const ProductTable<float, Float16> kScalarFloat16 =
    simd::make_inference_products<simd::OneLane<float>, Float16>();
constinit const StepTable<float, float, BFloat16> kScalarNarrow =
    simd::make_steps<simd::OneLane<float>, float, BFloat16>();

}  // namespace unroll
