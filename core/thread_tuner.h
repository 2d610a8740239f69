/// ThreadTuner: how many threads are worth while for work that is done again and again, such as the
/// steps of a training run. It measures, and keeps measuring while the work goes on.
///
/// More threads are not always faster. A small model's step is over before a second thread has
/// answered; and on a machine with other work a thread that loses its processor makes all others
/// wait, so that one thread alone is faster than two. Nobody can ask the system about that, but the
/// time of a step tells.
///
/// A tuner keeps to the number of threads that was fastest. Now and then it tries the next lower
/// and the next higher one for about a millisecond, seldom where that has failed before, and
/// changes to what was faster just now; to fewer threads also if they were as fast. Results of work
/// do not depend on the number of threads, so only the clock tells which one was used.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <vector>

#include "unroll/core/parallel.h"

namespace unroll {

class ThreadTuner {
 public:
  /// Chooses among 1 and `most` threads: powers of two, `most` − 1 (one neighbour is busy) and
  /// `most`, with which it begins.
  explicit ThreadTuner(std::size_t most = thread_count());

  /// One turn of the work: while it lives, the calling thread has the tuner's number of threads. At
  /// its end it tells the tuner how long it took.
  class Turn {
   public:
    /// `work`: how much is done, in any unit, as long as time is about proportional to it.
    Turn(ThreadTuner& tuner, double work);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

   private:
    using Clock = std::chrono::steady_clock;

    ThreadTuner& tuner_;
    double work_;
    ThreadLimit limit_;
    Clock::time_point begun_ = Clock::now();
  };

  /// The number of threads for the next turn.
  std::size_t threads() const { return choices_[trial_.value_or(home_)].threads; }
  /// A turn with that number is over.
  void finished(double work, double seconds);

 private:
  struct Choice {
    std::size_t threads;
    double cost = 0;      ///< seconds for work of 1, when it was last measured; 0: not yet
    double pause = 0;     ///< seconds between trials
    double next_try = 0;  ///< not before this time
  };
  struct Window {
    std::size_t turns = 0;
    double work = 0, seconds = 0;
    double cost() const { return seconds / work; }
  };

  bool is_enough(const Window& window) const;
  void judge_trial(const Window& window);
  void judge_home(const Window& window);
  void settle(std::size_t choice);
  void put_off(std::size_t choice, double lost);
  bool is_neighbour(std::size_t choice) const;

  std::vector<Choice> choices_;  // by rising number of threads
  bool has_side_choice_;         // the last but one is `most` − 1, which is no power of two
  std::size_t home_;             // the one that was fastest
  std::optional<std::size_t> trial_;
  Window window_;
  std::size_t windows_at_home_ = 0;
  double time_ = 0;  // of all turns together
  bool is_first_ = true;
};

}  // namespace unroll
