#include "unroll/tools/program/footer.h"

#include <fmt/format.h>

namespace unroll {

namespace {

constexpr Meaning kStatuses[] = {{"0", "done"},
                                 {"1", "internal error: please report it"},
                                 {"2", "wrong usage, or the output folder is taken or in use"},
                                 {"3", "data missing or not as expected"},
                                 {"4", "training diverged, whether or not an epoch was kept"},
                                 {"5", "model missing, foreign or damaged"},
                                 {"6", "a check or a requirement does not hold"},
                                 {"7", "output could not be written"},
                                 {"8", "out of memory, or --max-memory is too small"},
                                 {"9", "another process of the same training is gone"},
                                 {"128 + n", "ended by signal n, such as 130 by Ctrl-C"}};

constexpr Meaning kEnvironment[] = {
    {"UNROLL_ISA", "scalar, sse2, avx2 or avx512: use a lower instruction set"},
    {"UNROLL_CPU", "amd or intel: use the variants that are fast on that maker's processors"},
    {"UNROLL_HALF", "fp32, bf16, narrow or fp16: what --precision half is"},
    {"OMP_NUM_THREADS", "the most threads to use"},
    {"NO_COLOR", "no colours"}};

}  // namespace

std::span<const Meaning> exit_statuses() {
  return kStatuses;
}

std::span<const Meaning> environment() {
  return kEnvironment;
}

std::string footer_text() {
  std::string text = "Exit status:\n";
  for (const auto& [status, meaning] : kStatuses)
    text += fmt::format("  {:<8} {}\n", status, meaning);
  text += "\nEnvironment:\n";
  for (const auto& [name, meaning] : kEnvironment)
    text += fmt::format("  {:<16} {}\n", name, meaning);
  return text + "\n`unroll COMMAND --help` shows the flags of a command.";
}

void set_footer(CLI::App& command, std::string_view text) {
  command.footer(fmt::format("{}\n\n{}", text, footer_text()));
}

}  // namespace unroll
