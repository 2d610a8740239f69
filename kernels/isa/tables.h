/// The tables that the files of this folder define, each compiled for its own instruction set.
#pragma once

#include "unroll/kernels/kernel_table.h"

namespace unroll {

extern const KernelTable<float> kScalarFloat;
extern const KernelTable<double> kScalarDouble;
extern const ProductTable<float, BFloat16> kScalarBFloat16;
extern const ProductTable<float, Float16> kScalarFloat16;
extern const StepTable<float, float, BFloat16> kScalarNarrow;

extern const KernelTable<float> kSse2Float;
extern const KernelTable<double> kSse2Double;
extern const StepTable<float, float, BFloat16> kSse2Narrow;

extern const KernelTable<float> kAvx2Float;
extern const KernelTable<double> kAvx2Double;
extern const StepTable<float, float, BFloat16> kAvx2Narrow;

extern const KernelTable<float> kAvx512Float;
extern const KernelTable<float> kAvx512FloatByReciprocal;  // sigmoid without a division
extern const KernelTable<double> kAvx512Double;
extern const StepTable<float, float, BFloat16> kAvx512Narrow;

extern const ProductTable<float, BFloat16> kAvx512BFloat16;  // AVX512_BF16
extern const ProductTable<float, Float16> kAvx512Float16;    // AVX512-FP16

}  // namespace unroll
