#include "bench/cell_shapes.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "unroll/core/error.h"

namespace unroll::bench {
namespace {

using Sizes = std::vector<std::size_t>;

/// Problems that differ in the batch, and perhaps in the state.
struct Problems {
  Cell cell;
  CellPass pass;
  Sizes hidden;  ///< H, and I
  Sizes batch;
  std::size_t steps;
};

/// The problems of code/kernels/rnn_problems.h: training, inference on a server, inference on a
/// device.
std::vector<Problems> deepbench() {
  constexpr auto kTrain = CellPass::kTrain;
  constexpr auto kForward = CellPass::kForward;
  constexpr auto kLstm = Cell::kLstm;
  constexpr auto kRnn = Cell::kRnn;
  return {{kLstm, kForward, {512, 1024, 2048}, {1, 2, 4}, 25},
          {kLstm, kForward, {1536}, {1, 2, 4}, 50},
          {kLstm, kForward, {256}, {1, 2, 4}, 150},
          {kLstm, kTrain, {512, 1024, 2048}, {16, 32, 64, 128}, 25},
          {kLstm, kTrain, {1536}, {8, 16, 32}, 50},
          {kLstm, kTrain, {256}, {16, 32, 64}, 150},
          {kRnn, kForward, {32}, {1}, 672},
          {kRnn, kForward, {64}, {1}, 96},
          {kRnn, kTrain, {1760, 2048, 2560}, {16, 32, 64, 128}, 50}};
}

std::vector<Problems> appleyard() {
  return {{Cell::kLstm, CellPass::kForward, {512}, {64}, 100},
          {Cell::kLstm, CellPass::kTrain, {512}, {64}, 100}};
}

std::vector<CellCase> cases_of(const std::vector<Problems>& problems) {
  std::vector<CellCase> cases;
  for (const Problems& of : problems) {
    for (std::size_t H : of.hidden) {
      for (std::size_t B : of.batch) {
        cases.push_back({of.cell, Activation::kRelu, of.pass, of.steps, B, H, H});
      }
    }
  }
  return cases;
}

std::vector<CellCase> grid(const CellGrid& chosen) {
  std::vector<CellCase> cases;
  for (Cell cell : chosen.cells) {
    for (CellPass pass : chosen.passes) {
      for (std::size_t H : {64, 128, 256, 512, 1024}) {
        std::ranges::copy(unroll::cases_of({.cells = {cell},
                                            .activation = chosen.activation,
                                            .passes = {pass},
                                            .steps = {50, 100, 200},
                                            .hidden = {H},
                                            .input = {100, 300, H},
                                            .batch = {1, 2, 4, 16, 32, 64, 128}}),
                          std::back_inserter(cases));
      }
    }
  }
  return cases;
}

}  // namespace

std::vector<CellCase> named_shapes(std::string_view name, const CellGrid& chosen) {
  std::vector<CellCase> cases;
  if (name == "deepbench") {
    cases = cases_of(deepbench());
  } else if (name == "appleyard") {
    cases = cases_of(appleyard());
  } else if (name == "grid") {
    cases = grid(chosen);
  } else {
    throw UsageError(
        fmt::format("there are no shapes \"{}\", only {}", name, fmt::join(kShapeNames, ", ")));
  }
  const auto is_chosen = [](const auto& values, auto value) {
    return std::ranges::find(values, value) != values.end();
  };
  std::erase_if(cases, [&](const CellCase& at) {
    return !is_chosen(chosen.cells, at.cell) || !is_chosen(chosen.passes, at.pass);
  });
  if (cases.empty()) {
    throw UsageError(fmt::format("none of the shapes of {} is of these cells and passes", name));
  }
  return cases;
}

}  // namespace unroll::bench
