#include "unroll/tools/program/signals.h"

#include <array>
#include <atomic>
#include <csignal>

#include "unroll/core/temporary.h"

namespace unroll {

namespace {

constexpr std::array kEnding{SIGHUP,  SIGINT,    SIGQUIT, SIGTERM, SIGALRM,
                             SIGXCPU, SIGVTALRM, SIGPROF, SIGUSR1, SIGUSR2};

bool ends_by_broken_pipe = false;
std::atomic<int> noted = 0;  // the signal, or 0
std::atomic<bool> outlives_repeats = false;

void set_handler(int signal, void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  ::sigaction(signal, &action, nullptr);
}

bool is_ignored(int signal) {
  struct sigaction action = {};
  return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

/// Ends the program by the signal, which reaches it when the handler returns.
void end_by(int signal) {
  remove_temporaries();
  set_handler(signal, SIG_DFL);
  ::raise(signal);
}

void note(int signal) {
  noted = signal;
  if (outlives_repeats) return;
  set_handler(SIGINT, end_by);
  set_handler(SIGTERM, end_by);
}

}  // namespace

void prepare_signals() {
  ends_by_broken_pipe = !is_ignored(SIGPIPE);
  set_handler(SIGPIPE, SIG_IGN);
  set_handler(SIGXFSZ, SIG_IGN);
  for (int signal : kEnding) {
    if (!is_ignored(signal)) set_handler(signal, end_by);
  }
}

void outlive_repeated_signals() noexcept {
  outlives_repeats = true;
}

InterruptGuard::InterruptGuard() {
  ::sigaction(SIGINT, nullptr, &previous_interrupt_);
  ::sigaction(SIGTERM, nullptr, &previous_term_);
  set_handler(SIGINT, note);
  if (!is_ignored(SIGTERM)) set_handler(SIGTERM, note);
}

InterruptGuard::~InterruptGuard() {
  ::sigaction(SIGINT, &previous_interrupt_, nullptr);
  ::sigaction(SIGTERM, &previous_term_, nullptr);
}

bool InterruptGuard::interrupted() const noexcept {
  return noted != 0;
}

int InterruptGuard::exit_status() const noexcept {
  return 128 + noted;
}

void end_by_broken_pipe() {
  if (ends_by_broken_pipe) end_by(SIGPIPE);
}

}  // namespace unroll
