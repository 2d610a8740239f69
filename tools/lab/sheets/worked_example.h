/// The worked example: all values of forward and backward for one sequence of a model, and the part
/// of ∂L/∂U, ∂L/∂W, ∂L/∂b that enters at one h_t, split by path.
///
/// A layer's backward pass is linear in what enters from above, g_t = the part of ∂L/∂h_t that does
/// not come from step t+1. Sent back alone, g_t gives dz_k^(t) at every step k ≤ t, and
///
///     ∂L/∂W = Σ_t (part entering at h_t) = Σ_t Σ_{k ≤ t} dz_k^(t) h_{k−1}ᵀ
///
/// In a layer that reads backward, h_{k−1} is the state at the *next* step of the text, and the
/// paths from t run to the text's end.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "unroll/layers/sequence_classifier.h"

namespace unroll {

/// What of a model is worked out.
struct WorkedExampleRequest {
  std::size_t layer = 0;  ///< from 0, as in the parameters' names
  Direction direction = Direction::kForward;
  std::size_t step = 1;  ///< t, whose gradient from above is followed; a step of the text, from 1
};

/// Row t − 1 of a matrix (T, ·) belongs to step t of the text. G gates: f i a o; r, u and the
/// candidate; or one.
struct WorkedExample {
  SequenceClassifierConfig model;
  WorkedExampleRequest request;
  std::vector<std::int32_t> ids;  ///< (T)
  std::size_t target = 0;         ///< y, a class

  // The layer and the output layer.
  Tensor<double> U, W, b;  ///< (G·H, I), (G·H, H), (G·H)
  Tensor<double> d;        ///< (H), of a GRU whose reset comes after
  Tensor<double> V, c;     ///< (K, D·H), (K)

  // Forward.
  Tensor<double> x;               ///< (T, I): of layer 0 the embedded words
  Tensor<double> h_prev, C_prev;  ///< (T, H): h_{t−1}, C_{t−1}; C of the LSTM only
  Tensor<double> z;               ///< (T, G·H): what the functions of the gates are applied to
  Tensor<double> gates;           ///< (T, G·H): φ(z_t); of the LSTM f i a o, of the GRU r u h̃
  Tensor<double> q, p_t;          ///< (T, H): of the GRU one of them, as its reset has it
  Tensor<double> C, tanh_C;       ///< (T, H); of the LSTM only
  Tensor<double> h;               ///< (T, H)
  Tensor<double> p;               ///< (1, D·H): the top layer's states, pooled over time
  std::vector<std::size_t> winners;  ///< (D·H): max pooling, the step each p_j came from
  Tensor<double> O, y_hat;           ///< (1, K)
  double loss = 0;                   ///< L

  // Backward. dX is ∂L/∂X.
  Tensor<double> dO, dp;      ///< (1, K), (1, D·H)
  Tensor<double> g;           ///< (T, H): what enters at h_t from above
  Tensor<double> dh, dC;      ///< (T, H): δh_t (δ_t of the RNN) and δC_t, all of them
  Tensor<double> dz;          ///< (T, G·H)
  Tensor<double> dq, dp_t;    ///< (T, H), as q and p_t
  Tensor<double> dx;          ///< (T, I): Uᵀ dz_t, this direction's share of ∂L/∂x_t
  Tensor<double> dh_0, dC_0;  ///< (1, H)
  Tensor<double> dU, dW, db;  ///< as U, W, b
  Tensor<double> dd;          ///< as d
  Tensor<double> dV, dc;      ///< as V, c

  // What enters at h_t, t = request.step.
  Tensor<double> path_dz;                    ///< (T, G·H): dz_k^(t), 0 at steps no path reaches
  Tensor<double> path_dq;                    ///< (T, H): dq_k^(t), as q
  Tensor<double> part_dU, part_dW, part_db;  ///< Σ_k of the paths, as the layer's backward adds it
  Tensor<double> part_dd;                    ///< likewise
  /// Σ over all t of the parts against dU, dW, db, dd: max|a − b| / max|b|, the worst of them.
  double parts_error = 0;

  CellKind kind() const { return {model.cell, model.activation, model.gru_reset}; }
  std::size_t steps() const { return ids.size(); }                    ///< T
  std::size_t hidden_size() const { return W.shape()[1]; }            ///< H
  std::size_t gate_count() const { return b.size() / W.shape()[1]; }  ///< G
  /// The columns of p, dp, V that are this direction's, if the layer is the top one.
  std::size_t first_column() const;
  /// All steps, in the order in which the layer reads them.
  std::vector<std::size_t> reading_order() const;
  /// The steps from t to the one that the layer read first: k = t, t−1, …, 1, or t, …, T.
  std::vector<std::size_t> path() const;
  /// dz_k^(t) h_{k−1}ᵀ (G·H, H) and dz_k^(t) x_kᵀ (G·H, I): path k of the part. The candidate's
  /// rows of a GRU's first are dq_k^(t) h_{k−1}ᵀ or dz_{h,k}^(t) p_kᵀ.
  Tensor<double> path_dW(std::size_t k) const;
  Tensor<double> path_dU(std::size_t k) const;
};

/// Works out one sequence. The model's gradients are cleared and then hold the sequence's. Throws
/// UsageError for a layer, direction or step that there is not, and for a model without pooling.
WorkedExample work_example(SequenceClassifier<double>& model, std::span<const std::int32_t> ids,
                           std::int32_t target, const WorkedExampleRequest& request);

}  // namespace unroll
