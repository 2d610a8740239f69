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
    case Cell::kGru:
      gru_step_back(step);
      break;
  }
}

}  // namespace

std::array<PartOfDz, 3> parts_of_dz(const CellKind& kind, std::size_t H) {
  switch (kind.cell) {
    case Cell::kRnn:
    case Cell::kLstm:
      return {{{.columns = {0, gate_count(kind.cell) * H},
                .row_of_U = 0,
                .row_of_W = 0,
                .row_of_d = {}},
               {},
               {}}};
    case Cell::kGru:  // r and u, q, the candidate
      return {{{.columns = {0, 2 * H}, .row_of_U = 0, .row_of_W = 0, .row_of_d = {}},
               {.columns = {2 * H, 3 * H}, .row_of_U = {}, .row_of_W = 2 * H, .row_of_d = 0},
               {.columns = {3 * H, 4 * H}, .row_of_U = 2 * H, .row_of_W = {}, .row_of_d = {}}}};
  }
  return {};
}

template <typename Real, typename Operand>
void BackwardPass<Real, Operand>::run(MatrixView<const Real> dh, RecurrentState<Real>& dstate,
                                      MatrixView<Real> dx) {
  const std::size_t H = layer_.hidden_size(), S = saved_count(layer_.kind());
  const ThreadLimit limit(walk_threads(shape_, H, unit_grain<Real, Operand>()));
  const bool shared = !input_.rows.empty();
  all_dz().resize({shape_.tokens(), S * H});
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
    share_columns(S * H, [&](Range columns, Tensor<Operand>& scratch) {
      add_gradients(chunk.tokens, columns, scratch);
    });
    end = chunk.positions.begin;
  }
  if (shared) {
    share_columns(layer_.gate_count() * H, [&](Range columns, Tensor<Operand>& scratch) {
      add_shared_gradients(columns, scratch);
    });
  }
  set_dx(dx);
  set_first_states(dstate);
}

/// dx = dz U: a row for each row of x.
template <typename Real, typename Operand>
void BackwardPass<Real, Operand>::set_dx(MatrixView<Real> dx) {
  const auto [first, middle, last] = parts_of_dz(layer_.kind(), layer_.hidden_size());
  MatrixView<const Operand> dz = all_dz().matrix(), more;
  if (!input_.rows.empty()) {
    dz = sums_as_operands(), more = dz.column_range(dz.columns(), 0);
  } else {
    more = dz.column_range(last.columns.begin, last.columns.size());
    dz = dz.column_range(first.columns.begin, first.columns.size());
  }
  parallel_shares(dx.rows(), 1, [&](Range rows) {
    product<Real>(dz.row_range(rows.begin, rows.size()), more.row_range(rows.begin, rows.size()),
                  weights_.U, dx.row_range(rows.begin, rows.size()));
  });
}

