#include "unroll/tools/lab/race/cell_case.h"

#include <fmt/format.h>

namespace unroll {

namespace {

std::vector<std::size_t> inputs_of(const CellGrid& grid, std::size_t hidden) {
  constexpr std::size_t kWordVector = 100;
  constexpr std::size_t kLargestOnWords = 128;
  constexpr std::size_t kLargeWordVector = 300;
  if (!grid.input.empty()) return grid.input;
  if (grid.vocabulary > 0) return {hidden, kLargeWordVector};
  return {hidden <= kLargestOnWords ? kWordVector : hidden};
}

}  // namespace

std::string_view to_string(CellPass pass) {
  return pass == CellPass::kForward ? "forward" : "train";
}

double useful_flop(const CellCase& at) {
  const std::size_t G = gate_count(at.cell), I = at.input, H = at.hidden;
  const std::size_t forward = at.vocabulary > 0 ? H : I + H;
  const std::size_t columns = at.pass == CellPass::kForward ? forward : 2 * I + 3 * H;
  return static_cast<double>(2 * at.steps * at.batch * G * H * columns);
}

std::size_t word_table_bytes(const CellCase& at) {
  return at.vocabulary * gate_count(at.cell) * at.hidden * sizeof(float);
}

std::vector<CellCase> cases_of(const CellGrid& grid) {
  std::vector<CellCase> cases;
  for (Cell cell : grid.cells) {
    for (CellPass pass : grid.passes) {
      for (std::size_t steps : grid.steps) {
        for (std::size_t hidden : grid.hidden) {
          for (std::size_t input : inputs_of(grid, hidden)) {
            for (std::size_t batch : grid.batch) {
              cases.push_back(
                  {cell, grid.activation, pass, steps, batch, input, hidden, grid.vocabulary});
            }
          }
        }
      }
    }
  }
  return cases;
}

std::string layer_text(const CellCase& at) {
  const bool is_usual = !describe(at.cell).has_activation || at.activation == Activation::kTanh;
  const std::string phi = is_usual ? "" : fmt::format(" ({})", to_string(at.activation));
  return fmt::format("{}{} {}{}", to_string(at.cell), phi, to_string(at.pass),
                     at.vocabulary > 0 ? " from token ids" : "");
}

std::string to_string(const CellCase& at) {
  return fmt::format("{}, T {}, B {}, I {}, H {}{}", layer_text(at), at.steps, at.batch, at.input,
                     at.hidden, at.vocabulary > 0 ? fmt::format(", V {}", at.vocabulary) : "");
}

}  // namespace unroll
