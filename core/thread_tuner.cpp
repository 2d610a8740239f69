#include "unroll/core/thread_tuner.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace unroll {

namespace {

/// A trial is this long: some steps of a small model; of a large one two turns, or one that is
/// long.
constexpr double kTrialSeconds = 1e-3, kLongTurn = 50e-3;
constexpr std::size_t kTrialTurns = 2;
/// What was chosen is judged by as long a time as schedulers take to let everybody run once.
constexpr double kHomeSeconds = 10e-3;
/// A trial that goes as badly as this need not be finished.
constexpr double kHopeless = 2;
constexpr double kHopelessSeconds = 4e-3;

/// More threads must be faster by this. Fewer may be slower by that: the others' work is worth it.
constexpr double kGain = 1.03, kLoss = 1.01;
/// A window counts for this part of the cost at home, and at most as this multiple of it: what
/// happens once is no reason to change.
constexpr double kNewest = 0.3, kOutlier = 2;

/// The pause after a trial that has failed doubles from the first to the last, and is so long that
/// trials cost at most this part of the time; the first ones, which matter most, ten times that.
constexpr double kFirstPause = 20e-3, kLastPause = 1.0;
constexpr double kShareOfTrials = 0.01, kShareOfFirst = 0.1;
/// A choice that has been home for so many windows has proved itself: what failed before may be
/// tried soon again.
constexpr std::size_t kProved = 50;

bool is_power_of_two(std::size_t count) {
  return std::has_single_bit(count);
}

std::vector<std::size_t> thread_counts(std::size_t most) {
  std::vector<std::size_t> counts;
  for (std::size_t count = 1; count < most; count *= 2) counts.push_back(count);
  if (most > 2 && !is_power_of_two(most - 1)) counts.push_back(most - 1);
  counts.push_back(most);
  return counts;
}

}  // namespace

ThreadTuner::ThreadTuner(std::size_t most)
    : has_side_choice_(most > 2 && !is_power_of_two(most - 1)) {
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
  trial_ ? judge_trial(window) : judge_home(window);
}

bool ThreadTuner::is_enough(const Window& window) const {
  const double usual = choices_[home_].cost;
  const bool is_hopeless =
      trial_ && window.seconds > kHopelessSeconds && window.cost() > kHopeless * usual;
  if (is_hopeless || (trial_ && window.seconds > kLongTurn)) return true;
  const bool is_short = trial_ || usual == 0;
  return window.turns >= kTrialTurns && window.seconds >= (is_short ? kTrialSeconds : kHomeSeconds);
}

void ThreadTuner::judge_trial(const Window& window) {
  const std::size_t tried = *std::exchange(trial_, std::nullopt);
  choices_[tried].cost = window.cost();
  const double usual = choices_[home_].cost;
  const double enough = tried > home_ ? usual / kGain : usual * kLoss;
  if (window.cost() < enough) return settle(tried);
  put_off(tried, window.seconds - window.work * usual);
}

void ThreadTuner::judge_home(const Window& window) {
  Choice& home = choices_[home_];
  if (home.cost == 0) {  // the very first: trials may begin, of long turns later
    home.cost = window.cost();
    const double wait = window.seconds > 2 * kTrialSeconds ? window.seconds / kShareOfFirst : 0;
    for (Choice& choice : choices_) choice.next_try = time_ + wait;
  } else {
    home.cost += kNewest * (std::min(window.cost(), kOutlier * home.cost) - home.cost);
  }
  if (++windows_at_home_ == kProved) {
    for (Choice& choice : choices_) choice.pause = 0;
  }
  // More threads that do not keep what their trial promised: fewer cost little to try again.
  const bool is_worse =
      home_ > 0 && choices_[home_ - 1].cost > 0 && home.cost > kGain * choices_[home_ - 1].cost;
  for (std::size_t choice = 0; choice < choices_.size(); ++choice) {
    if (is_neighbour(choice) && choices_[choice].next_try <= time_) trial_ = choice;
  }
  if (is_worse) trial_ = home_ - 1;
}

void ThreadTuner::settle(std::size_t choice) {
  // What was left after a short stay had been chosen by chance: it waits longer each time.
  if (choice < home_ && windows_at_home_ < kProved) put_off(home_, 0);
  home_ = choice;
  windows_at_home_ = 0;
}

/// After it has failed, and has cost so many seconds more than the usual choice.
void ThreadTuner::put_off(std::size_t choice, double lost) {
  Choice& failed = choices_[choice];
  failed.pause = std::clamp(2 * failed.pause, kFirstPause, kLastPause);
  failed.next_try = time_ + std::max(failed.pause, lost / kShareOfTrials);
}

/// Also the next power of two, where the choice of one thread less lies between.
bool ThreadTuner::is_neighbour(std::size_t choice) const {
  const std::size_t distance = choice > home_ ? choice - home_ : home_ - choice;
  const bool skips_side_choice = has_side_choice_ && std::max(choice, home_) + 1 == choices_.size();
  return distance == 1 || (distance == 2 && skips_side_choice);
}

}  // namespace unroll
