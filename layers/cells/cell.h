/// The cells: what a recurrent layer computes at a step. Each has a file of its own, in which its
/// chapter of docs/mathematics is written out, forward and backward: rnn.cpp, lstm.cpp, gru.cpp.
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

enum class Cell { kRnn, kLstm, kGru };

/// Where the reset gate of a GRU acts on h_{t−1}: after the product with W_h, as in cuDNN, PyTorch
/// and Keras, or before it, as Cho et al. 2014 have it.
enum class GruReset { kAfter, kBefore };
std::string_view to_string(GruReset reset);

/// What others have to know of a cell.
struct CellDescription {
  std::string_view name;         ///< in flags, model files and the names of parameters
  std::string_view title;        ///< as people write it
  std::string_view gates;        ///< a letter for each, in the order in which U, W and b stack them
  bool has_C = false;            ///< whether a second state, C, goes from step to step
  bool has_activation = false;   ///< whether φ is to be chosen
  bool has_forget_gate = false;  ///< whether the bias of one gate decides how long C is kept
  bool has_reset = false;        ///< whether GruReset is to be chosen
  bool has_d = false;            ///< whether the last gate's W h_{t−1} has a bias of its own, d
  bool keeps_h = false;          ///< whether a part of h_{t−1} goes into h_t as it is
  std::size_t late_gates = 0;    ///< how many gates, the last ones, need another gate of the step
  std::string_view saved;  ///< the values, (·, H) each, that a step leaves for the backward pass
                           ///< besides h_{t−1} and C
};

/// In the order in which they are listed for users.
inline constexpr std::array kAllCells{Cell::kLstm, Cell::kGru, Cell::kRnn};
std::string_view to_string(Cell cell);
/// G: the gates whose weights U, W and b stack.
std::size_t gate_count(Cell cell);

/// A cell as a layer has it. φ and the reset are used by cells that have them to choose.
struct CellKind {
  CellKind(Cell which, Activation phi = Activation::kTanh, GruReset gru_reset = GruReset::kAfter)
      : cell(which), activation(phi), reset(gru_reset) {}

  Cell cell;
  Activation activation;
  GruReset reset;
};
const CellDescription& describe(const CellKind& kind);
/// S: the values that a step saves. A step back has a derivative for each of them.
std::size_t saved_count(const CellKind& kind);
/// The name that people write: "LSTM", "RNN (tanh)", "GRU (reset before)".
std::string title(const CellKind& kind);

}  // namespace unroll
