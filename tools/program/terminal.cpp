#include "unroll/tools/program/terminal.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <ctime>
#include <utility>

#include "unroll/tools/program/output.h"

namespace unroll {

namespace {

using namespace std::chrono_literals;

bool has_value(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0';
}

bool is_dumb() {
  const char* term = std::getenv("TERM");
  return term == nullptr || std::string_view(term) == "dumb";
}

bool is_terminal(int descriptor) {
  return ::isatty(descriptor) == 1 && !is_dumb();
}

/// At most `width` characters of a text that holds one column per code point.
std::string_view cut(std::string_view text, std::size_t width) {
  std::size_t columns = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool begins = (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80;
    if (begins && columns++ == width) return text.substr(0, i);
  }
  return text;
}

/// "2026-11-27 22:49:15", local time.
std::string time_text() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%F %T", &local)};
}

std::string without_colors(std::string text) {
  for (std::size_t begin; (begin = text.find("\033[")) != text.npos;) {
    text.erase(begin, text.find('m', begin) + 1 - begin);
  }
  return text;
}

}  // namespace

std::size_t terminal_width(int descriptor) {
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

bool has_colors(int descriptor) {
  return is_terminal(descriptor) && !has_value("NO_COLOR");
}

Terminal::Terminal(bool quiet)
    : quiet_(quiet),
      is_terminal_(is_terminal(STDERR_FILENO)),
      colors_(has_colors(STDERR_FILENO)),
      last_(Clock::now()) {}

Terminal::~Terminal() {
  clear();
}

void Terminal::clear() {
  if (line_shown_) write_stderr("\r\033[K");
  line_shown_ = false;
}

bool Terminal::is_progress_due() const {
  return !quiet_ && Clock::now() - last_ >= (is_terminal_ ? 100ms : 10000ms);
}

void Terminal::progress(std::span<const ProgressField> fields) {
  constexpr std::size_t kNoLimit = 1 << 20;
  progress(fit_fields(fields, is_terminal_ ? terminal_width(STDERR_FILENO) - 1 : kNoLimit));
}

void Terminal::progress(std::string_view text) {
  if (!is_progress_due()) return;
  last_ = Clock::now();
  if (!is_terminal_) {
    write_stderr(fmt::format("{}\n", text));
    return;
  }
  // One column is left free: a full line makes some terminals wrap.
  clear();
  write_stderr(cut(text, terminal_width(STDERR_FILENO) - 1));
  line_shown_ = true;
}

void Terminal::note(std::string_view text) {
  log(text);
  if (quiet_) return;
  clear();
  write_stderr(fmt::format("{}\n", text));
}

void Terminal::warning(std::string_view text) {
  log(fmt::format("warning: {}", text));
  clear();
  write_stderr(
      fmt::format("{}warning:{} {}\n", colors_ ? "\033[33m" : "", colors_ ? "\033[0m" : "", text));
}

void Terminal::log_to(const std::filesystem::path& path, bool append) {
  log_.emplace(path, append ? std::ios::app : std::ios::trunc);
  *log_ << std::exchange(unlogged_, "") << std::flush;
}

void Terminal::log(std::string_view text) {
  const std::string line = fmt::format("{}  {}\n", time_text(), without_colors(std::string(text)));
  if (log_) {
    *log_ << line << std::flush;
  } else {
    unlogged_ += line;
  }
}

std::string Terminal::highlight(std::string_view text) const {
  return colors_ ? fmt::format("\033[32m{}\033[0m", text) : std::string(text);
}

void warn_if_unlocked(const OutputFolder& folder, Terminal& terminal) {
  if (folder.unlocked_because().empty()) return;
  terminal.warning(fmt::format("{} can't be locked ({}): start no second run into it",
                               folder.path().string(), folder.unlocked_because()));
}

std::string duration_text(double seconds) {
  constexpr double kShort = 9.95;  // what would be rounded to 10.0 is none
  if (seconds < kShort) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<long>(seconds + 0.5);
  if (whole < 3600) return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

std::string count_text(double count) {
  if (count < 1e3) return fmt::format("{:.0f}", count);
  if (count < 1e6) return fmt::format("{:.1f}k", count / 1e3);
  return fmt::format("{:.2f}M", count / 1e6);
}

}  // namespace unroll
