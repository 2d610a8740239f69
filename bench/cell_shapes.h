/// The shapes of recurrent layers that others have published, by name.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/tools/lab/race/cell_case.h"

namespace unroll::bench {

/// - deepbench: Baidu's DeepBench, input as wide as the state: LSTM and ReLU RNN, its training
///   problems as training steps, its inference problems as forward passes. Without H = 4096.
/// - appleyard: of the four layers of 512 of Appleyard et al. 2016 (arXiv 1604.01946) one LSTM.
/// - grid: H 64 … 1024, B 1 … 128, T 50 … 200, I 100, 300 and H: 315 for each cell and pass.
inline constexpr std::array<std::string_view, 3> kShapeNames{"deepbench", "appleyard", "grid"};

/// The shapes of this name, as far as their cells and passes are among the chosen; the activation
/// is that of the grid's RNN. Those of one cell and pass are together. Throws UsageError for
/// another name, and where none is left.
std::vector<CellCase> named_shapes(std::string_view name, const CellGrid& chosen);

}  // namespace unroll::bench
