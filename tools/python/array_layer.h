/// ArrayLayer: recurrent layers on arrays of the shapes that people know from PyTorch, padded and
/// in any order of lengths. Inside, the rows are sorted by length and lie without padding
/// (unroll/core/ragged.h), so no padded value can influence a result.
///
/// T steps, B rows, I input size, H hidden size, L layers, D directions.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

#include "unroll/layers/recurrent_stack.h"

namespace unroll {

/// The states of all layers and directions, (L·D, B, H), in the order of PyTorch.
template <typename Real>
struct ArrayStates {
  Tensor<Real> h;
  Tensor<Real> C;  ///< empty of a cell without C
};

template <typename Real>
class ArrayLayer {
 public:
  ArrayLayer(const RecurrentStackConfig& config, RecurrentInit init, double forget_bias,
             std::uint64_t seed);

  const RecurrentStackConfig& config() const { return config_; }
  std::size_t directions() const { return stack_.directions(); }

  /// x (T, B, I). `lengths` (B), each from 1 to T; empty: all T. `states`: h_0 and C_0 go in, h_T
  /// and C_T come out. Returns h (T, B, D·H) of the top layer, 0 behind each row's length. Keeps
  /// what `backward` needs.
  Tensor<Real> forward(const Tensor<Real>& x, std::vector<std::size_t> lengths,
                       ArrayStates<Real>& states);
  /// dh (T, B, D·H) = ∂L/∂h of the last forward pass; `dstates`: ∂L/∂h_T and ∂L/∂C_T go in, ∂L/∂h_0
  /// and ∂L/∂C_0 come out. Adds to the parameters' gradients and returns ∂L/∂x (T, B, I).
  Tensor<Real> backward(const Tensor<Real>& dh, ArrayStates<Real>& dstates);

  ArrayStates<Real> zero_states(std::size_t batch) const;
  /// With their gradients made.
  ParameterList<Real> parameters();

 private:
  /// How the rows of a batch lie.
  struct Layout {
    RaggedShape shape;
    std::vector<std::size_t> row_of;  ///< the caller's row for each of ours
    std::size_t steps = 0;            ///< T of the caller's arrays
  };
  Layout layout_of(std::size_t steps, std::size_t batch, std::vector<std::size_t> lengths) const;
  typename RecurrentStack<Real>::States to_stack(const ArrayStates<Real>& states) const;
  void from_stack(const typename RecurrentStack<Real>::States& from, ArrayStates<Real>& to) const;
  void check_states(const ArrayStates<Real>& states) const;

  RecurrentStackConfig config_;
  RecurrentStack<Real> stack_;
  std::mutex mutex_;  // of what passes write
  Layout layout_;
  Tensor<Real> x_;  // of the last forward pass, (N, I)
  typename RecurrentStack<Real>::Pass pass_;
  bool has_pass_ = false;
};

}  // namespace unroll
