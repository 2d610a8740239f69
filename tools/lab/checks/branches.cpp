#include "unroll/tools/lab/checks/branches.h"

namespace unroll {

template <typename Real>
void append_relus(const SequenceClassifierConfig& config,
                  const typename RecurrentStack<Real>::Cache& cache, Branches& branches) {
  if (config.cell != Cell::kRnn || config.activation != Activation::kRelu) return;
  for (const RecurrentCache<Real>& cell : cache.cells) {
    for (Real h : cell.gates.values()) branches.push_back(h > 0 ? 1 : 0);
  }
}

template <typename Real>
void set_branches(const SequenceClassifierConfig& config,
                  const typename SequenceClassifier<Real>::Pass& pass, Branches& branches) {
  branches.clear();
  append_relus<Real>(config, pass.stack, branches);
  if (config.pool != Pool::kMax) return;
  branches.insert(branches.end(), pass.pooling.at.begin(), pass.pooling.at.end());
}

#define UNROLL_INSTANTIATE(Real)                                                   \
  template void append_relus<Real>(const SequenceClassifierConfig&,                \
                                   const RecurrentStack<Real>::Cache&, Branches&); \
  template void set_branches<Real>(const SequenceClassifierConfig&,                \
                                   const SequenceClassifier<Real>::Pass&, Branches&);
UNROLL_INSTANTIATE(float)
UNROLL_INSTANTIATE(double)
#undef UNROLL_INSTANTIATE

}  // namespace unroll
