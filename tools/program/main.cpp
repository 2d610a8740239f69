// The program `unroll`. Its commands are the table of contents.

#include <fmt/format.h>

#include <ctime>
#include <exception>
#include <new>
#include <sstream>
#include <stdexcept>
#include <string_view>

#include "unroll/core/error.h"
#include "unroll/tools/classifier/version.h"
#include "unroll/tools/program/commands.h"
#include "unroll/tools/program/footer.h"
#include "unroll/tools/program/lab.h"
#include "unroll/tools/program/output.h"
#include "unroll/tools/program/ranks.h"
#include "unroll/tools/program/signals.h"
#include "unroll/tools/program/usage.h"

namespace {

int run(int argc, char** argv) {
  int status = 0;
  CLI::App program(
      "Train, test and use recurrent text classifiers on the CPU, and see their mathematics.",
      "unroll");
  program.set_version_flag("--version", fmt::format("unroll {}", unroll::kVersion));
  program.require_subcommand(1);
  program.footer(unroll::footer_text());
  unroll::add_train_command(program, status);
  unroll::add_test_command(program, status);
  unroll::add_predict_command(program, status);
  unroll::add_why_command(program, status);
  unroll::add_inspect_command(program, status);
  unroll::add_report_command(program, status);
  unroll::add_compare_command(program, status);
  unroll::add_tune_command(program, status);
  unroll::add_data_command(program, status);
  unroll::add_serve_command(program, status);
  unroll::add_doctor_command(program, status);
  unroll::add_lab_commands(program, status);
  unroll::add_completion_command(program, status);
  unroll::add_man_command(program, status);
  try {
    program.parse(argc, argv);
  } catch (const CLI::Success& success) {  // --help, --version
    std::ostringstream text;
    program.exit(success, text, text);
    unroll::write_stdout(text.str());
  } catch (const CLI::ParseError& error) {
    throw unroll::UsageError(fmt::format("{}\n{}", unroll::usage_message(program, error),
                                         unroll::where_to_look(program)));
  }
  return status;
}

/// Most errors of a process that another one speaks for are those of all of them. The first one
/// then says it and ends, and the launcher ends this one within this time (Open MPI: one second).
constexpr timespec kOthersSpeak{.tv_sec = 3, .tv_nsec = 0};

/// Results that were there before the error go out first.
int end_with(unroll::ErrorKind kind, std::string_view message) {
  const auto status = static_cast<int>(kind);
  const bool others_speak = unroll::is_silent();
  if (others_speak) {
    ::nanosleep(&kOthersSpeak, nullptr);
    unroll::speak();
  }
  try {
    unroll::flush_stdout();
  } catch (const unroll::Error&) {  // the first error is the one to tell
  }
  unroll::write_stderr(fmt::format("unroll: {}{}{}\n", others_speak ? unroll::launched_rank() : "",
                                   others_speak ? ": " : "", message));
  return status;
}

constexpr std::string_view kOutOfMemory =
    "out of memory: the command needs more than it may have. Use a smaller model, less data or "
    "`train --max-memory`, or allow more (ulimit -v, the container's limit); "
    "`unroll inspect --memory` shows what a model needs";

int run_to_status(int argc, char** argv) {
  try {
    const int status = run(argc, argv);
    unroll::flush_stdout();
    return status;
  } catch (const unroll::Error& error) {
    return end_with(error.kind(), unroll::message_with_flags(error));
  } catch (const std::bad_alloc&) {
    return end_with(unroll::ErrorKind::kMemory, kOutOfMemory);
  } catch (const std::length_error&) {  // a size that no memory has
    return end_with(unroll::ErrorKind::kMemory, kOutOfMemory);
  } catch (const std::exception& error) {
    return end_with(unroll::ErrorKind::kInternal,
                    fmt::format("internal error, please report it: {}", error.what()));
  }
}

}  // namespace

int main(int argc, char** argv) {
  unroll::fill_standard_descriptors();
  unroll::prepare_signals();
  if (argc > 1 && std::string_view(argv[1]) == "train") unroll::let_first_rank_speak();
  return run_to_status(argc, argv);
}
