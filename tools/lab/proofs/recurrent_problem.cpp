#include "unroll/tools/lab/proofs/recurrent_problem.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "unroll/core/random.h"
#include "unroll/layers/cells/lstm.h"
#include "unroll/layers/softmax_cross_entropy.h"
#include "unroll/tools/lab/proofs/naive_network.h"
#include "unroll/tools/lab/proofs/proof.h"

namespace unroll {

namespace {

std::vector<double> column_block(const Tensor<double>& tensor, std::size_t first,
                                 std::size_t count) {
  std::vector<double> values;
  for (std::size_t r = 0; r < tensor.shape()[0]; ++r) {
    const auto part = tensor.matrix().row(r).subspan(first, count);
    values.insert(values.end(), part.begin(), part.end());
  }
  return values;
}

void set_row(Tensor<double>& tensor, std::size_t row, std::span<const double> values) {
  std::ranges::copy(values, tensor.matrix().row(row).begin());
}

}  // namespace

double relative_error(const Parts& a, const Parts& b) {
  if (a.size() != b.size()) return std::numeric_limits<double>::infinity();
  double worst = 0;
  for (std::size_t k = 0; k < a.size(); ++k) {
    keep_worst(relative_error(std::span<const double>(a[k]), b[k]), worst);
  }
  return worst;
}

// ------------------------------------------------------------------------------------- the problem

RecurrentProblem::RecurrentProblem(const CellKind& kind, std::uint64_t seed, bool positive)
    : kind_(kind), G_(gate_count(kind.cell)) {
  std::uint64_t attempt = 0;
  do draw(seed, attempt++, positive);
  while (is_ill_posed());
}

void RecurrentProblem::draw(std::uint64_t seed, std::uint64_t attempt, bool positive) {
  Random random(seed, "proof/recurrent/" + std::to_string(attempt));
  I_ = 1 + random.below(4);
  H_ = 2 + random.below(4);
  K_ = 2 + random.below(3);
  const std::size_t probes = G_ * H_;
  layer_ = std::make_unique<RecurrentLayer<double>>("cell", I_ + probes, H_, kind_);
  output_ = std::make_unique<Linear<double>>("output", H_, K_);
  batch_.shape = RaggedShape(std::vector<std::size_t>{3, 2, 1});
  const std::size_t N = batch_.shape.tokens();

  const auto fill = [&](std::span<double> values) {
    for (double& value : values) {
      value = 0.7 * random.normal();
      if (positive) value = std::abs(value);
    }
  };
  for (Parameter<double>* parameter : layer_->parameters()) fill(parameter->value.values());
  for (Parameter<double>* parameter : output_->parameters()) fill(parameter->value.values());
  batch_.x = Tensor<double>({N, I_ + probes});
  fill(batch_.x.values());
  for (std::size_t j = 0; j < probes; ++j) {
    for (std::size_t p = 0; p < probes; ++p) layer_->U.value.matrix()(j, I_ + p) = j == p ? 1 : 0;
    for (std::size_t n = 0; n < N; ++n) batch_.x.matrix()(n, I_ + j) = 0;
  }
  batch_.targets.clear();
  for (std::size_t n = 0; n < N; ++n) {
    batch_.targets.push_back(static_cast<std::int32_t>(random.below(K_)));
  }
  for (RecurrentState<double>* state : {&batch_.start, &batch_.end_gradient}) {
    *state = layer_->zero_state(batch_.shape.batch());
    fill(state->h.values());
    fill(state->C.values());
  }
}

bool RecurrentProblem::is_ill_posed() const {
  switch (kind_.cell) {
    case Cell::kRnn:
      return has_kink_or_sure_answer();
    case Cell::kLstm:
      return false;
    case Cell::kGru:
      return has_saturated_candidate();
  }
  return false;
}

bool RecurrentProblem::has_kink_or_sure_answer() const {
  constexpr double kKink = 0.02;   // forty steps of a difference
  constexpr double kSure = 0.999;  // ŷ − y of a surer answer has lost its digits
  for (std::size_t row = 0; row < batch_.shape.batch(); ++row) {
    const naive::Sequence s = sequence(row);
    const naive::Forward forward = naive::rnn_forward(network(row), s);
    if (row == 0 && forward.y_hat[3][s.targets[3]] > kSure) return true;
    if (kind_.activation != Activation::kRelu) continue;
    for (const naive::Vector& z_t : forward.z) {
      if (std::ranges::any_of(z_t, [](double z) { return std::abs(z) < kKink; })) return true;
    }
  }
  return false;
}

// --------------------------------------------------------------------------------------- by layers

double RecurrentProblem::loss(const Batch& batch, Pass& pass) const {
  const std::size_t N = batch.shape.tokens();
  const std::size_t steps = N - batch.first_loss;
  pass.end = batch.start;
  pass.h.resize({N, H_});
  layer_->forward(batch.shape, batch.x.matrix(), pass.end, pass.of_layer, pass.h.matrix());
  pass.O.resize({N, K_});
  output_->forward(pass.h.matrix(), pass.O.matrix());
  pass.dO = Tensor<double>({N, K_});
  pass.L = softmax_cross_entropy<double>(pass.O.matrix().row_range(batch.first_loss, steps),
                                         std::span(batch.targets).subspan(batch.first_loss), 1,
                                         pass.dO.matrix().row_range(batch.first_loss, steps));
  return pass.L + dot(pass.end.h.values(), batch.end_gradient.h.values()) +
         dot(pass.end.C.values(), batch.end_gradient.C.values());
}

double RecurrentProblem::loss(const Batch& batch) const {
  Pass pass;
  return loss(batch, pass);
}

void RecurrentProblem::forward(const Batch& batch, Pass& pass) const {
  loss(batch, pass);
  pass.seen = layer_->inspect(batch.shape, pass.of_layer);
}

void RecurrentProblem::gradients(const Batch& batch, Pass& pass) {
  loss(batch, pass);
  zero_grad(layer_->parameters());
  zero_grad(output_->parameters());
  pass.dh.resize(pass.h.shape());
  output_->backward(pass.h.matrix(), std::as_const(pass.dO).matrix(), pass.dh.matrix());
  pass.dstart = batch.end_gradient;
  pass.dx.resize(batch.x.shape());
  layer_->backward(batch.shape, batch.x.matrix(), pass.of_layer, std::as_const(pass.dh).matrix(),
                   pass.dstart, pass.dx.matrix());
  pass.seen = layer_->inspect(batch.shape, pass.of_layer);
}

Quantities RecurrentProblem::by_layers() {
  Pass pass;
  gradients(batch_, pass);
  Quantities all;
  add_forward(pass, all);
  add_gradients(pass, all);
  add_deltas(pass, all);  // runs other batches: what it needs of the gradients is already copied
  return all;
}

void RecurrentProblem::add_forward(const Pass& pass, Quantities& all) const {
  all["h"] = {copied(pass.h.values())};
  if (kind_.activation == Activation::kRelu) all["z"] = all["h"];  // compared where no unit is off
  all["O"] = {copied(pass.O.values())};
  all["L"] = {{pass.L}};
  // The loss layer's dO is ŷ − y.
  all["dO"] = all["y"] = {copied(pass.dO.values())};
  for (std::size_t n = 0; n < batch_.targets.size(); ++n) {
    all["y"][0][n * K_ + static_cast<std::size_t>(batch_.targets[n])] += 1;
  }
  switch (kind_.cell) {
    case Cell::kRnn:
      return;
    case Cell::kGru:
      return add_gru_forward(pass, all);
    case Cell::kLstm:
      for (std::size_t g = 0; g < kLstmGates.size(); ++g) {
        all[std::string(1, kLstmGates[g])] = {column_block(pass.seen.gates, g * H_, H_)};
      }
      all["C"] = {copied(pass.seen.C.values())};
  }
}

void RecurrentProblem::add_gradients(const Pass& pass, Quantities& all) const {
  all["dU"] = by_gate(layer_->U.grad.values());
  all["dW"] = by_gate(layer_->W.grad.values());
  all["db"] = by_gate(layer_->b.grad.values());
  all["dV"] = {copied(output_->V.grad.values())};
  all["dc"] = {copied(output_->c.grad.values())};
  all["dx"] = {copied(pass.dx.values())};
  all["dh0"] = {copied(pass.dstart.h.values())};
  switch (kind_.cell) {
    case Cell::kRnn:
      all["dz"] = {copied(pass.seen.dz.values())};
      return;
    case Cell::kGru:
      return add_gru_gradients(pass, all);
    case Cell::kLstm:
      all["dC0"] = {copied(pass.dstart.C.values())};
      for (std::size_t g = 0; g < kLstmGates.size(); ++g) {
        all[std::string("dz") + kLstmGates[g]] = {column_block(pass.seen.dz, g * H_, H_)};
      }
  }
}

/// δ_t is what the output layer sends to h_t, and what the steps after t send back to the state
/// they begin with. δC_t is seen in dz_a = δC_t ⊙ i_t ⊙ (1 − a_t²), of the batch as a whole: so
/// that it is known to survive where other rows end.
void RecurrentProblem::add_deltas(const Pass& pass, Quantities& all) {
  std::vector<double> dh(batch_.shape.tokens() * H_), dC(dh.size());
  for (std::size_t row = 0; row < batch_.shape.batch(); ++row) {
    naive::Vector after = copied(batch_.end_gradient.h.matrix().row(row));
    for (std::size_t t = batch_.shape.length(row); t >= 1; --t) {
      const std::size_t n = batch_.shape.index(t - 1, row);
      for (std::size_t j = 0; j < H_; ++j) dh[n * H_ + j] = pass.dh.matrix()(n, j) + after[j];
      Pass from_t;
      gradients(tail(row, t - 1, state_after(pass, row, t - 1, false),
                     state_after(pass, row, t - 1, true)),
                from_t);
      after = copied(from_t.dstart.h.values());
      if (kind_.cell != Cell::kLstm) continue;
      for (std::size_t j = 0; j < H_; ++j) {
        const double i = pass.seen.gates.matrix()(n, H_ + j);
        const double a = pass.seen.gates.matrix()(n, 2 * H_ + j);
        dC[n * H_ + j] = pass.seen.dz.matrix()(n, 2 * H_ + j) / (i * (1 - a * a));
      }
    }
  }
  all[form("dh")] = {dh};
  if (describe(kind_).has_C) all["dC"] = {dC};
}

Parts RecurrentProblem::by_gate(std::span<const double> stacked) const {
  Parts parts;
  const std::size_t size = stacked.size() / G_;
  for (std::size_t g = 0; g < G_; ++g) parts.push_back(copied(stacked.subspan(g * size, size)));
  return parts;
}

RecurrentProblem::Batch RecurrentProblem::tail(std::size_t row, std::size_t t,
                                               const naive::Vector& h,
                                               const naive::Vector& C) const {
  const std::size_t T = batch_.shape.length(row) - t;
  Batch rest{.shape = RaggedShape::rectangle(T, 1),
             .x = Tensor<double>({T, batch_.x.shape()[1]}),
             .targets = {},
             .start = layer_->zero_state(1),
             .end_gradient = layer_->zero_state(1)};
  for (std::size_t s = 0; s < T; ++s) {
    const std::size_t n = batch_.shape.index(t + s, row);
    set_row(rest.x, s, batch_.x.matrix().row(n));
    rest.targets.push_back(batch_.targets[n]);
  }
  set_row(rest.start.h, 0, h);
  set_row(rest.end_gradient.h, 0, batch_.end_gradient.h.matrix().row(row));
  if (describe(kind_).has_C) {
    set_row(rest.start.C, 0, C);
    set_row(rest.end_gradient.C, 0, batch_.end_gradient.C.matrix().row(row));
  }
  return rest;
}

naive::Vector RecurrentProblem::state_after(const Pass& pass, std::size_t row, std::size_t t,
                                            bool of_C) const {
  if (of_C && !describe(kind_).has_C) return {};
  const Tensor<double>& start = of_C ? batch_.start.C : batch_.start.h;
  const Tensor<double>& after = of_C ? pass.seen.C : pass.h;
  return t == 0 ? copied(start.matrix().row(row))
                : copied(after.matrix().row(batch_.shape.index(t - 1, row)));
}

// ---------------------------------------------------------------------------------- by differences

Parts RecurrentProblem::by_differences(std::string_view name) {
  if (kind_.cell == Cell::kGru) return gru_by_differences(name);
  const auto of = [&](std::span<double> values) {
    return central_differences(values, [&] { return loss(batch_); });
  };
  if (name == "dU") return by_gate(of(layer_->U.value.values()));
  if (name == "dW") return by_gate(of(layer_->W.value.values()));
  if (name == "db") return by_gate(of(layer_->b.value.values()));
  if (name == "dV") return {of(output_->V.value.values())};
  if (name == "dc") return {of(output_->c.value.values())};
  if (name == "dx") return {of(batch_.x.values())};
  if (name == "dh0") return {of(batch_.start.h.values())};
  if (name == "dC0") return {of(batch_.start.C.values())};
  if (name == "dh") return delta_by_differences(false);
  if (name == "dC") return delta_by_differences(true);
  if (name == "dz") return probe_by_differences(0, 1);
  for (std::size_t g = 0; g < kLstmGates.size(); ++g) {
    if (name == std::string("dz") + kLstmGates[g])
      return probe_by_differences(g, kLstmGates.size());
  }
  if (name == "dO") {
    Pass pass;
    loss(batch_, pass);
    return {central_differences(pass.O.values(), [&] {
      return softmax_cross_entropy<double>(std::as_const(pass.O).matrix(), batch_.targets, 1);
    })};
  }
  return {};
}

/// The loss as a function of h_t, with C_t fixed, or of C_t, with h_t = o_t ⊙ tanh(C_t).
Parts RecurrentProblem::delta_by_differences(bool of_C) {
  Pass pass;
  forward(batch_, pass);
  std::vector<double> delta(batch_.shape.tokens() * H_);
  for (std::size_t row = 0; row < batch_.shape.batch(); ++row) {
    for (std::size_t t = 1; t <= batch_.shape.length(row); ++t) {
      const std::size_t n = batch_.shape.index(t - 1, row);
      naive::Vector h = state_after(pass, row, t, false);
      naive::Vector C = state_after(pass, row, t, true);
      const auto loss_from_here = [&] {
        for (std::size_t j = 0; of_C && j < H_; ++j) {
          h[j] = pass.seen.gates.matrix()(n, 3 * H_ + j) * std::tanh(C[j]);
        }
        Tensor<double> O({1, K_});
        output_->forward(MatrixView<const double>(h.data(), 1, H_), O.matrix());
        const double here = softmax_cross_entropy<double>(
            std::as_const(O).matrix(), std::span(batch_.targets).subspan(n, 1), 1);
        if (t < batch_.shape.length(row)) return here + loss(tail(row, t, h, C));
        return here + dot(h, batch_.end_gradient.h.matrix().row(row)) +
               (C.empty() ? 0 : dot(C, batch_.end_gradient.C.matrix().row(row)));
      };
      const auto numeric = central_differences(of_C ? C : h, loss_from_here);
      std::ranges::copy(numeric, delta.begin() + static_cast<std::ptrdiff_t>(n * H_));
    }
  }
  return {delta};
}

/// ∂L/∂z_t: what is added to z through the inputs whose weights are 1.
Parts RecurrentProblem::probe_by_differences(std::size_t gate, std::size_t gates) {
  if (gates != G_) return {};
  std::vector<double> dz;
  for (std::size_t n = 0; n < batch_.shape.tokens(); ++n) {
    const auto probes = batch_.x.matrix().row(n).subspan(I_ + gate * H_, H_);
    const auto numeric = central_differences(probes, [&] { return loss(batch_); });
    dz.insert(dz.end(), numeric.begin(), numeric.end());
  }
  return {dz};
}

Parts RecurrentProblem::probe_through_last_gate(
    const std::function<naive::Vector(std::size_t n, std::size_t entry)>& column) {
  std::vector<double> dy;
  for (std::size_t n = 0; n < batch_.shape.tokens(); ++n) {
    const auto probes = batch_.x.matrix().row(n).subspan(I_ + (G_ - 1) * H_, H_);
    for (std::size_t entry = 0; entry < H_; ++entry) {
      const naive::Vector direction = column(n, entry);
      double change = 0;
      const auto moved = [&] {
        for (std::size_t j = 0; j < H_; ++j) probes[j] = change * direction[j];
        return loss(batch_);
      };
      dy.push_back(central_differences(std::span(&change, 1), moved)[0]);
    }
    std::ranges::fill(probes, 0);
  }
  return {dy};
}

// ---------------------------------------------------------------------------------- the third step

RecurrentProblem::Batch RecurrentProblem::third_step() const {
  Batch batch = tail(0, 0, copied(batch_.start.h.matrix().row(0)), {});
  batch.end_gradient.h.fill(0);
  batch.first_loss = 2;
  return batch;
}

Quantities RecurrentProblem::third_step_by_layers() {
  Pass pass;
  gradients(third_step(), pass);
  return {{"dW3", {copied(layer_->W.grad.values())}},
          {"dU3", {copied(layer_->U.grad.values())}},
          {"db3", {copied(layer_->b.grad.values())}}};
}

Parts RecurrentProblem::third_step_by_differences(std::string_view name) {
  const Batch batch = third_step();
  Parameter<double>& parameter = name == "dW3" ? layer_->W : name == "dU3" ? layer_->U : layer_->b;
  return {central_differences(parameter.value.values(), [&] { return loss(batch); })};
}

}  // namespace unroll
