/// Signals: which the program outlives, and what it does before it ends by one of the others.
#pragma once

#include <csignal>

namespace unroll {

/// From now on a file that grows beyond the limit (SIGXFSZ) and a reader that went away (SIGPIPE)
/// are errors of the write. Signals that end the program first remove what is temporary; the
/// program then ends by the signal, so that a shell sees 128 + its number. What is ignored, as by
/// nohup, stays ignored.
void prepare_signals();

/// From now on an InterruptGuard lets no second signal end the program: launchers of several
/// processes send SIGTERM twice within milliseconds, and SIGKILL soon after.
void outlive_repeated_signals() noexcept;

/// While it lives, the first Ctrl-C or SIGTERM is only noted; a second one ends the program. An
/// ignored SIGTERM stays ignored; SIGINT does not, which shells ignore for what runs in the
/// background.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  bool interrupted() const noexcept;
  /// The exit status of a program that ends because of the signal that was noted.
  int exit_status() const noexcept;

 private:
  struct sigaction previous_interrupt_ = {};
  struct sigaction previous_term_ = {};
};

/// Ends the program by SIGPIPE, as one that reads no more of its output expects. Returns if whoever
/// started the program has SIGPIPE ignored: then it is an error like others.
void end_by_broken_pipe();

}  // namespace unroll
