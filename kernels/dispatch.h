/// From an instruction set to its kernels.
#pragma once

#include "unroll/kernels/isa.h"
#include "unroll/kernels/kernel_table.h"

namespace unroll {

/// The table of one instruction set, available or not. Defined for float and double.
template <typename Real>
const KernelTable<Real>& kernels_for(Isa isa) noexcept;

/// The table of the active instruction set. Throws what active_isa() throws.
template <typename Real>
const KernelTable<Real>& kernels() {
  return kernels_for<Real>(active_isa());
}

}  // namespace unroll
