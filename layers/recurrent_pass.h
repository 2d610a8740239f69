/// The passes of a recurrent layer over operands of one type, Real, BFloat16 or, of inference,
/// Float16 (RecurrentLayer chooses): what steps read and write, and how threads share the walk.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>

#include "unroll/kernels/ops.h"
#include "unroll/layers/recurrent.h"
#include "unroll/layers/walk.h"

namespace unroll {

/// Steps of fewer rows than this are multiplied by U all at once: alone they would spend their time
/// reading it.
inline constexpr std::size_t kFewRows = 4;

/// Whether a step takes its units in descending order: of few rows every other one. With more it
/// gains nothing, for multiplications hide the reading.
inline bool is_descending(std::size_t position, std::size_t rows) {
  return position % 2 == 1 && rows < kFewRows;
}

/// A product is worth a second thread from this many rows or columns on.
inline constexpr std::size_t kProductGrain = 16;

/// Rows first … first + count − 1; none of a tensor that the cell has no use for.
template <typename T>
MatrixView<T> rows_of(Tensor<T>& tensor, std::size_t first, std::size_t count) {
  return tensor.empty() ? MatrixView<T>() : tensor.matrix().row_range(first, count);
}

template <typename T>
MatrixView<const T> rows_of(const Tensor<T>& tensor, std::size_t first, std::size_t count) {
  return tensor.empty() ? MatrixView<const T>() : tensor.matrix().row_range(first, count);
}

/// C_{t−1}: the C of the step before, or C_0 of rows that begin here.
template <typename Real>
ContinuedRows<const Real> C_before(const RecurrentRecord<Real>& record, const WalkStep& walk) {
  return {rows_of(record.C, walk.before.token, walk.come()),
          rows_of(record.C_0, walk.here.row, walk.here.count)};
}

/// h_{t−1}, not rounded: the h (N, H) of the step before, or h_0 (B, H) of rows that begin here.
template <typename Real>
ContinuedRows<const Real> h_before(MatrixView<const Real> h, MatrixView<const Real> h_0,
                                   const WalkStep& walk) {
  return {h.row_range(walk.before.token, walk.come()),
          h_0.row_range(walk.here.row, walk.here.count)};
}

/// Whether the record keeps h besides h_prev: where that is rounded, the cell needs h as it was.
template <typename Real>
bool keeps_unrounded_h(const RecurrentLayer<Real>& layer) {
  return describe(layer.kind()).keeps_h && layer.precision() == Precision::kBFloat16;
}

/// Some columns of dz, and the first ones of as many rows of each parameter that they belong to.
struct PartOfDz {
  Range columns;
  std::optional<std::size_t> row_of_U, row_of_W, row_of_d;  ///< b's rows are U's
};
/// All columns of dz in parts, some of which may be empty. Those of W come first.
std::array<PartOfDz, 3> parts_of_dz(const CellKind& kind, std::size_t H);

/// The part of weights, of a record or of scratch that is kept in this type.
template <typename Operand, typename All>
auto& operands(All& all) {
  if constexpr (std::is_same_v<Operand, BFloat16>) {
    return all.pairs;
  } else if constexpr (std::is_same_v<Operand, Float16>) {
    return all.halves;
  } else {
    return all.full;
  }
}

/// Whether a backward pass writes ∂L/∂z over the gates.
template <typename Operand, typename Real>
bool overwrites_gates(const RecurrentRecord<Real>& record) {
  return std::is_same_v<Operand, Real> && record.once;
}

/// Whether operands of this type are rounded in place: values of Real that are to be of bfloat16.
template <typename Operand, typename Real>
bool rounds_in_place(const RecurrentLayer<Real>& layer) {
  return std::is_same_v<Operand, Real> && layer.precision() == Precision::kBFloat16;
}

/// Whether the weights of operands of this type are kept in a narrow form, too.
template <typename Operand, typename Real>
bool keeps_narrow_weights(const RecurrentLayer<Real>& layer) {
  if (!std::is_same_v<Operand, float>) return false;
  switch (layer.precision()) {
    case Precision::kBFloat16:
    case Precision::kNarrow:
      return true;
    case Precision::kFull:
    case Precision::kFloat16:
      break;
  }
  return false;
}

template <typename Real>
void copy_rows(MatrixView<const Real> from, MatrixView<Real> to) {
  for (std::size_t r = 0; r < from.rows(); ++r) std::ranges::copy(from.row(r), to.row(r).begin());
}

/// to = from, as products take it.
template <typename Real, typename Operand>
void set_operands(const RecurrentLayer<Real>& layer,
                  MatrixView<const std::type_identity_t<Real>> from, MatrixView<Operand> to) {
  if constexpr (std::is_same_v<Operand, Real>) {
    if (rounds_in_place<Operand>(layer)) return round_to_bfloat16<Real>(from, to);
    copy_rows<Real>(from, to);
  } else if constexpr (std::is_same_v<Operand, Float16>) {
    round_to_float16(from, to);
  } else {
    round_to_bfloat16(from, to);
  }
}

/// `values` as products take them: as they are, or rounded, in `rounded`.
template <typename Operand, typename Real>
MatrixView<const Operand> operands_of(const RecurrentLayer<Real>& layer,
                                      MatrixView<const std::type_identity_t<Real>> values,
                                      Tensor<Operand>& rounded) {
  if constexpr (std::is_same_v<Operand, Real>) {
    if (!rounds_in_place<Operand>(layer)) return values;
  }
  rounded.resize(values.shape());
  set_operands(layer, values, rounded.matrix());
  return rounded.matrix();
}

/// What operands_of made of these values before.
template <typename Operand, typename Real>
MatrixView<const Operand> operands_again(const RecurrentLayer<Real>& layer,
                                         MatrixView<const std::type_identity_t<Real>> values,
                                         const Tensor<Operand>& rounded) {
  if constexpr (std::is_same_v<Operand, Real>) {
    if (!rounds_in_place<Operand>(layer)) return values;
  }
  return rounded.matrix();
}

/// A fused step of the layer's cell.
template <typename Real, typename Operand>
void fused_step(const CellKind& kind, const RecurrentStep<Real, Operand>& step) {
  switch (kind.cell) {
    case Cell::kRnn:
      return rnn_step(kind.activation, step);
    case Cell::kLstm:
      return lstm_step(step);
    case Cell::kGru:
      return gru_step(step);
  }
}

/// b + U x for each row of x (M, I) → (M, G·H), on all threads.
template <typename Real, typename Operand>
void project_rows(const RecurrentLayer<Real>& layer, MatrixView<const Operand> x,
                  const Panels<Operand>& weights, MatrixView<Real> projected);

/// Where each step finds b + U x_t, or what it computes it from.
template <typename Real, typename Operand>
struct InputProducts {
  InputProducts(const RaggedShape& shape, MatrixView<const Operand> x,
                std::span<const std::int32_t> rows);
  /// What is to be projected before the walk.
  MatrixView<const Operand> to_project() const;
  ProductOfInput<Real, Operand> of(std::size_t token, std::size_t count) const;
  /// Asks for the rows of a step to come, which lie anywhere in a large table.
  void ask_for(const StepRows& step, Range units, std::size_t gates) const;

