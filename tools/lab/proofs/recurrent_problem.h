/// A small network of the homework with random values, computed by the layers and by the naive
/// code: what proves the equations of the RNN, of the LSTM and of the GRU.
///
/// A batch of three rows of 3, 2 and 1 steps; U, W, b, V, c, x, h_0, C_0 random, sizes too; the
/// loss is L = Σ_t L_t + g_h·h_T + g_C·C_T over all rows, so that a gradient enters at every h_t
/// and, where a row ends, at h_T and C_T.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "unroll/core/ragged.h"
#include "unroll/layers/linear.h"
#include "unroll/layers/recurrent.h"
#include "unroll/layers/recurrent_stack.h"
#include "unroll/tools/lab/proofs/naive.h"

namespace unroll {

/// A value or gradient in parts that are compared one by one: the gates of dU, dW, db; of
/// everything else there is one.
using Parts = std::vector<std::vector<double>>;
/// By the name that follows the cell's in an equation's ID: "h", "dW", "dzf".
using Quantities = std::map<std::string, Parts, std::less<>>;

inline std::vector<double> copied(std::span<const double> values) {
  return {values.begin(), values.end()};
}

/// The largest relative_error (proof.h) of a part; infinite if the numbers of parts differ.
double relative_error(const Parts& a, const Parts& b);

class RecurrentProblem {
 public:
  /// No unit of an RNN with ReLU is near its kink; with `positive` none is off either.
  RecurrentProblem(const CellKind& kind, std::uint64_t seed, bool positive = false);

  /// Whether the cell's own file computes the steps (RecurrentLayer::set_plain).
  void set_plain(bool plain) { layer_->set_plain(plain); }

  /// Every quantity by the layers' forward and backward pass.
  Quantities by_layers();
  /// Every quantity by the naive code, row by row.
  Quantities by_naive() const;
  /// One gradient by central differences of the layers' loss.
  Parts by_differences(std::string_view name);

  /// ∂L_3/∂W, ∂L_3/∂U, ∂L_3/∂b of the first row ("dW3", "dU3", "db3"), RNN.
  Quantities third_step_by_layers();
  Quantities third_step_by_naive() const;
  Parts third_step_by_differences(std::string_view name);

 private:
  /// What goes in, and from which packed row on the steps have a loss.
  struct Batch {
    RaggedShape shape;
    Tensor<double>
        x;  ///< (N, I + G·H): the last G·H columns are 0 and are added to z (U ends in 1)
    std::vector<std::int32_t> targets;
    RecurrentState<double> start, end_gradient;
    std::size_t first_loss = 0;
  };
  /// What a forward and a backward pass leave.
  struct Pass {
    RecurrentState<double> end, dstart;
    RecurrentPass<double> of_layer;
    RecurrentInspection<double> seen;
    Tensor<double> h, O, y_hat, dO, dh, dx;
    double L = 0;
  };

  void draw(std::uint64_t seed, std::uint64_t attempt, bool positive);
  /// Values that would prove nothing: a ReLU at its kink, a third step without error, a candidate
  /// that has lost its digits.
  bool is_ill_posed() const;
  bool has_kink_or_sure_answer() const;
  bool has_saturated_candidate() const;

  double loss(const Batch& batch, Pass& pass) const;
  double loss(const Batch& batch) const;
  void forward(const Batch& batch, Pass& pass) const;
  void gradients(const Batch& batch, Pass& pass);

  /// The steps after t of a row, as a batch of their own that begins with h, C. t < length.
  Batch tail(std::size_t row, std::size_t t, const naive::Vector& h, const naive::Vector& C) const;
  Batch third_step() const;
  naive::Vector state_after(const Pass& pass, std::size_t row, std::size_t t, bool of_C) const;

  void add_forward(const Pass& pass, Quantities& all) const;
  void add_gradients(const Pass& pass, Quantities& all) const;
  void add_deltas(const Pass& pass, Quantities& all);
  Parts delta_by_differences(bool of_C);
  Parts probe_by_differences(std::size_t gate, std::size_t gates);
  /// ∂L/∂y_t of y_t that enters z_t of the last gate as a linear map, to which `column` gives the
  /// column of an entry of y_t at token n.
  Parts probe_through_last_gate(
      const std::function<naive::Vector(std::size_t n, std::size_t entry)>& column);
  Parts by_gate(std::span<const double> stacked) const;

  // For a GRU; names that begin with its reset are of one form alone.
  std::string form(std::string_view name) const;
  void add_gru_forward(const Pass& pass, Quantities& all) const;
  void add_gru_gradients(const Pass& pass, Quantities& all) const;
  Parts gru_by_differences(std::string_view name);

  naive::Network network(std::size_t row) const;
  naive::Sequence sequence(std::size_t row) const;
  naive::Sources sources(std::size_t row, const naive::Network& network,
                         const naive::Backward& of_losses) const;

  CellKind kind_;
  std::size_t I_ = 0, H_ = 0, K_ = 0, G_ = 1;
  std::unique_ptr<RecurrentLayer<double>> layer_;
  std::unique_ptr<Linear<double>> output_;
  Batch batch_;
};

}  // namespace unroll
