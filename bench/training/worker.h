/// A contender of the training race: a program of its own, which trains when it is told to.
///
/// It is started with
///
///     --batches FILE --parameters FILE --threads N --dropout P --learning-rate R --clip C
///
/// (batches.h; safetensors) and whatever its contender adds, says its version in a line, and then
/// answers every line on its standard input with one turn: a step on each of the batches, and a
/// line "seconds loss loss …". Between its turns it is stopped, so that threads that wait for work
/// by spinning take no core from others. `ours.cpp` is one, bench/peers/training has the peers'.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <vector>

namespace unroll::bench {

struct TrainingTurn {
  double seconds = 0;
  std::vector<double> losses;  ///< of each step
  /// The least share of the time in which its threads had a core: another job keeps one for a
  /// millisecond.
  double share = 1;
};

class TrainingWorker {
 public:
  /// Starts the program, with the best settings of OpenMP for so many threads. Throws DataError.
  TrainingWorker(const std::vector<std::string>& command, std::size_t threads);
  ~TrainingWorker();
  TrainingWorker(const TrainingWorker&) = delete;
  TrainingWorker& operator=(const TrainingWorker&) = delete;

  const std::string& version() const { return version_; }
  /// Throws DataError where the program ends or answers with anything else.
  TrainingTurn train();
  /// The most memory that it has held so far, MiB.
  double peak_mib() const;

 private:
  /// Not started; what it owns is given back even if starting fails.
  explicit TrainingWorker(std::string name);
  void start(const std::vector<std::string>& command, std::size_t threads);
  std::string read_line();
  long interruptions() const;

  std::string name_;
  pid_t process_ = -1;
  int to_ = -1;    ///< its standard input
  int from_ = -1;  ///< its standard output
  std::string version_;
};

}  // namespace unroll::bench
