/// What the program shows on stderr: progress on one rewritten line of a terminal, plain lines in a
/// pipe, notes and warnings on lines of their own. Results go to stdout by other ways.
#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "unroll/core/output_folder.h"
#include "unroll/tools/program/progress_line.h"

namespace unroll {

/// What the program says on stderr, in the folder of a run.
inline constexpr const char* kLogName = "log.txt";

/// Columns of the terminal on this file descriptor; 80 if it is none.
std::size_t terminal_width(int descriptor);

/// Whether colours are shown on this file descriptor: a terminal that has them, without NO_COLOR.
bool has_colors(int descriptor);

class Terminal {
 public:
  explicit Terminal(bool quiet);
  ~Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  /// A passing state. On a terminal it replaces the last one, at most ten times a second; in a pipe
  /// it is a line, at most one in ten seconds.
  void progress(std::string_view text);
  /// The fields of it that the terminal is wide enough for; all of them in a pipe.
  void progress(std::span<const ProgressField> fields);
  /// Whether a passing state would be shown now, for states that take time to describe.
  bool is_progress_due() const;
  /// Takes the passing state away, so that something can be printed to stdout.
  void clear();
  /// Something that stays. Silent if quiet.
  void note(std::string_view text);
  /// Prints a note that is important enough to be shown even if quiet.
  void warning(std::string_view text);
  /// Writes notes and warnings to this file as well, with the time, quiet or not: those from before
  /// and those to come. `append`: behind what the file holds. If it can't be written, there is no
  /// log.
  void log_to(const std::filesystem::path& path, bool append);
  /// Important words in green on a terminal, unless NO_COLOR is set.
  std::string highlight(std::string_view text) const;

 private:
  using Clock = std::chrono::steady_clock;
  void log(std::string_view text);

  std::string unlogged_;  // until there is a log
  std::optional<std::ofstream> log_;
  bool quiet_;
  bool is_terminal_;
  bool colors_;
  bool line_shown_ = false;
  Clock::time_point last_;
};

/// Where nothing keeps a second run out of the folder, whoever starts one has to know.
void warn_if_unlocked(const OutputFolder& folder, Terminal& terminal);

/// Seconds as "4.2 s", "0:41" or "1:02:03", which are no wider than a minute's "12:41" up to an
/// hour.
std::string duration_text(double seconds);
/// "987", "12.3k", "4.56M".
std::string count_text(double count);

}  // namespace unroll
