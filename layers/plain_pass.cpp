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

/// Every token's x, also where tokens share it.
template <typename Real>
MatrixView<const Real> x_of_tokens(const RecurrentInput<Real>& input, Tensor<Real>& gathered) {
  if (input.rows.empty()) return input.x;
  gathered.resize({input.rows.size(), input.x.columns()});
  gather_rows<Real>(input.x, input.rows, gathered.matrix());
  return std::as_const(gathered).matrix();
}

}  // namespace

template <typename Real>
void pack_plain(const RecurrentLayer<Real>& layer, PlainWeights<Real>& weights) {
  weights.U.pack(transposed(layer.U.value.matrix()));
  weights.W.pack(transposed(layer.W.value.matrix()));
}

template <typename Real>
void plain_forward(const RecurrentLayer<Real>& layer, const RaggedShape& shape,
                   const RecurrentInput<Real>& input, const RecurrentState<Real>& state,
                   RecurrentPass<Real>& pass, MatrixView<Real> h) {
  const std::size_t N = shape.tokens(), H = layer.hidden_size(), GH = layer.gate_count() * H;
  RecurrentRecord<Real>& record = pass.record;
  PlainWeights<Real>& weights = pass.weights.plain;
  PlainScratch<Real>& scratch = pass.scratch.plain;
  record.gates.resize({N, GH});
  record.C.resize(state.C.empty() ? Shape() : Shape{N, H});
  record.C_0 = state.C;
  record.full.h_prev.resize({N, H});
  scratch.U_x.resize({input.x.rows(), GH});
  scratch.W_h.resize({shape.batch(), GH});
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
                        .h_next = rows_of(record.full.h_prev, walk.after.token, walk.go_on())});
  });
}

template <typename Real>
void plain_backward(RecurrentLayer<Real>& layer, const RaggedShape& shape,
                    const RecurrentInput<Real>& input, RecurrentPass<Real>& pass,
                    MatrixView<const Real> dh, RecurrentState<Real>& dstate, MatrixView<Real> dx) {
  const std::size_t N = shape.tokens(), H = layer.hidden_size(), GH = layer.gate_count() * H;
  RecurrentRecord<Real>& record = pass.record;
  PlainWeights<Real>& weights = pass.weights.plain;
  PlainScratch<Real>& scratch = pass.scratch.plain;
  Tensor<Real>& dz = pass.scratch.full.dz;
  dz.resize({N, GH});
  scratch.W_dz.resize({shape.batch(), H});
  weights.W_back.pack(layer.W.value.matrix());
  for_each_step(layer, shape, WalkOrder::kDescending, [&](std::size_t, const WalkStep& walk) {
    const auto [token, row, count] = walk.here;
    const std::size_t go_on = walk.go_on();
    const MatrixView<Real> W_dz = rows_of(scratch.W_dz, row, count);
    const auto dz_next = rows_of(dz, walk.after.token, go_on);
    product<Real>(dz_next, weights.W_back, W_dz.row_range(0, go_on));
    copy_rows<Real>(rows_of(dstate.h, row + go_on, count - go_on),
                    W_dz.row_range(go_on, count - go_on));
    cell_backward<Real>(layer.kind(), {.units = {0, H},
                                       .dz_next = dz_next,
                                       .W_dz = W_dz,
                                       .dh = dh.row_range(token, count),
                                       .saved = rows_of(record.gates, token, count),
                                       .C_prev = C_before(record, walk),
                                       .C = rows_of(record.C, token, count),
                                       .dC = rows_of(dstate.C, row, count),
                                       .dz = rows_of(dz, token, count)});
  });
  const bool is_shared = !input.rows.empty();
  if (is_shared && !dx.empty()) scratch.dx.resize({N, layer.input_size()});
  const MatrixView<Real> dx_of_tokens = is_shared && !dx.empty() ? scratch.dx.matrix() : dx;
  cell_gradients<Real>(layer.kind().cell, {.dz = dz.matrix(),
                                           .x = x_of_tokens(input, scratch.x),
                                           .h_prev = record.full.h_prev.matrix(),
                                           .U = layer.U.value.matrix(),
                                           .dU = layer.U.grad.matrix(),
                                           .dW = layer.W.grad.matrix(),
                                           .db = layer.b.grad.values(),
                                           .dx = dx_of_tokens});
  if (is_shared && !dx.empty()) {
    for (std::size_t r = 0; r < dx.rows(); ++r) std::ranges::fill(dx.row(r), Real{0});
    scatter_add_rows<Real, Real>(std::as_const(scratch.dx).matrix(), input.rows, dx);
  }
  for (std::size_t position = 0; position < shape.steps(); ++position) {
    const WalkStep walk = walk_step(shape, layer.direction(), position, {0, shape.batch()});
    const std::size_t come = walk.come(), begin = walk.here.count - come;
    cell_first_state<Real>(layer.kind().cell,
                           {.dz = rows_of(dz, walk.here.token + come, begin),
                            .W = layer.W.value.matrix(),
                            .dh_0 = rows_of(dstate.h, walk.here.row + come, begin)});
  }
}

template <typename Real>
void plain_infer(const RecurrentLayer<Real>& layer, const RaggedShape& shape,
                 const RecurrentInput<Real>& input, const PlainWeights<Real>& weights,
                 MatrixView<const Real> projected, RecurrentState<Real>& state,
                 PlainScratch<Real>& scratch, MatrixView<Real> h) {
  const std::size_t H = layer.hidden_size(), GH = layer.gate_count() * H;
  scratch.W_h.resize({shape.batch(), GH});
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
        cell_forward<Real>(layer.kind(), {.b = layer.b.value.values(),
                                          .units = {0, H},
                                          .in = input_of<Real>(input, projected, walk.here),
                                          .h_prev = h_prev,
                                          .W_h = W_h,
                                          .C_prev = {C, {}},
                                          .C = C,
                                          .h = h.row_range(token, count),
                                          .h_next = rows_of(scratch.h_prev[(position + 1) % 2], row,
                                                            walk.go_on())});
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
