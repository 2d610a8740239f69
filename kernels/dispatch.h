/// From an instruction set to its kernels, and from an op's arguments to a kernel's.
#pragma once

#include <type_traits>

#include "unroll/core/tensor.h"
#include "unroll/kernels/isa.h"
#include "unroll/kernels/kernel_table.h"
#include "unroll/kernels/ops.h"

namespace unroll {

/// The table of one instruction set, available or not. Defined for float and double.
template <typename Real>
const KernelTable<Real>& kernels_for(Isa isa) noexcept;

const ProductTable<float, BFloat16>& products_of_bfloat16();
const ProductTable<float, Float16>& products_of_float16();

/// The table of the active instruction set. Throws what active_isa() throws.
template <typename Real>
const KernelTable<Real>& kernels() {
  return kernels_for<Real>(active_isa());
}

/// The products of sums Real and of such operands. Those of BFloat16 are fast only
/// where multiplies_bfloat16(), those of Float16 where multiplies_float16(); elsewhere they are the
/// scalar table's.
template <typename Real, typename Operand>
const ProductTable<Real, Operand>& products() {
  if constexpr (std::is_same_v<Operand, BFloat16>) {
    return products_of_bfloat16();
  } else if constexpr (std::is_same_v<Operand, Float16>) {
    return products_of_float16();
  } else {
    return kernels<Real>().products;
  }
}

/// The steps of the active instruction set, of weights that are narrow in memory.
const StepTable<float, float, BFloat16>& narrow_steps();

/// The one of three kernels that is this activation's.
template <typename Kernel>
Kernel* kernel_of(Activation activation, Kernel* tanh, Kernel* sigmoid, Kernel* relu) {
  switch (activation) {
    case Activation::kTanh:
      return tanh;
    case Activation::kSigmoid:
      return sigmoid;
    case Activation::kRelu:
      break;
  }
  return relu;
}

/// A view as kernels take it.
template <typename T>
Rows<T> rows_of(MatrixView<T> view) {
  return {view.data(), view.stride()};
}

}  // namespace unroll
