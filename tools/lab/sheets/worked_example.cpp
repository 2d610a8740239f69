#include "unroll/tools/lab/sheets/worked_example.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "unroll/core/error.h"
#include "unroll/kernels/gemm.h"
#include "unroll/kernels/ops.h"
#include "unroll/layers/recurrent_stack.h"
#include "unroll/tools/lab/proofs/proof.h"

namespace unroll {

namespace {

using View = MatrixView<const double>;

void require(bool holds, const std::string& message) {
  if (!holds) throw UsageError(message);
}

void check(const SequenceClassifierConfig& model, std::size_t steps,
           const WorkedExampleRequest& request) {
  require(model.pool.has_value(),
          "trace: this model has a target at every step; expected one that pools over time");
  require(request.layer < model.layers,
          fmt::format("trace: there is no layer {}; the model's layers are 0 .. {}", request.layer,
                      model.layers - 1));
  require(request.direction == Direction::kForward || model.bidirectional,
          "trace: the model reads forward only; there is no backward direction");
  require(request.step >= 1 && request.step <= steps,
          fmt::format("trace: there is no step {}; this text has the steps 1 .. {}", request.step,
                      steps));
}

Tensor<double> copy_of(View from) {
  Tensor<double> to(from.shape());
  for (std::size_t r = 0; r < from.rows(); ++r) {
    std::ranges::copy(from.row(r), to.matrix().row(r).begin());
  }
  return to;
}

/// A layer of its own with the values of the model's: it can be sent back through again and again.
std::unique_ptr<RecurrentLayer<double>> copy_layer(SequenceClassifier<double>& model,
                                                   const WorkedExampleRequest& request) {
  const SequenceClassifierConfig& config = model.config();
  const std::size_t d = request.direction == Direction::kForward ? 0 : 1;
  RecurrentLayer<double>& from = model.stack().layer(request.layer, d);
  auto layer = std::make_unique<RecurrentLayer<double>>("copy", from.input_size(), config.hidden,
                                                        from.kind(), request.direction);
  layer->set_plain(from.is_plain());
  for (std::size_t k = 0; k < layer->parameters().size(); ++k) {
    layer->parameters()[k]->value = from.parameters()[k]->value;
  }
  return layer;
}

/// Takes from the whole model's pass what lies above and below the layer.
class Surroundings {
 public:
  using Inspection = SequenceClassifier<double>::Inspection;
  Surroundings(const Inspection& seen, const SequenceClassifierConfig& model,
               const WorkedExampleRequest& request)
      : seen_(seen), model_(model), request_(request) {}

  const Tensor<double>& x() const {
    return request_.layer == 0 ? seen_.x : seen_.h[request_.layer - 1];
  }
  View g() const {
    const std::size_t d = request_.direction == Direction::kForward ? 0 : 1;
    return seen_.dh[request_.layer].matrix().column_range(d * model_.hidden, model_.hidden);
  }

