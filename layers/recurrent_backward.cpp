#include "unroll/core/parallel.h"
#include "unroll/layers/recurrent_pass.h"

namespace unroll {

namespace {

/// A fused step back of the layer's cell.
template <typename Real, typename Operand>
void step_backward(const RecurrentLayer<Real>& layer,
                   const RecurrentStepBack<Real, Operand>& step) {
  switch (layer.kind().cell) {
    case Cell::kRnn:
      rnn_step_back(layer.kind().activation, step);
      break;
    case Cell::kLstm:
      lstm_step_back(step);
      break;
  }
}

}  // namespace

template <typename Real, typename Operand>
void BackwardPass<Real, Operand>::run(MatrixView<const Real> dh, RecurrentState<Real>& dstate,
                                      MatrixView<Real> dx) {
  const std::size_t H = layer_.hidden_size(), GH = layer_.gate_count() * H;
  const ThreadLimit limit(walk_threads(shape_, H, unit_grain<Real, Operand>()));
  const bool shared = !input_.rows.empty();
  all_dz().resize({shape_.tokens(), GH});
  weights_.W.resize(layer_.W.value.matrix());
  if (!dx.empty()) weights_.U.resize(layer_.U.value.matrix());
  if (shared) input_sums_.fill(0);
  if (shared && !std::is_same_v<Operand, Real>) {
    scratch_.dz_of_rows.resize(input_sums_.shape());
  }
  pack_weights(!dx.empty());
  for (std::size_t end = shape_.steps(); end > 0;) {
    const WalkChunk chunk =
        chunk_before(shape_, layer_.direction(), end, gradient_rows<Real, Operand>());
    share_walk(shape_, chunk.positions, WalkOrder::kDescending, H, unit_grain<Real, Operand>(),
               [&](const WalkShare& share) { walk(share, dh, dstate); });
    share_columns([&](Range columns, Tensor<Operand>& scratch) {
      add_gradients(chunk.tokens, columns, scratch);
    });
    end = chunk.positions.begin;
  }
  if (shared) {
    share_columns(
        [&](Range columns, Tensor<Operand>& scratch) { add_shared_gradients(columns, scratch); });
  }
  // dx = dz U: a row for each token
  parallel_shares(dx.rows(), 1, [&](Range rows) {
    product<Real>(dz_of_rows().row_range(rows.begin, rows.size()), weights_.U,
                  dx.row_range(rows.begin, rows.size()));
  });
  for (std::size_t position = 0; position < shape_.steps(); ++position) {
    const WalkStep walk = walk_step(shape_, layer_.direction(), position, {0, shape_.batch()});
    const std::size_t come = walk.come(), begin = walk.here.count - come;
    if (begin == 0) continue;
    // dh_0 = dz_1 W
    product<Real>(rows_of(all_dz(), walk.here.token + come, begin), weights_.W,
                  rows_of(dstate.h, walk.here.row + come, begin));
  }
}

/// W, and U for dx.
template <typename Real, typename Operand>
void BackwardPass<Real, Operand>::pack_weights(bool needs_U) {
  const auto fill = [&](MatrixView<const Real> weights, Panels<Operand>& panels) {
    parallel_shares(panels.count(), 1,
                    [&](Range some) { panels.fill(weights, layer_.precision(), some); });
  };
  fill(layer_.W.value.matrix(), weights_.W);
  if (needs_U) fill(layer_.U.value.matrix(), weights_.U);
}

/// body(columns, scratch) for all columns of dz: a thread has some, and the rows of U, W and b that
/// belong to them.
template <typename Real, typename Operand>
template <typename Body>
void BackwardPass<Real, Operand>::share_columns(Body body) {
  const std::size_t GH = layer_.gate_count() * layer_.hidden_size();
  const std::size_t parts = std::min((GH + kProductGrain - 1) / kProductGrain, thread_count());
  if (scratch_.gradient.size() < parts) scratch_.gradient.resize(parts);
  parallel_parts(parts, [&](std::size_t part) {
    body(part_of(GH, part, parts, kProductGrain), scratch_.gradient[part]);
  });
}

template <typename Real, typename Operand>
void BackwardPass<Real, Operand>::walk(const WalkShare& share, MatrixView<const Real> dh,
                                       RecurrentState<Real>& dstate) {
  for (std::size_t position = share.positions.end; position-- > share.positions.begin;) {
    const WalkStep walk = walk_step(shape_, layer_.direction(), position, share.rows);
    const auto [token, row, count] = walk.here;
    if (count > 0) {
      step_backward<Real, Operand>(layer_,
                                   {.W = &weights_.W,
                                    .units = share.units,
                                    .dz_next = rows_of(all_dz(), walk.after.token, walk.go_on()),
                                    .dh_T = rows_of(dstate.h, row, count),
                                    .dh = dh.row_range(token, count),
                                    .saved = rows_of(record_.gates, token, count),
                                    .C_prev = C_before(record_, walk),
                                    .C = rows_of(record_.C, token, count),
                                    .dC = rows_of(dstate.C, row, count),
                                    .dz = rows_of(all_dz(), token, count),
                                    .precision = layer_.precision(),
                                    .descending = is_descending(position, count)});
    }
    share.finish_step();
  }
}

/// Adds what these tokens give, in these columns of dz.
template <typename Real, typename Operand>
void BackwardPass<Real, Operand>::add_gradients(Range tokens, Range columns,
                                                Tensor<Operand>& scratch) {
  const std::size_t N = tokens.size();
  const MatrixView<const Operand> dz =
      rows_of(all_dz(), tokens.begin, N).column_range(columns.begin, columns.size());
  // dW += dzᵀ h_prev
  const GradientOf<Real, Operand> dW{rows_of(operands_.h_prev, tokens.begin, N),
                                     rows_of(layer_.W.grad, columns.begin, columns.size())};
  // db += the sum of dz's rows
  add_column_sums<Real, Operand>(dz, layer_.b.grad.values().subspan(columns.begin, columns.size()));
  // dU += dzᵀ x; where tokens share x, their dz are summed first
  if (input_.rows.empty()) {
    const auto x = operands_again<Operand>(layer_, input_.x, operands_.x);
    const GradientOf<Real, Operand> dU{x.row_range(tokens.begin, N),
                                       rows_of(layer_.U.grad, columns.begin, columns.size())};
    unroll::add_gradients<Real, Operand>(dz, {dU, dW}, scratch);
  } else {
    unroll::add_gradients<Real, Operand>(dz, {dW}, scratch);
    scatter_add_rows<Real, Operand>(
        dz, input_.rows.subspan(tokens.begin, N),
        input_sums_.matrix().column_range(columns.begin, columns.size()));
  }
}

/// dU of an input with shared rows, in some columns of dz.
template <typename Real, typename Operand>
void BackwardPass<Real, Operand>::add_shared_gradients(Range columns, Tensor<Operand>& scratch) {
  const auto sums = input_sums_.matrix().column_range(columns.begin, columns.size());
  if constexpr (std::is_same_v<Operand, Real>) {
    if (rounds_in_place<Operand>(layer_)) round_to_bfloat16<Real>(sums, sums);
  } else {
    round_to_bfloat16(sums,
                      scratch_.dz_of_rows.matrix().column_range(columns.begin, columns.size()));
  }
  const auto x = operands_again<Operand>(layer_, input_.x, operands_.x);
  const GradientOf<Real, Operand> dU{x, rows_of(layer_.U.grad, columns.begin, columns.size())};
  unroll::add_gradients<Real, Operand>(dz_of_rows().column_range(columns.begin, columns.size()),
                                       {dU}, scratch);
}

/// ∂L/∂z, where the backward pass writes it.
template <typename Real, typename Operand>
Tensor<Operand>& BackwardPass<Real, Operand>::all_dz() {
  if constexpr (std::is_same_v<Operand, Real>) {
    if (overwrites_gates<Operand>(record_)) return record_.gates;
  }
  return scratch_.dz;
}

/// ∂L/∂(U x) for each row of x.
template <typename Real, typename Operand>
MatrixView<const Operand> BackwardPass<Real, Operand>::dz_of_rows() {
  if (input_.rows.empty()) return all_dz().matrix();
  if constexpr (std::is_same_v<Operand, Real>) {
    return input_sums_.matrix();
  } else {
    return scratch_.dz_of_rows.matrix();
  }
}

#define UNROLL_INSTANTIATE(Real, Operand) template class BackwardPass<Real, Operand>;
UNROLL_INSTANTIATE(float, float)
UNROLL_INSTANTIATE(double, double)
UNROLL_INSTANTIATE(float, BFloat16)
#undef UNROLL_INSTANTIATE

}  // namespace unroll
