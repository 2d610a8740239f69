#include "unroll/tools/lab/proofs/double_shadow.h"

#include <algorithm>

namespace unroll {

SequenceClassifier<double> double_shadow(const SequenceClassifier<float>& model) {
  SequenceClassifier<double> shadow(model.config());
  shadow.set_plain(true);
  const ParameterList<double> to = shadow.parameters();
  const std::vector<const Parameter<float>*> from = model.parameters();
  for (std::size_t k = 0; k < to.size(); ++k) {
    std::ranges::copy(from[k]->value.values(), to[k]->value.data());
  }
  return shadow;
}

}  // namespace unroll