 private:
  const Inspection& seen_;
  const SequenceClassifierConfig& model_;
  const WorkedExampleRequest& request_;
};

void take_output(const SequenceClassifier<double>& model,
                 const SequenceClassifier<double>::Inspection& seen, WorkedExample& example) {
  const auto parameters = model.parameters();
  const Parameter<double>& V = *parameters[parameters.size() - 2];
  const Parameter<double>& c = *parameters.back();
  example.V = V.value;
  example.dV = V.grad;
  example.c = c.value;
  example.dc = c.grad;
  example.p = seen.p;
  for (std::int32_t t : seen.winners) example.winners.push_back(static_cast<std::size_t>(t) + 1);
  example.O = seen.O;
  example.dO = seen.dO;
  example.dp = seen.dp;
  example.y_hat.resize(seen.O.shape());
  softmax<double>(seen.O.matrix(), example.y_hat.matrix());
}

/// tanh, element by element.
Tensor<double> tanh_of(const Tensor<double>& C) {
  Tensor<double> y(C.shape());
  activate<double>(Activation::kTanh, C.values(), y.values());
  return y;
}

/// Columns first … first + H − 1 of every row.
Tensor<double> block_of(const Tensor<double>& tensor, std::size_t k, std::size_t H) {
  return copy_of(tensor.matrix().column_range(k * H, H));
}

/// (T, G·H): what a step has saved for its gates, without a GRU's q.
Tensor<double> gates_of(const CellKind& kind, const Tensor<double>& saved) {
  const std::size_t G = gate_count(kind.cell), S = saved_count(kind);
  const std::size_t H = saved.shape()[1] / S;
  Tensor<double> gates({saved.shape()[0], G * H});
  for (std::size_t g = 0; g < G; ++g) {
    const std::size_t from = g + 1 < G ? g : S - 1;
    for (std::size_t t = 0; t < gates.shape()[0]; ++t) {
      std::ranges::copy(saved.matrix().row(t).subspan(from * H, H),
                        gates.matrix().row(t).subspan(g * H, H).begin());
    }
  }
  return gates;
}

/// What the candidate of a GRU takes from h_{t−1}: z_h += r ⊙ q, q = W_h h_{t−1} + d_h.
void add_after(const Tensor<double>& saved, WorkedExample& example) {
  const std::size_t H = example.hidden_size();
  example.q = block_of(saved, 2, H);
  for (std::size_t t = 0; t < example.steps(); ++t) {
    for (std::size_t j = 0; j < H; ++j) {
      example.z.matrix()(t, 2 * H + j) += example.gates.matrix()(t, j) * example.q.matrix()(t, j);
    }
  }
}

/// The same where the reset comes before: z_h += W_h p, p = r ⊙ h_{t−1}.
void add_before(View W_h, WorkedExample& example) {
  const std::size_t H = example.hidden_size();
  example.p_t.resize(example.h_prev.shape());
  for (std::size_t t = 0; t < example.steps(); ++t) {
    for (std::size_t j = 0; j < H; ++j) {
      example.p_t.matrix()(t, j) = example.gates.matrix()(t, j) * example.h_prev.matrix()(t, j);
    }
  }
  gemm(std::as_const(example.p_t).matrix(), transposed(W_h),
       example.z.matrix().column_range(2 * H, H), Into::kAdd);
}

/// z_t = U x_t + W h_{t−1} + b, which the layer does not keep.
void work_sums(const RecurrentLayer<double>& layer, const Tensor<double>& saved,
               WorkedExample& example) {
  const std::size_t H = layer.hidden_size();
  const View W = layer.W.value.matrix();
  const std::size_t rows = describe(layer.kind()).has_reset ? 2 * H : W.rows();
  example.z.resize(example.gates.shape());
  set_rows<double>(layer.b.value.values(), example.z.matrix());
  gemm(std::as_const(example.x).matrix(), transposed(layer.U.value.matrix()), example.z.matrix(),
       Into::kAdd);
  gemm(std::as_const(example.h_prev).matrix(), transposed(W.row_range(0, rows)),
       example.z.matrix().column_range(0, rows), Into::kAdd);
  if (!describe(layer.kind()).has_reset) return;
  switch (layer.kind().reset) {
    case GruReset::kAfter:
      return add_after(saved, example);
    case GruReset::kBefore:
      return add_before(W.row_range(2 * H, H), example);
  }
}

void work_forward(RecurrentLayer<double>& layer, const RaggedShape& shape,
                  RecurrentPass<double>& pass, WorkedExample& example) {
  auto state = layer.zero_state(1);
  example.h.resize({shape.tokens(), layer.hidden_size()});
  layer.forward(shape, std::as_const(example.x).matrix(), state, pass, example.h.matrix());
  RecurrentInspection<double> seen = layer.inspect(shape, pass);
  example.h_prev = std::move(seen.h_prev);
  example.C_prev = std::move(seen.C_prev);
  example.C = std::move(seen.C);
  example.tanh_C = tanh_of(example.C);
  example.gates = gates_of(layer.kind(), seen.gates);
  work_sums(layer, seen.gates, example);
}

/// dq_t of what a step back has left; empty of a cell without q.
Tensor<double> dq_of(const CellKind& kind, const Tensor<double>& dz) {
  const std::size_t S = saved_count(kind);
  return describe(kind).has_d ? block_of(dz, S - 2, dz.shape()[1] / S) : Tensor<double>();
}

void work_backward(RecurrentLayer<double>& layer, const RaggedShape& shape,
                   RecurrentPass<double>& pass, WorkedExample& example) {
  auto dstate = layer.zero_state(1);
  example.dx.resize(example.x.shape());
  layer.backward(shape, std::as_const(example.x).matrix(), pass, std::as_const(example.g).matrix(),
                 dstate, example.dx.matrix());
  const Tensor<double> dz = layer.inspect(shape, pass).dz;
  example.dz = gates_of(layer.kind(), dz);
  example.dq = dq_of(layer.kind(), dz);
  example.dh_0 = std::move(dstate.h);
  example.dC_0 = std::move(dstate.C);
  example.dU = layer.U.grad;
  example.dW = layer.W.grad;
  example.db = layer.b.grad;
  example.dd = layer.d.grad;
}

/// δh_t = g_t + δh_{t+1} ⊙ u_{t+1} + … of a GRU, which the layer overwrites on its way; and dp_t.
void work_gru_states_backward(WorkedExample& example) {
  const std::size_t H = example.hidden_size();
  const View W = std::as_const(example.W).matrix(), gates = std::as_const(example.gates).matrix();
  const View W_gates = W.row_range(0, 2 * H), W_h = W.row_range(2 * H, H);
  const View dz = std::as_const(example.dz).matrix(), dq = std::as_const(example.dq).matrix();
  const bool is_after = !example.dq.empty();
  if (!is_after) {
    example.dp_t.resize(example.g.shape());
    gemm(dz.column_range(2 * H, H), W_h, example.dp_t.matrix());
  }
  example.dh = example.g;
  const std::vector<std::size_t> order = example.reading_order();
  for (std::size_t n = order.size() - 1; n-- > 0;) {
    const std::size_t next = order[n + 1] - 1;
    const auto dh = example.dh.matrix().row(order[n] - 1);
    for (std::size_t j = 0; j < H; ++j) {
      dh[j] += example.dh.matrix()(next, j) * gates(next, H + j);
      if (!is_after) dh[j] += example.dp_t.matrix()(next, j) * gates(next, j);
    }
    gemv(transposed(W_gates), dz.row(next).first(2 * H), dh, Into::kAdd);
    if (is_after) gemv(transposed(W_h), dq.row(next), dh, Into::kAdd);
  }
}

/// δh_t = g_t + Wᵀ dz_{t+1} and δC_t, which the layer overwrites on its way.
void work_states_backward(WorkedExample& example) {
  if (describe(example.kind()).has_reset) return work_gru_states_backward(example);
  const std::size_t H = example.hidden_size();
  const bool lstm = example.model.cell == Cell::kLstm;
  std::vector<double> carried(H, 0);  // δC_{t+1} ⊙ f_{t+1}
  example.dh = example.g;
  example.dC.resize(lstm ? example.g.shape() : Shape());
  const std::vector<std::size_t> order = example.reading_order();
  for (std::size_t n = order.size(); n-- > 0;) {
    const std::size_t t = order[n] - 1;
    const auto dh = example.dh.matrix().row(t);
    if (n + 1 < order.size()) {
      gemv(transposed(example.W.matrix()), std::as_const(example.dz).matrix().row(order[n + 1] - 1),
           dh, Into::kAdd);
    }
    if (!lstm) continue;
    const View gates = std::as_const(example.gates).matrix();
    for (std::size_t j = 0; j < H; ++j) {
      const double tanh_C = example.tanh_C.matrix()(t, j);
      const double dC = dh[j] * gates(t, 3 * H + j) * (1 - tanh_C * tanh_C) + carried[j];
      example.dC.matrix()(t, j) = dC;
      carried[j] = dC * gates(t, j);
    }
  }
}

/// Sends g_t back alone: adds to the layer's gradients and leaves dz^(t) in the pass.
void send_back(RecurrentLayer<double>& layer, const RaggedShape& shape, std::size_t t,
               RecurrentPass<double>& pass, const WorkedExample& example) {
  Tensor<double> g_t(example.g.shape());
  std::ranges::copy(example.g.matrix().row(t - 1), g_t.matrix().row(t - 1).begin());
  auto dstate = layer.zero_state(1);
  layer.backward(shape, example.x.matrix(), pass, std::as_const(g_t).matrix(), dstate, {});
}

void work_paths(RecurrentLayer<double>& layer, const RaggedShape& shape,
                RecurrentPass<double>& pass, WorkedExample& example) {
  zero_grad(layer.parameters());
  send_back(layer, shape, example.request.step, pass, example);
  const Tensor<double> dz = layer.inspect(shape, pass).dz;
  example.path_dz = gates_of(layer.kind(), dz);
  example.path_dq = dq_of(layer.kind(), dz);
  example.part_dU = layer.U.grad;
  example.part_dW = layer.W.grad;
  example.part_db = layer.b.grad;
  example.part_dd = layer.d.grad;
  // The other parts are added to this one.
  for (std::size_t t = 1; t <= example.steps(); ++t) {
    if (t != example.request.step) send_back(layer, shape, t, pass, example);
  }
  example.parts_error = std::max({relative_error(layer.U.grad.values(), example.dU.values()),
                                  relative_error(layer.W.grad.values(), example.dW.values()),
                                  relative_error(layer.b.grad.values(), example.db.values()),
                                  relative_error(layer.d.grad.values(), example.dd.values())});
}

Tensor<double> outer(std::span<const double> column, std::span<const double> row) {
  Tensor<double> product({column.size(), row.size()});
  gemm(View(column.data(), column.size(), 1), View(row.data(), 1, row.size()), product.matrix());
  return product;
}

}  // namespace

std::size_t WorkedExample::first_column() const {
  const bool second =
      request.direction == Direction::kBackward && request.layer + 1 == model.layers;
  return second ? model.hidden : 0;
}

std::vector<std::size_t> WorkedExample::reading_order() const {
  std::vector<std::size_t> order;
  for (std::size_t t = 1; t <= steps(); ++t) order.push_back(t);
  if (request.direction == Direction::kBackward) std::ranges::reverse(order);
  return order;
}

std::vector<std::size_t> WorkedExample::path() const {
  std::vector<std::size_t> order = reading_order();
  order.erase(std::next(std::ranges::find(order, request.step)), order.end());
  std::ranges::reverse(order);
  return order;
}

Tensor<double> WorkedExample::path_dW(std::size_t k) const {
  Tensor<double> summand = outer(path_dz.matrix().row(k - 1), h_prev.matrix().row(k - 1));
  if (!describe(kind()).has_reset) return summand;
  const std::size_t H = hidden_size();
  const Tensor<double> dW_h =
      path_dq.empty()
          ? outer(path_dz.matrix().row(k - 1).subspan(2 * H, H), p_t.matrix().row(k - 1))
          : outer(path_dq.matrix().row(k - 1), h_prev.matrix().row(k - 1));
  std::ranges::copy(dW_h.values(), summand.values().subspan(2 * H * H).begin());
  return summand;
}

Tensor<double> WorkedExample::path_dU(std::size_t k) const {
  return outer(path_dz.matrix().row(k - 1), x.matrix().row(k - 1));
}

WorkedExample work_example(SequenceClassifier<double>& model, std::span<const std::int32_t> ids,
                           std::int32_t target, const WorkedExampleRequest& request) {
  check(model.config(), ids.size(), request);
  WorkedExample example;
  example.model = model.config();
  example.request = request;
  example.ids.assign(ids.begin(), ids.end());
  example.target = static_cast<std::size_t>(target);

  const auto shape = RaggedShape::rectangle(ids.size(), 1);
  SequenceClassifier<double>::Pass pass;
  zero_grad(model.parameters());
  example.loss = model.loss_and_gradients(shape, ids, std::span(&target, 1), pass);
  const SequenceClassifier<double>::Inspection seen = model.inspect(pass);
  take_output(model, seen, example);

  const Surroundings around(seen, model.config(), request);
  example.x = around.x();
  example.g = copy_of(around.g());
  const auto layer = copy_layer(model, request);
  example.U = layer->U.value;
  example.W = layer->W.value;
  example.b = layer->b.value;
  example.d = layer->d.value;
  RecurrentPass<double> pass_of_layer;
  work_forward(*layer, shape, pass_of_layer, example);
  work_backward(*layer, shape, pass_of_layer, example);
  work_states_backward(example);
  work_paths(*layer, shape, pass_of_layer, example);
  return example;
}

}  // namespace unroll
