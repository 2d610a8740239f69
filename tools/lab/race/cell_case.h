/// What is timed of a recurrent layer: one layer of a cell in one direction, on a dense batch
/// that begins with h_0 = C_0 = 0. It reads x, or the ids of words whose vectors are the x_t.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/layers/recurrent_stack.h"
#include "unroll/tools/classifier/model_config.h"

namespace unroll {

enum class CellPass {
  kForward,  ///< inference: x → h of every step
  kTrain,    ///< forward, backward from ∂L/∂h of every step to U, W, b; no ∂L/∂x
};
std::string_view to_string(CellPass pass);
template <>
inline constexpr std::array kAll<CellPass>{CellPass::kForward, CellPass::kTrain};

struct CellCase {
  Cell cell = Cell::kLstm;
  Activation activation = Activation::kTanh;  ///< of the RNN
  CellPass pass = CellPass::kForward;
  std::size_t steps = 50;    ///< T
  std::size_t batch = 32;    ///< B
  std::size_t input = 100;   ///< I
  std::size_t hidden = 128;  ///< H
  /// V, of the words whose ids are read: x_t is a row of an embedding E (V, I). 0: x is given.
  std::size_t vocabulary = 0;
};

/// The floating-point operations nobody can do without, a multiply-add counted as two; G gates:
///
///     forward   2·T·B·G·H·(I + H)                 U x_t and W h_{t−1}
///     from ids  2·T·B·G·H·H                       W h_{t−1}: U x_t may be known beforehand
///     train     2·T·B·G·H·(I + H + I + H + H)     these, and dU, dW, and Wᵀ dz_t
///
/// (a GRU is one that resets after the product). Activations, biases and ∂L/∂x (which a contender may compute nevertheless) do not count.
double useful_flop(const CellCase& at);

/// The bytes of E·Uᵀ + b for all words, which ours computes beforehand, and keeps, where ids are
/// read. 0 elsewhere.
std::size_t word_table_bytes(const CellCase& at);

/// Every case of these. By default the short selection of an LSTM.
struct CellGrid {
  std::vector<Cell> cells = {Cell::kLstm};
  Activation activation = Activation::kTanh;
  std::vector<CellPass> passes = {CellPass::kForward, CellPass::kTrain};
  std::vector<std::size_t> steps = {50};
  std::vector<std::size_t> hidden = {64, 128, 256, 512};
  /// Empty: 100 up to H = 128, as of word vectors, above that H, as of a second layer; from ids
  /// both H and 300.
  std::vector<std::size_t> input = {};
  std::vector<std::size_t> batch = {1, 16, 32, 64};
  std::size_t vocabulary = 0;  ///< as of CellCase
};

/// The last of its lists changes fastest.
std::vector<CellCase> cases_of(const CellGrid& grid);

/// "lstm forward", "rnn (relu) train", "lstm forward from token ids".
std::string layer_text(const CellCase& at);
/// "lstm forward, T 50, B 32, I 100, H 128"; from ids with V.
std::string to_string(const CellCase& at);

}  // namespace unroll
