/// Our side of the training race: SequenceClassifier in the training loop, a turn an epoch.
#pragma once

#include <iosfwd>
#include <string>

namespace unroll::bench {

struct TrainerFlags {
  std::string batches;     ///< a file of write_batches()
  std::string parameters;  ///< a safetensors file with the initial values, which tell all sizes
  double dropout = 0;
  double learning_rate = 1e-3;
  double clip = 0;  ///< of the gradients' norm; 0: off
};

/// Says its version, then takes a turn for every line of `turns` and answers it with a line
/// (worker.h), until there is none left. Throws DataError, ModelError.
void run_trainer(const TrainerFlags& flags, std::istream& turns, std::ostream& answers);

}  // namespace unroll::bench
