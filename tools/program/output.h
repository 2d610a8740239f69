/// Standard output and standard error: the one place that writes to them.
///
/// Results go to stdout. One that can't be written is a DiskError, never a result that is missing
/// in silence. Everything else goes to stderr, if that can be written: a full disk under a log, or
/// a reader that went away, changes nothing about what a command does.
#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <string_view>
#include <utility>

namespace unroll {

/// Fills descriptors 0 to 2 that are closed, before anything is opened: otherwise a model file
/// would get one of these numbers, and be written to as if it were a terminal.
void fill_standard_descriptors();

/// Throws DiskError if stdout is known to take nothing: closed, or on a full device. Commands that
/// work long before they print ask first.
void require_stdout();

/// Whether stdout takes so many bytes at once, without waiting for a reader.
bool stdout_takes(std::size_t bytes) noexcept;

/// Adds to the results. Throws DiskError.
void write_stdout(std::string_view text);
template <typename... Arguments>
void print(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  write_stdout(fmt::format(format, std::forward<Arguments>(arguments)...));
}

/// Sends the results off. Throws DiskError.
void flush_stdout();

/// From now on nothing is written, or it is again: of several processes that say the same, one
/// speaks.
void silence() noexcept;
void speak() noexcept;
bool is_silent() noexcept;

/// Says it on stderr if possible.
void write_stderr(std::string_view text) noexcept;

}  // namespace unroll
