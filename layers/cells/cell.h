/// The cells: what a recurrent layer computes at a step. Each has a file of its own, in which its
/// chapter of docs/mathematics is written out, forward and backward: rnn.cpp, lstm.cpp.
///
/// A new cell is a value of `Cell`, its description here, and its file. The compiler then names
/// every place that has to choose between cells.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "unroll/kernels/ops.h"

namespace unroll {

enum class Cell { kRnn, kLstm };

/// What others have to know of a cell.
struct CellDescription {
  std::string_view name;         ///< in flags, model files and the names of parameters
  std::string_view title;        ///< as people write it
  std::string_view gates;        ///< a letter for each, in the order in which U, W and b stack them
  bool has_C = false;            ///< whether a second state, C, goes from step to step
  bool has_activation = false;   ///< whether φ is to be chosen
  bool has_forget_gate = false;  ///< whether the bias of one gate decides how long C is kept
  std::size_t biases = 1;        ///< how many a unit of a gate has
  std::string_view saved;        ///< what a step leaves for the backward pass, besides h_{t−1}
};
const CellDescription& describe(Cell cell);

/// In the order in which they are listed for users.
inline constexpr std::array kAllCells{Cell::kLstm, Cell::kRnn};
std::string_view to_string(Cell cell);
/// G: the gates whose weights U, W and b stack.
std::size_t gate_count(Cell cell);

/// A cell as a layer has it. φ is used by cells that have one to choose.
struct CellKind {
  CellKind(Cell which, Activation phi = Activation::kTanh) : cell(which), activation(phi) {}

  Cell cell;
  Activation activation;
};
/// The name that people write: "LSTM", "RNN (tanh)".
std::string title(const CellKind& kind);

}  // namespace unroll
