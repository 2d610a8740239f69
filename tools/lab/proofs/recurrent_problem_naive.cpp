#include <algorithm>
#include <array>
#include <span>
#include <string>

#include "unroll/layers/cells/lstm.h"
#include "unroll/tools/lab/proofs/naive_network.h"
#include "unroll/tools/lab/proofs/recurrent_problem.h"

namespace unroll {

namespace {

naive::Vector copy(std::span<const double> values) {
  return {values.begin(), values.end()};
}

/// Collects what the naive code says of one row after the other, in the layers' order.
class Collector {
 public:
  Collector(const RaggedShape& shape, std::size_t row, Quantities& all)
      : shape_(shape), row_(row), all_(all) {}

  /// A value of every step: [1..T] (size).
  void steps(const std::string& name, const std::vector<naive::Vector>& values) {
    for (std::size_t t = 1; t < values.size(); ++t) {
      place(name, shape_.tokens(), shape_.index(t - 1, row_), values[t]);
    }
  }
  /// A value of the row.
  void row(const std::string& name, const naive::Vector& value) {
    place(name, shape_.batch(), row_, value);
  }
  /// A sum over the rows, in equal parts.
  void sum(const std::string& name, const naive::Vector& value, std::size_t parts = 1) {
    Parts& target = all_[name];
    const std::size_t size = value.size() / parts;
    target.resize(parts, std::vector<double>(size));
    for (std::size_t i = 0; i < value.size(); ++i) target[i / size][i % size] += value[i];
  }

 private:
  void place(const std::string& name, std::size_t count, std::size_t at,
             const naive::Vector& value) {
    Parts& target = all_[name];
    target.resize(1, std::vector<double>(count * value.size()));
    std::ranges::copy(value, target[0].begin() + static_cast<std::ptrdiff_t>(at * value.size()));
  }

  const RaggedShape& shape_;
  std::size_t row_;
  Quantities& all_;
};

/// Gate g of stacked vectors [1..T] (4H).
std::vector<naive::Vector> gate_of(const std::vector<naive::Vector>& stacked, std::size_t g) {
  std::vector<naive::Vector> values(1);
  for (std::size_t t = 1; t < stacked.size(); ++t) {
    const std::size_t H = stacked[t].size() / kLstmGates.size();
    values.push_back(copy(std::span(stacked[t]).subspan(g * H, H)));
  }
  return values;
}

void collect_states(const naive::Forward& forward, bool is_lstm, Collector& collect) {
  collect.steps("h", forward.h);
  collect.steps("z", forward.z);
  collect.steps("O", forward.O);
  collect.steps("y", forward.y_hat);
  collect.sum("L", {forward.L});
  if (!is_lstm) return;
  const std::array values{&forward.f, &forward.i, &forward.a, &forward.o};
  for (std::size_t g = 0; g < kLstmGates.size(); ++g)
    collect.steps(std::string(1, kLstmGates[g]), *values[g]);
  collect.steps("C", forward.C);
}

void collect_gradients(const naive::Backward& d, bool is_lstm, Collector& collect) {
  const std::size_t gates = is_lstm ? kLstmGates.size() : 1;
  collect.sum("dU", naive::flat(d.dU), gates);
  collect.sum("dW", naive::flat(d.dW), gates);
  collect.sum("db", d.db, gates);
  collect.steps("dx", d.dx);
  collect.steps("dh", d.delta);
  collect.row("dh0", d.dh_0);
  if (!is_lstm) {
    collect.steps("dz", d.dz);
    return;
  }
  for (std::size_t g = 0; g < kLstmGates.size(); ++g) {
    collect.steps(std::string("dz") + kLstmGates[g], gate_of(d.dz, g));
  }
  collect.steps("dC", d.delta_C);
  collect.row("dC0", d.dC_0);
}

}  // namespace

naive::Network RecurrentProblem::network(std::size_t row) const {
  naive::Network network = naive_network(*layer_);
  network.V = naive_matrix(output_->V.value);
  network.c = copy(output_->c.value.values());
  network.h_0 = copy(batch_.start.h.matrix().row(row));
  if (describe(cell_).has_C) network.C_0 = copy(batch_.start.C.matrix().row(row));
  return network;
}

naive::Sequence RecurrentProblem::sequence(std::size_t row) const {
  naive::Sequence sequence{.x = {{}}, .targets = {0}};
  for (std::size_t t = 0; t < batch_.shape.length(row); ++t) {
    const std::size_t n = batch_.shape.index(t, row);
    sequence.x.push_back(copy(batch_.x.matrix().row(n)));
    sequence.targets.push_back(static_cast<std::size_t>(batch_.targets[n]));
  }
  return sequence;
}

/// What enters at each h_t: from the losses, and where the row ends g_h and g_C.
naive::Sources RecurrentProblem::sources(std::size_t row, const naive::Network& network,
                                         const naive::Backward& of_losses) const {
  naive::Sources sources{std::vector<naive::Vector>(1), naive::Vector(H_)};
  for (std::size_t t = 1; t < of_losses.dO.size(); ++t) {
    sources.g.push_back(naive::transposed_product(network.V, of_losses.dO[t]));
  }
  naive::add(copy(batch_.end_gradient.h.matrix().row(row)), sources.g.back());
  if (describe(cell_).has_C) sources.g_C = copy(batch_.end_gradient.C.matrix().row(row));
  return sources;
}

Quantities RecurrentProblem::by_naive() const {
  const bool is_lstm = cell_ == Cell::kLstm;
  Quantities all;
  for (std::size_t row = 0; row < batch_.shape.batch(); ++row) {
    const naive::Network n = network(row);
    const naive::Sequence s = sequence(row);
    const auto forward = is_lstm ? naive::lstm_forward(n, s) : naive::rnn_forward(n, s);
    const auto of_losses =
        is_lstm ? naive::lstm_backward(n, s, forward) : naive::rnn_backward(n, s, forward);
    const naive::Sources from_above = sources(row, n, of_losses);

    Collector collect(batch_.shape, row, all);
    collect_states(forward, is_lstm, collect);
    collect.steps("dO", of_losses.dO);
    collect.sum("dV", naive::flat(of_losses.dV));
    collect.sum("dc", of_losses.dc);
    collect_gradients(is_lstm ? naive::lstm_paths(n, s, forward, from_above)
                              : naive::rnn_paths(n, s, forward, from_above),
                      is_lstm, collect);
  }
  return all;
}

Quantities RecurrentProblem::third_step_by_naive() const {
  const naive::Network n = network(0);
  const naive::Sequence s = sequence(0);
  const naive::ThirdStep third = naive::rnn_third_step(n, s, naive::rnn_forward(n, s));
  return {{"dW3", {naive::flat(third.dW)}}, {"dU3", {naive::flat(third.dU)}}, {"db3", {third.db}}};
}

}  // namespace unroll
