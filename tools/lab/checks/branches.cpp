#include "unroll/tools/lab/checks/branches.h"

namespace unroll {

template <typename Real>
void append_relus(const SequenceClassifierConfig& config, const RecurrentStack<Real>& stack,
                  const RaggedShape& shape, const typename RecurrentStack<Real>::Pass& pass,
                  Branches& branches) {
  if (config.cell != Cell::kRnn || config.activation != Activation::kRelu) return;
  for (const RecurrentInspection<Real>& seen : stack.inspect(shape, pass)) {
    for (Real h : seen.gates.values()) branches.push_back(h > 0 ? 1 : 0);
  }
}

template <typename Real>
void set_branches(const SequenceClassifier<Real>& model, const RaggedShape& shape,
                  const typename SequenceClassifier<Real>::Pass& pass, Branches& branches) {
  branches.clear();
  append_relus<Real>(model.config(), model.stack(), shape, pass.stack, branches);
  if (model.config().pool != Pool::kMax) return;
  branches.insert(branches.end(), pass.pooling.at.begin(), pass.pooling.at.end());
}

#define UNROLL_INSTANTIATE(Real)                                                                 \
  template void append_relus<Real>(const SequenceClassifierConfig&, const RecurrentStack<Real>&, \
                                   const RaggedShape&, const RecurrentStack<Real>::Pass&,        \
                                   Branches&);                                                   \
  template void set_branches<Real>(const SequenceClassifier<Real>&, const RaggedShape&,          \
                                   const SequenceClassifier<Real>::Pass&, Branches&);
UNROLL_INSTANTIATE(float)
UNROLL_INSTANTIATE(double)
#undef UNROLL_INSTANTIATE

}  // namespace unroll