/// dh_0 = dz_1 W, from the columns of dz that belong to W, and what the first step kept of h_0.
template <typename Real, typename Operand>
void BackwardPass<Real, Operand>::set_first_states(RecurrentState<Real>& dstate) {
  const std::size_t GH = layer_.gate_count() * layer_.hidden_size();
  const bool keeps_h = describe(layer_.kind()).keeps_h;
  if (keeps_h) W_dz_.resize(dstate.h.shape());
  for (std::size_t position = 0; position < shape_.steps(); ++position) {
    const WalkStep walk = walk_step(shape_, layer_.direction(), position, {0, shape_.batch()});
    const std::size_t come = walk.come(), begin = walk.here.count - come;
    if (begin == 0) continue;
    const MatrixView<Real> dh_0 = rows_of(dstate.h, walk.here.row + come, begin);
    const MatrixView<Real> W_dz = keeps_h ? rows_of(W_dz_, walk.here.row + come, begin) : dh_0;
    product<Real>(rows_of(all_dz(), walk.here.token + come, begin).column_range(0, GH), weights_.W,
                  W_dz);
    for (std::size_t r = 0; r < begin && keeps_h; ++r) add<Real>(W_dz.row(r), dh_0.row(r));
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

/// body(columns, scratch) for so many columns of dz: a thread has some, and the rows of U, W and b
/// that belong to them.
template <typename Real, typename Operand>
template <typename Body>
void BackwardPass<Real, Operand>::share_columns(std::size_t all, Body body) {
  const std::size_t parts = std::min((all + kProductGrain - 1) / kProductGrain, thread_count());
  if (scratch_.gradient.size() < parts) scratch_.gradient.resize(parts);
  parallel_parts(parts, [&](std::size_t part) {
    body(part_of(all, part, parts, kProductGrain), scratch_.gradient[part]);
  });
}

template <typename Real, typename Operand>
void BackwardPass<Real, Operand>::walk(const WalkShare& share, MatrixView<const Real> dh,
                                       RecurrentState<Real>& dstate) {
  const std::size_t GH = layer_.gate_count() * layer_.hidden_size();
  for (std::size_t position = share.positions.end; position-- > share.positions.begin;) {
    const WalkStep walk = walk_step(shape_, layer_.direction(), position, share.rows);
    const auto [token, row, count] = walk.here;
    if (count > 0) {
      step_backward<Real, Operand>(
          layer_, {.W = &weights_.W,
                   .units = share.units,
                   .dz_next = rows_of(all_dz(), walk.after.token, walk.go_on()).column_range(0, GH),
                   .dh_T = rows_of(dstate.h, row, count),
                   .dh_kept = rows_of(dstate.h, row, count),
                   .h_kept = h_kept(walk),
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

/// h_{t−1} of a cell that keeps a part of it.
template <typename Real, typename Operand>
ContinuedRows<const Real> BackwardPass<Real, Operand>::h_kept(const WalkStep& walk) const {
  if (!describe(layer_.kind()).keeps_h) return {};
  if constexpr (std::is_same_v<Operand, Real>) {
    if (!keeps_unrounded_h(layer_)) {
      return {rows_of(operands_.h_prev, walk.here.token, walk.here.count), {}};
    }
  }
  return h_before<Real>(record_.h.matrix(), record_.h_0.matrix(), walk);
}

/// Adds what these tokens give, in these columns of dz.
template <typename Real, typename Operand>
void BackwardPass<Real, Operand>::add_gradients(Range tokens, Range columns,
                                                Tensor<Operand>& scratch) {
  for (const PartOfDz& part : parts_of_dz(layer_.kind(), layer_.hidden_size())) {
    const std::size_t begin = std::max(part.columns.begin, columns.begin);
    const std::size_t end = std::min(part.columns.end, columns.end);
    if (begin >= end) continue;
    const auto moved = [&](std::optional<std::size_t> row) {
      return row ? std::optional(*row + begin - part.columns.begin) : std::nullopt;
    };
    add_gradients(tokens,
                  {{begin, end}, moved(part.row_of_U), moved(part.row_of_W), moved(part.row_of_d)},
                  scratch);
  }
}

template <typename Real, typename Operand>
void BackwardPass<Real, Operand>::add_gradients(Range tokens, const PartOfDz& part,
                                                Tensor<Operand>& scratch) {
  const std::size_t N = tokens.size(), size = part.columns.size();
  const MatrixView<const Operand> dz =
      rows_of(all_dz(), tokens.begin, N).column_range(part.columns.begin, size);
  // dW += dzᵀ h_prev
  const GradientOf<Real, Operand> dW{rows_of(operands_.h_prev, tokens.begin, N),
                                     rows_of(layer_.W.grad, part.row_of_W.value_or(0), size)};
  // db += the sum of dz's rows
  Tensor<Real>& bias = part.row_of_U ? layer_.b.grad : layer_.d.grad;
  const std::span<Real> db =
      bias.values().subspan(part.row_of_U ? *part.row_of_U : *part.row_of_d, size);
  add_column_sums<Real, Operand>(dz, db);
  if (!part.row_of_U) return unroll::add_gradients<Real, Operand>(dz, {dW}, scratch);
  // dU += dzᵀ x; where tokens share x, their dz are summed first
  if (!input_.rows.empty()) {
    scatter_add_rows<Real, Operand>(dz, input_.rows.subspan(tokens.begin, N),
                                    input_sums_.matrix().column_range(*part.row_of_U, size));
    if (part.row_of_W) unroll::add_gradients<Real, Operand>(dz, {dW}, scratch);
    return;
  }
  const auto x = operands_again<Operand>(layer_, input_.x, operands_.x);
  const GradientOf<Real, Operand> dU{x.row_range(tokens.begin, N),
                                     rows_of(layer_.U.grad, *part.row_of_U, size)};
  if (part.row_of_W) return unroll::add_gradients<Real, Operand>(dz, {dU, dW}, scratch);
  unroll::add_gradients<Real, Operand>(dz, {dU}, scratch);
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
  const MatrixView<const Operand> dz =
      sums_as_operands().column_range(columns.begin, columns.size());
  unroll::add_gradients<Real, Operand>(dz, {dU}, scratch);
}

/// ∂L/∂z, where the backward pass writes it.
template <typename Real, typename Operand>
Tensor<Operand>& BackwardPass<Real, Operand>::all_dz() {
  if constexpr (std::is_same_v<Operand, Real>) {
    if (overwrites_gates<Operand>(record_)) return record_.gates;
  }
  return scratch_.dz;
}

/// ∂L/∂(U x) for each row of x, of an input with shared rows.
template <typename Real, typename Operand>
MatrixView<const Operand> BackwardPass<Real, Operand>::sums_as_operands() {
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
