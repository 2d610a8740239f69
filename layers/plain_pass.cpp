#include "unroll/layers/plain_pass.h"

#include <algorithm>
#include <utility>

#include "unroll/kernels/ops.h"
#include "unroll/layers/recurrent_pass.h"

namespace unroll {

namespace {

/// Where a token's b + U x_t is.
template <typename Real>
ProductOfInput<Real> input_of(const RecurrentInput<Real>& input, MatrixView<const Real> U_x,
                              const StepRows& rows) {
  if (input.rows.empty()) return {{}, U_x.row_range(rows.token, rows.count), {}};
  return {{}, U_x, input.rows.subspan(rows.token, rows.count)};
}

template <typename Real>
void fill_rows(MatrixView<Real> rows, Real value) {
  for (std::size_t r = 0; r < rows.rows(); ++r) std::ranges::fill(rows.row(r), value);
}

/// The k-th position that a walk in this order takes.
std::size_t position_at(Range positions, WalkOrder order, std::size_t k) {
  switch (order) {
    case WalkOrder::kAscending:
      return positions.begin + k;
    case WalkOrder::kDescending:
      return positions.end - 1 - k;
  }
  return positions.begin;
}

/// body(position, step) for every step of a walk, as far as a thread has rows of it. Threads share
/// rows alone, because a cell that is written out has all units.
template <typename Real, typename Body>
void for_each_step(const RecurrentLayer<Real>& layer, const RaggedShape& shape, WalkOrder order,
                   Body body) {
  const std::size_t H = layer.hidden_size();
  share_walk(shape, {0, shape.steps()}, order, H, H, [&](const WalkShare& share) {
    for (std::size_t k = 0; k < share.positions.size(); ++k) {
      const std::size_t position = position_at(share.positions, order, k);
      const WalkStep step = walk_step(shape, layer.direction(), position, share.rows);
      if (step.here.count > 0) body(position, step);
    }
  });
}

/// W of the gates whose products are made before a step, and of those that follow in it.
template <typename Real>
std::pair<MatrixView<const Real>, MatrixView<const Real>> parts_of_W(
    const RecurrentLayer<Real>& layer) {
  const MatrixView<const Real> W = layer.W.value.matrix();
  const std::size_t late = describe(layer.kind()).late_gates * layer.hidden_size();
  return {W.row_range(0, W.rows() - late), W.row_range(W.rows() - late, late)};
}

/// Room for what a step forward needs of so many rows.
template <typename Real>
void resize_step(const RecurrentLayer<Real>& layer, std::size_t rows, PlainScratch<Real>& scratch) {
  const std::size_t H = layer.hidden_size(), late = describe(layer.kind()).late_gates;
  scratch.W_h.resize({rows, (layer.gate_count() - late) * H});
  scratch.late_in.resize({rows, late * H});
  scratch.late_out.resize({rows, late * H});
}

/// What a GRU needs in a step of these rows of the batch.
template <typename Real>
GruStep<Real> gru_step(const RecurrentLayer<Real>& layer, const PlainWeights<Real>& weights,
                       PlainScratch<Real>& scratch, const StepRows& rows) {
  return {layer.d.value.values(),
          {rows_of(scratch.late_in, rows.row, rows.count), &weights.late_W,
           rows_of(scratch.late_out, rows.row, rows.count)}};
}

/// The way back through it: the last columns of dz times W.
template <typename Real>
InnerProduct<Real> late_product_back(RecurrentPass<Real>& pass, const StepRows& rows) {
  const MatrixView<Real> out = rows_of(pass.scratch.plain.late_out, rows.row, rows.count);
  const MatrixView<Real> dz = rows_of(pass.scratch.full.dz, rows.token, rows.count);
  return {dz.column_range(dz.columns() - out.columns(), out.columns()),
          &pass.weights.plain.late_W_back, out};
}

/// Every token's x, also where tokens share it.
template <typename Real>
MatrixView<const Real> x_of_tokens(const RecurrentInput<Real>& input, Tensor<Real>& gathered) {
  if (input.rows.empty()) return input.x;
  gathered.resize({input.rows.size(), input.x.columns()});
  gather_rows<Real>(input.x, input.rows, gathered.matrix());
  return std::as_const(gathered).matrix();
}

/// dU, dW and the other gradients of the whole pass, whose dz are all there. dx of a word is the
/// sum over its tokens.
template <typename Real>
void add_plain_gradients(RecurrentLayer<Real>& layer, const RecurrentInput<Real>& input,
                         RecurrentPass<Real>& pass, MatrixView<Real> dx) {
  PlainScratch<Real>& scratch = pass.scratch.plain;
  const MatrixView<Real> dz = pass.scratch.full.dz.matrix();
  const bool sums_dx = !input.rows.empty() && !dx.empty();
  if (sums_dx) scratch.dx.resize({dz.rows(), layer.input_size()});
  cell_gradients<Real>(layer.kind(), {.dz = dz,
                                      .saved = pass.record.gates.matrix(),
                                      .x = x_of_tokens(input, scratch.x),
                                      .h_prev = pass.record.full.h_prev.matrix(),
                                      .U = layer.U.value.matrix(),
                                      .dU = layer.U.grad.matrix(),
                                      .dW = layer.W.grad.matrix(),
                                      .db = layer.b.grad.values(),
                                      .dd = layer.d.grad.values(),
                                      .dx = sums_dx ? scratch.dx.matrix() : dx});
  if (!sums_dx) return;
  fill_rows<Real>(dx, 0);
  scatter_add_rows<Real, Real>(std::as_const(scratch.dx).matrix(), input.rows, dx);
}

/// ∂L/∂h_0 of every row, from its first step.
template <typename Real>
void go_back_to_first_states(const RecurrentLayer<Real>& layer, const RaggedShape& shape,
                             RecurrentPass<Real>& pass, RecurrentState<Real>& dstate) {
  for (std::size_t position = 0; position < shape.steps(); ++position) {
    const WalkStep walk = walk_step(shape, layer.direction(), position, {0, shape.batch()});
    const std::size_t come = walk.come(), begin = walk.here.count - come;
    cell_first_state<Real>(layer.kind().cell,
                           {.dz = rows_of(pass.scratch.full.dz, walk.here.token + come, begin),
                            .W = layer.W.value.matrix(),
                            .dh_0 = rows_of(dstate.h, walk.here.row + come, begin)});
  }
}

}  // namespace

template <typename Real>
void pack_plain(const RecurrentLayer<Real>& layer, PlainWeights<Real>& weights) {
  const auto [early, late] = parts_of_W(layer);
  weights.U.pack(transposed(layer.U.value.matrix()));
  weights.W.pack(transposed(early));
  if (!late.empty()) weights.late_W.pack(transposed(late));
}

template <typename Real>
void plain_forward(const RecurrentLayer<Real>& layer, const RaggedShape& shape,
                   const RecurrentInput<Real>& input, const RecurrentState<Real>& state,
                   RecurrentPass<Real>& pass, MatrixView<Real> h) {
  const std::size_t N = shape.tokens(), H = layer.hidden_size(), GH = layer.gate_count() * H;
  RecurrentRecord<Real>& record = pass.record;
  PlainWeights<Real>& weights = pass.weights.plain;
  PlainScratch<Real>& scratch = pass.scratch.plain;
  record.gates.resize({N, saved_count(layer.kind()) * H});
  record.C.resize(state.C.empty() ? Shape() : Shape{N, H});
  record.C_0 = state.C;
  record.full.h_prev.resize({N, H});
  scratch.U_x.resize({input.x.rows(), GH});
  resize_step(layer, shape.batch(), scratch);
  for (std::size_t row = 0; row < shape.batch(); ++row) {
    const std::size_t first = first_token(shape, layer.direction(), row);
    std::ranges::copy(state.h.matrix().row(row), record.full.h_prev.matrix().row(first).begin());
  }
  pack_plain(layer, weights);
  project_rows<Real>(layer, input.x, weights.U, scratch.U_x.matrix());
  for_each_step(layer, shape, WalkOrder::kAscending, [&](std::size_t, const WalkStep& walk) {
    const auto [token, row, count] = walk.here;
    const MatrixView<Real> W_h = rows_of(scratch.W_h, row, count);
    product<Real>(rows_of(record.full.h_prev, token, count), weights.W, W_h);
    cell_forward<Real>(layer.kind(),
                       {.b = layer.b.value.values(),
                        .units = {0, H},
                        .in = input_of<Real>(input, scratch.U_x.matrix(), walk.here),
                        .h_prev = rows_of(record.full.h_prev, token, count),
                        .W_h = W_h,
                        .C_prev = C_before(record, walk),
                        .saved = rows_of(record.gates, token, count),
                        .C = rows_of(record.C, token, count),
                        .h = h.row_range(token, count),
                        .h_next = rows_of(record.full.h_prev, walk.after.token, walk.go_on())},
                       gru_step(layer, weights, scratch, walk.here));
  });
}

template <typename Real>
void plain_backward(RecurrentLayer<Real>& layer, const RaggedShape& shape,
                    const RecurrentInput<Real>& input, RecurrentPass<Real>& pass,
                    MatrixView<const Real> dh, RecurrentState<Real>& dstate, MatrixView<Real> dx) {
  const std::size_t N = shape.tokens(), H = layer.hidden_size();
  const bool keeps_h = describe(layer.kind()).keeps_h;
  const auto [early, late] = parts_of_W(layer);
  RecurrentRecord<Real>& record = pass.record;
  PlainWeights<Real>& weights = pass.weights.plain;
  PlainScratch<Real>& scratch = pass.scratch.plain;
  Tensor<Real>& dz = pass.scratch.full.dz;
  dz.resize({N, saved_count(layer.kind()) * H});
  scratch.W_dz.resize({shape.batch(), H});
  scratch.late_out.resize({shape.batch(), late.rows()});
  weights.W_back.pack(early);
  if (!late.empty()) weights.late_W_back.pack(late);
  for_each_step(layer, shape, WalkOrder::kDescending, [&](std::size_t, const WalkStep& walk) {
    const auto [token, row, count] = walk.here;
    const std::size_t go_on = walk.go_on();
    const MatrixView<Real> W_dz = rows_of(scratch.W_dz, row, count);
    const auto dz_next = rows_of(dz, walk.after.token, go_on);
    const MatrixView<Real> dh_T = rows_of(dstate.h, row, count);
    product<Real>(dz_next.column_range(0, early.rows()), weights.W_back, W_dz.row_range(0, go_on));
    if (keeps_h) {
      fill_rows<Real>(W_dz.row_range(go_on, count - go_on), 0);
    } else {
      copy_rows<Real>(dh_T.row_range(go_on, count - go_on), W_dz.row_range(go_on, count - go_on));
    }
    cell_backward<Real>(layer.kind(),
                        {.units = {0, H},
                         .dz_next = dz_next,
                         .W_dz = W_dz,
                         .dh = dh.row_range(token, count),
                         .saved = rows_of(record.gates, token, count),
                         .C_prev = C_before(record, walk),
                         .C = rows_of(record.C, token, count),
                         .dC = rows_of(dstate.C, row, count),
                         .dz = rows_of(dz, token, count)},
                        {.h_prev = rows_of(record.full.h_prev, token, count),
                         .dh_kept = dh_T,
                         .inner = late_product_back(pass, walk.here)});
  });
  add_plain_gradients(layer, input, pass, dx);
  go_back_to_first_states(layer, shape, pass, dstate);
}

template <typename Real>
void plain_infer(const RecurrentLayer<Real>& layer, const RaggedShape& shape,
                 const RecurrentInput<Real>& input, const PlainWeights<Real>& weights,
                 MatrixView<const Real> projected, RecurrentState<Real>& state,
                 PlainScratch<Real>& scratch, MatrixView<Real> h) {
  const std::size_t H = layer.hidden_size(), GH = layer.gate_count() * H;
  resize_step(layer, shape.batch(), scratch);
  if (projected.empty()) {
    scratch.U_x.resize({input.x.rows(), GH});
    project_rows<Real>(layer, input.x, weights.U, scratch.U_x.matrix());
    projected = scratch.U_x.matrix();
  }
  for (Tensor<Real>& h_prev : scratch.h_prev) h_prev = state.h;  // rows begin at any step
  for_each_step(
      layer, shape, WalkOrder::kAscending, [&](std::size_t position, const WalkStep& walk) {
        const auto [token, row, count] = walk.here;
        const MatrixView<Real> W_h = rows_of(scratch.W_h, row, count);
        const MatrixView<const Real> h_prev = rows_of(scratch.h_prev[position % 2], row, count);
        product<Real>(h_prev, weights.W, W_h);
        const MatrixView<Real> C = rows_of(state.C, row, count);
        cell_forward<Real>(
            layer.kind(),
            {.b = layer.b.value.values(),
             .units = {0, H},
             .in = input_of<Real>(input, projected, walk.here),
             .h_prev = h_prev,
             .W_h = W_h,
             .C_prev = {C, {}},
             .C = C,
             .h = h.row_range(token, count),
             .h_next = rows_of(scratch.h_prev[(position + 1) % 2], row, walk.go_on())},
            gru_step(layer, weights, scratch, walk.here));
      });
}

#define UNROLL_INSTANTIATE(Real)                                                                 \
  template void pack_plain(const RecurrentLayer<Real>&, PlainWeights<Real>&);                    \
  template void plain_forward(const RecurrentLayer<Real>&, const RaggedShape&,                   \
                              const RecurrentInput<Real>&, const RecurrentState<Real>&,          \
                              RecurrentPass<Real>&, MatrixView<Real>);                           \
  template void plain_backward(RecurrentLayer<Real>&, const RaggedShape&,                        \
                               const RecurrentInput<Real>&, RecurrentPass<Real>&,                \
                               MatrixView<const Real>, RecurrentState<Real>&, MatrixView<Real>); \
  template void plain_infer(const RecurrentLayer<Real>&, const RaggedShape&,                     \
                            const RecurrentInput<Real>&, const PlainWeights<Real>&,              \
                            MatrixView<const Real>, RecurrentState<Real>&, PlainScratch<Real>&,  \
                            MatrixView<Real>);
UNROLL_INSTANTIATE(float)
UNROLL_INSTANTIATE(double)
#undef UNROLL_INSTANTIATE

}  // namespace unroll
