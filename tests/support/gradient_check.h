// Central differences, and the error by which gradients are compared: those of the proofs.
#pragma once

#include "unroll/tools/lab/proofs/proof.h"

namespace unroll::test {

using unroll::central_differences;
using unroll::kDifferenceBound;
using unroll::relative_error;

}  // namespace unroll::test
