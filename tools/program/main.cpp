// The program `unroll`. Its commands are the table of contents.

#include <fmt/format.h>

#include <cstdio>
#include <exception>

#include "unroll/core/error.h"
#include "unroll/tools/program/commands.h"
#include "unroll/tools/version.h"

namespace {

constexpr const char* kFooter = R"(Exit status:
  0 done   1 internal error   2 wrong usage, or the output folder is occupied
  3 data missing or not as expected   5 model missing, foreign or damaged
  6 an equation or a gradient that does not hold
  7 output could not be written   130 interrupted

Environment:
  UNROLL_ISA        scalar, sse2, avx2 or avx512: use a lower instruction set
  UNROLL_CPU        amd or intel: use what is fast on that maker's processors
  OMP_NUM_THREADS   number of threads        NO_COLOR   no colours

`unroll COMMAND --help` shows the flags of a command.)";

int run(int argc, char** argv) {
  int status = 0;
  CLI::App program(
      "Train, test and use recurrent text classifiers on the CPU, and see their mathematics.",
      "unroll");
  program.set_version_flag("--version", fmt::format("unroll {}", unroll::kVersion));
  program.require_subcommand(1);
  program.footer(kFooter);
  unroll::add_train_command(program, status);
  unroll::add_test_command(program, status);
  unroll::add_predict_command(program, status);
  unroll::add_inspect_command(program, status);
  unroll::add_data_command(program, status);
  unroll::add_bench_command(program, status);
  unroll::add_doctor_command(program, status);
  unroll::add_explain_command(program, status);
  unroll::add_exercise_command(program, status);
  unroll::add_trace_command(program, status);
  unroll::add_gradcheck_command(program, status);
  unroll::add_gradflow_command(program, status);
  for (const char* name : {"explain", "exercise", "trace", "gradcheck", "gradflow"}) {
    program.get_subcommand(name)->group("The mathematics");
  }
  try {
    program.parse(argc, argv);
  } catch (const CLI::Success& success) {  // --help, --version
    return program.exit(success);
  } catch (const CLI::ParseError& error) {
    fmt::print(stderr, "unroll: {}\nTry `unroll --help`, or `unroll COMMAND --help`.\n",
               error.what());
    return static_cast<int>(unroll::ErrorKind::kUsage);
  }
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const int status = run(argc, argv);
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
      throw unroll::DiskError("standard output could not be written");
    }
    return status;
  } catch (const unroll::Error& error) {
    fmt::print(stderr, "unroll: {}\n", error.what());
    return error.exit_status();
  } catch (const std::exception& error) {
    fmt::print(stderr, "unroll: internal error: {}\n", error.what());
    return static_cast<int>(unroll::ErrorKind::kInternal);
  }
}