  MatrixView<const Operand> x;         ///< (M, I)
  std::span<const std::int32_t> rows;  ///< as RecurrentInput has them
  std::size_t few;                     ///< the first token of the steps that have few rows
  MatrixView<const Real> projected;    ///< b + U x of these, or of all rows if tokens share them
};

/// RecurrentLayer::forward, but for the state.
template <typename Real, typename Operand>
class ForwardPass {
 public:
  ForwardPass(const RecurrentLayer<Real>& layer, const RaggedShape& shape,
              const RecurrentInput<Real>& input, RecurrentPass<Real>& pass)
      : layer_(layer),
        shape_(shape),
        input_(input),
        weights_(operands<Operand>(pass.weights).forward),
        narrow_(pass.weights.narrow),
        record_(pass.record),
        operands_(operands<Operand>(pass.record)),
        input_sums_(pass.scratch.input_sums) {}

  void run(const RecurrentState<Real>& state, MatrixView<Real> h);

 private:
  bool reads_narrow_weights() const;
  void pack_weights();
  void walk(const WalkShare& share, const InputProducts<Real, Operand>& products,
            MatrixView<const Real> h_0, MatrixView<Real> h);

  const RecurrentLayer<Real>& layer_;
  const RaggedShape& shape_;
  const RecurrentInput<Real>& input_;
  Panels<Operand>& weights_;
  NarrowPanels& narrow_;
  RecurrentRecord<Real>& record_;
  typename RecurrentRecord<Real>::template Operands<Operand>& operands_;
  Tensor<Real>& input_sums_;
};

/// RecurrentLayer::backward.
template <typename Real, typename Operand>
class BackwardPass {
 public:
  BackwardPass(RecurrentLayer<Real>& layer, const RaggedShape& shape,
               const RecurrentInput<Real>& input, RecurrentPass<Real>& pass)
      : layer_(layer),
        shape_(shape),
        input_(input),
        weights_(operands<Operand>(pass.weights)),
        record_(pass.record),
        operands_(operands<Operand>(pass.record)),
        scratch_(operands<Operand>(pass.scratch)),
        W_dz_(pass.scratch.W_dz),
        input_sums_(pass.scratch.input_sums) {}

