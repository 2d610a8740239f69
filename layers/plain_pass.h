/// The passes of a recurrent layer whose cell is written out (layers/cells): products of whole
/// steps, then the cell's own equations. The fused passes (recurrent_pass.h) give the same results
/// faster; these are for reading, for proofs, and for cells that no kernel has fused yet.
#pragma once

#include "unroll/layers/cells/equations.h"
#include "unroll/layers/recurrent.h"

namespace unroll {

/// RecurrentLayer::forward, but for the state.
template <typename Real>
void plain_forward(const RecurrentLayer<Real>& layer, const RaggedShape& shape,
                   const RecurrentInput<Real>& input, const RecurrentState<Real>& state,
                   RecurrentPass<Real>& pass, MatrixView<Real> h);

/// RecurrentLayer::backward.
template <typename Real>
void plain_backward(RecurrentLayer<Real>& layer, const RaggedShape& shape,
                    const RecurrentInput<Real>& input, RecurrentPass<Real>& pass,
                    MatrixView<const Real> dh, RecurrentState<Real>& dstate, MatrixView<Real> dx);

/// RecurrentLayer::infer, but for state.h.
template <typename Real>
void plain_infer(const RecurrentLayer<Real>& layer, const RaggedShape& shape,
                 const RecurrentInput<Real>& input, const PlainWeights<Real>& weights,
                 MatrixView<const Real> projected, RecurrentState<Real>& state,
                 PlainScratch<Real>& scratch, MatrixView<Real> h);

/// The weights for `plain_infer`.
template <typename Real>
void pack_plain(const RecurrentLayer<Real>& layer, PlainWeights<Real>& weights);

}  // namespace unroll
