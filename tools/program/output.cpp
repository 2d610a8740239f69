#include "unroll/tools/program/output.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <csignal>
#include <string>
#include <system_error>

#include "unroll/core/error.h"
#include "unroll/tools/program/signals.h"

namespace unroll {

namespace {

/// Results are sent off in pieces of so many bytes, or at once to a terminal.
constexpr std::size_t kPiece = 1 << 16;

std::string& waiting() {
  static std::string text;
  return text;
}

bool silent = false;

/// Waits until a descriptor that was set not to block takes more.
void wait_for(int descriptor) noexcept {
  pollfd state{.fd = descriptor, .events = POLLOUT, .revents = 0};
  ::poll(&state, 1, -1);
}

/// Whether all was written; errno tells why not.
bool write_all(int descriptor, std::string_view text) noexcept {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      wait_for(descriptor);
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

[[noreturn]] void fail(int error) {
  if (error == EPIPE) end_by_broken_pipe();
  const std::string why = error == EBADF ? "it is closed" : std::generic_category().message(error);
  throw DiskError(fmt::format("standard output could not be written: {}", why));
}

}  // namespace

void fill_standard_descriptors() {
  // An open takes the lowest free number. Nothing can be written to what is open for reading only:
  // output to a closed stdout still fails.
  for (int number = 0; number <= STDERR_FILENO; ++number) {
    if (::fcntl(number, F_GETFD) < 0) ::open("/dev/null", O_RDONLY);
  }
}

void require_stdout() {
  // Nothing is written, and a device that is full or a descriptor that can't be written says so.
  if (::write(STDOUT_FILENO, "", 0) < 0) fail(errno);
}

bool stdout_takes(std::size_t bytes) noexcept {
  pollfd state{.fd = STDOUT_FILENO, .events = POLLOUT, .revents = 0};
  const bool is_ready = ::poll(&state, 1, 0) > 0 && (state.revents & POLLOUT) != 0;
  return is_ready && bytes <= PIPE_BUF;  // a pipe that is ready has room for these
}

void silence() noexcept {
  silent = true;
}
void speak() noexcept {
  silent = false;
}
bool is_silent() noexcept {
  return silent;
}

void write_stdout(std::string_view text) {
  if (silent) return;
  waiting().append(text);
  static const bool is_terminal = ::isatty(STDOUT_FILENO) == 1;
  if (is_terminal || waiting().size() >= kPiece) flush_stdout();
}

void flush_stdout() {
  const std::string text = std::exchange(waiting(), {});
  if (!write_all(STDOUT_FILENO, text)) fail(errno);
}

void write_stderr(std::string_view text) noexcept {
  if (silent) return;
  write_all(STDERR_FILENO, text);
}

}  // namespace unroll
