#include "unroll/tools/program/lab.h"

namespace unroll {

bool has_lab() {
  return false;
}

void add_lab_commands(CLI::App&, int&) {}

std::unique_ptr<TrainingWatch> watch_gradient_flow(const std::filesystem::path&,
                                                   std::span<const Record>, Terminal&) {
  return nullptr;  // no flag asks for it
}

}  // namespace unroll
