#include "unroll/core/thread_tuner.h"

#include <algorithm>
#include <utility>

namespace unroll {

namespace {

/// A trial is this long: some steps of a small model, and of a large one the least number of turns.
constexpr double kTrialSeconds = 1e-3;
constexpr std::size_t kTrialTurns = 2;
/// What was chosen is judged by as long a time as schedulers take to let everybody run once.
constexpr double kHomeSeconds = 10e-3;
/// A trial that goes as badly as this need not be finished.
constexpr double kHopeless = 0.5;
constexpr double kHopelessSeconds = 4e-3;

/// Faster by less than this is the same: two choices would take turns for nothing.
constexpr double kGain = 1.03;
/// Slower than before by this: conditions have changed.
constexpr double kDrop = 0.75;

/// The pause after a trial that has failed doubles from the first to the last, and is so long that
/// trials cost at most this part of the time.
constexpr double kFirstPause = 20e-3, kLastPause = 1.0;
constexpr double kShareOfTrials = 0.01;
/// A choice that has been home for so many windows has proved itself: what failed before may be
/// tried soon again.
constexpr std::size_t kProved = 50;

std::vector<std::size_t> thread_counts(std::size_t most) {
  std::vector<std::size_t> counts;
  for (std::size_t count = 1; count < most; count *= 2) counts.push_back(count);
  if (most > 2 && counts.back() != most - 1) counts.push_back(most - 1);
  counts.push_back(most);
  return counts;
}

}  // namespace

ThreadTuner::ThreadTuner(std::size_t most) {
  for (std::size_t count : thread_counts(std::max<std::size_t>(most, 1))) {
    choices_.push_back({.threads = count});
  }
  home_ = choices_.size() - 1;
}

ThreadTuner::Turn::Turn(ThreadTuner& tuner, double work)
    : tuner_(tuner), work_(work), limit_(tuner.threads()) {}

ThreadTuner::Turn::~Turn() {
  tuner_.finished(work_, std::chrono::duration<double>(Clock::now() - begun_).count());
}

void ThreadTuner::finished(double work, double seconds) {
  if (choices_.size() == 1 || work <= 0 || seconds <= 0) return;
  time_ += seconds;
  if (std::exchange(is_first_, false)) return;  // it makes threads and meets its memory
  ++window_.turns;
  window_.work += work;
  window_.seconds += seconds;
  if (!is_enough(window_)) return;
  const Window window = std::exchange(window_, {});
  if (trial_) {
    judge_trial(window);
  } else {
    judge_home(window.rate());
  }
}

bool ThreadTuner::is_enough(const Window& window) const {
  const Choice& home = choices_[home_];
  const bool is_short = trial_ || home.rate == 0;
  if (trial_ && window.seconds > kHopelessSeconds && window.rate() < kHopeless * home.rate) {
    return true;
  }
  return window.turns >= kTrialTurns && window.seconds >= (is_short ? kTrialSeconds : kHomeSeconds);
}

void ThreadTuner::judge_trial(const Window& window) {
  const std::size_t tried = *std::exchange(trial_, std::nullopt);
  choices_[tried].rate = window.rate();
  const double usual = choices_[home_].rate;
  if (window.rate() > kGain * usual) return settle(tried);
  put_off(tried, window.seconds - window.work / usual);
}

void ThreadTuner::judge_home(double rate) {
  Choice& home = choices_[home_];
  const bool has_dropped = home.rate > 0 && rate < kDrop * home.rate;
  home.rate = rate;
  if (++windows_at_home_ == kProved) {
    for (Choice& choice : choices_) choice.pause = 0;
  }
  if (home_ > 0) {
    const Choice& fewer = choices_[home_ - 1];
    if (fewer.rate > kGain * rate) {  // more threads did not keep what their trial promised
      put_off(home_, kHomeSeconds * (1 - rate / fewer.rate));
      return settle(home_ - 1);
    }
    // Fewer threads cost little to try, and may be what is left of a machine that has become busy.
    if (has_dropped) {
      trial_ = home_ - 1;
      return;
    }
  }
  for (std::size_t choice = 0; choice < choices_.size(); ++choice) {
    if (is_neighbour(choice) && choices_[choice].next_try <= time_) trial_ = choice;
  }
}

void ThreadTuner::settle(std::size_t choice) {
  if (choice > home_) put_off(home_, 0);
  home_ = choice;
  windows_at_home_ = 0;
}

/// After it has failed, and has cost so many seconds more than the usual choice.
void ThreadTuner::put_off(std::size_t choice, double lost) {
  Choice& failed = choices_[choice];
  failed.pause = std::clamp(2 * failed.pause, kFirstPause, kLastPause);
  failed.next_try = time_ + std::max(failed.pause, lost / kShareOfTrials);
}

bool ThreadTuner::is_neighbour(std::size_t choice) const {
  return choice + 1 == home_ || choice == home_ + 1;
}

}  // namespace unroll
