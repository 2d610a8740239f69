/// Gradient clipping (Pascanu, Mikolov & Bengio 2013): the remedy for exploding gradients.
#pragma once

#include "unroll/core/parameter.h"

namespace unroll {

/// ‖g‖₂ over all gradients together.
template <typename Real>
double gradient_norm(const ParameterList<Real>& parameters);

/// If ‖g‖₂ > limit, scales every gradient by limit / ‖g‖₂. Returns the norm before. limit = 0 only
/// measures.
template <typename Real>
double clip_by_norm(const ParameterList<Real>& parameters, double limit);

/// Clips each value into [−limit, limit]; limit = 0 does nothing.
template <typename Real>
void clip_by_value(const ParameterList<Real>& parameters, double limit);

}  // namespace unroll