  void run(MatrixView<const Real> dh, RecurrentState<Real>& dstate, MatrixView<Real> dx);

 private:
  void pack_weights(bool needs_U);
  void walk(const WalkShare& share, MatrixView<const Real> dh, RecurrentState<Real>& dstate);
  template <typename Body>
  void share_columns(std::size_t all, Body body);
  void add_gradients(Range tokens, Range columns, Tensor<Operand>& scratch);
  void add_gradients(Range tokens, const PartOfDz& part, Tensor<Operand>& scratch);
  void add_shared_gradients(Range columns, Tensor<Operand>& scratch);
  void set_dx(MatrixView<Real> dx);
  void set_first_states(RecurrentState<Real>& dstate);
  ContinuedRows<const Real> h_kept(const WalkStep& walk) const;
  Tensor<Operand>& all_dz();
  MatrixView<const Operand> sums_as_operands();

  RecurrentLayer<Real>& layer_;
  const RaggedShape& shape_;
  const RecurrentInput<Real>& input_;
  typename RecurrentWeights<Real>::template Packed<Operand>& weights_;
  RecurrentRecord<Real>& record_;
  typename RecurrentRecord<Real>::template Operands<Operand>& operands_;
  typename RecurrentScratch<Real>::template Operands<Operand>& scratch_;
  Tensor<Real>& W_dz_;
  Tensor<Real>& input_sums_;
};

/// RecurrentLayer::infer, but for the state.
template <typename Real, typename Operand>
class InferencePass {
 public:
  InferencePass(const RecurrentLayer<Real>& layer, const RaggedShape& shape,
                const RecurrentWeights<Real>& weights, RecurrentScratch<Real>& scratch)
      : layer_(layer),
        shape_(shape),
        weights_(operands<Operand>(weights).forward),
        narrow_(weights.narrow.empty() ? nullptr : &weights.narrow),
        scratch_(operands<Operand>(scratch)),
        input_sums_(scratch.input_sums) {}

  void run(const RecurrentInput<Real>& input, MatrixView<const Real> known,
           RecurrentState<Real>& state, MatrixView<Real> h);

 private:
  void walk(const WalkShare& share, const InputProducts<Real, Operand>& products,
            RecurrentState<Real>& state, MatrixView<Real> h);

  const RecurrentLayer<Real>& layer_;
  const RaggedShape& shape_;
  const Panels<Operand>& weights_;
  const NarrowPanels* narrow_;  ///< null if there are none
  typename RecurrentScratch<Real>::template Operands<Operand>& scratch_;
  Tensor<Real>& input_sums_;
};

}  // namespace unroll
