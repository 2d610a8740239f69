#include <algorithm>
#include <array>
#include <span>
#include <string>

#include "unroll/layers/cells/lstm.h"
#include "unroll/tools/lab/proofs/naive_network.h"
#include "unroll/tools/lab/proofs/recurrent_problem.h"

namespace unroll {

namespace {

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

/// Block k of vectors [1..T] that stack some of H values.
std::vector<naive::Vector> block_of(const std::vector<naive::Vector>& stacked, std::size_t k,
                                    std::size_t H) {
  std::vector<naive::Vector> values(1);
  for (std::size_t t = 1; t < stacked.size(); ++t) {
    values.push_back(copied(std::span(stacked[t]).subspan(k * H, H)));
  }
  return values;
}

void collect_output(const naive::Forward& forward, const naive::Backward& of_losses,
                    Collector& collect) {
  collect.steps("h", forward.h);
  collect.steps("O", forward.O);
  collect.steps("y", forward.y_hat);
  collect.sum("L", {forward.L});
  collect.steps("dO", of_losses.dO);
  collect.sum("dV", naive::flat(of_losses.dV));
  collect.sum("dc", of_losses.dc);
}

/// The gradients that all cells have by the same names.
void collect_gradients(const naive::Backward& d, std::size_t gates, Collector& collect) {
  collect.sum("dU", naive::flat(d.dU), gates);
  collect.sum("dW", naive::flat(d.dW), gates);
  collect.sum("db", d.db, gates);
  collect.steps("dx", d.dx);
  collect.steps("dh", d.delta);
  collect.row("dh0", d.dh_0);
}

void collect_rnn(const naive::Forward& forward, const naive::Backward& d, Collector& collect) {
  collect.steps("z", forward.z);
  collect.steps("dz", d.dz);
  collect_gradients(d, 1, collect);
}

void collect_lstm(const naive::Forward& forward, const naive::Backward& d, Collector& collect) {
  const std::array values{&forward.f, &forward.i, &forward.a, &forward.o};
  for (std::size_t g = 0; g < kLstmGates.size(); ++g) {
    collect.steps(std::string(1, kLstmGates[g]), *values[g]);
    collect.steps(std::string("dz") + kLstmGates[g], block_of(d.dz, g, forward.h[0].size()));
  }
  collect.steps("C", forward.C);
  collect.steps("dC", d.delta_C);
  collect.row("dC0", d.dC_0);
  collect_gradients(d, kLstmGates.size(), collect);
}

/// W_h times each of vectors [1..T].
std::vector<naive::Vector> times_W_h(const naive::Network& n,
                                     const std::vector<naive::Vector>& values) {
  const std::size_t H = n.h_0.size();
  std::vector<naive::Vector> products(1);
  for (std::size_t t = 1; t < values.size(); ++t) {
    naive::Vector stacked = naive::product(n.W, values[t]);
    products.push_back(copied(std::span(stacked).subspan(2 * H, H)));
  }
  return products;
}

/// W_hᵀ times each of vectors [1..T].
std::vector<naive::Vector> back_through_W_h(const naive::Network& n,
                                            const std::vector<naive::Vector>& values) {
  const naive::Matrix W_h(n.W.begin() + static_cast<std::ptrdiff_t>(2 * n.h_0.size()), n.W.end());
  std::vector<naive::Vector> products(1);
  for (std::size_t t = 1; t < values.size(); ++t) {
    products.push_back(naive::transposed_product(W_h, values[t]));
  }
  return products;
}

/// What belongs to one form of the GRU has the form's name before its own.
void collect_gru(const naive::Network& n, const naive::Forward& forward, const naive::Backward& d,
                 Collector& collect) {
  const std::size_t H = n.h_0.size(), blocks = d.dz[1].size() / H;
  const std::string form = std::string(to_string(n.reset)) + "-";
  const std::vector<naive::Vector> dz_h = block_of(d.dz, blocks - 1, H);
  collect.steps("r", forward.r);
  collect.steps("u", forward.u);
  collect.steps(form + "candidate", forward.candidate);
  collect.steps("dzu", block_of(d.dz, 1, H));
  collect.steps("dzh", dz_h);
  collect.steps(form + "dzr", block_of(d.dz, 0, H));
  collect.steps(form + "dh", d.delta);
  collect.row(form + "dh0", d.dh_0);
  collect.sum("dU", naive::flat(d.dU), 3);
  collect.sum("db", d.db, 3);
  collect.steps("dx", d.dx);
  const naive::Vector dW = naive::flat(d.dW);
  collect.sum("dW", copied(std::span(dW).first(2 * H * H)), 2);
  collect.sum(form + "dW", copied(std::span(dW).subspan(2 * H * H)));
  switch (n.reset) {
    case GruReset::kAfter:
      collect.steps(form + "q", forward.q);
      collect.steps(form + "dq", block_of(d.dz, 2, H));
      collect.sum(form + "dd", d.dd);
      break;
    case GruReset::kBefore:  // p_t is seen in W_h p_t
      collect.steps(form + "p", times_W_h(n, forward.p));
      collect.steps(form + "dp", back_through_W_h(n, dz_h));
      break;
  }
}

}  // namespace

naive::Network RecurrentProblem::network(std::size_t row) const {
  naive::Network network = naive_network(*layer_);
  network.V = naive_matrix(output_->V.value);
  network.c = copied(output_->c.value.values());
  network.h_0 = copied(batch_.start.h.matrix().row(row));
  if (describe(kind_).has_C) network.C_0 = copied(batch_.start.C.matrix().row(row));
  return network;
}

naive::Sequence RecurrentProblem::sequence(std::size_t row) const {
  naive::Sequence sequence{.x = {{}}, .targets = {0}};
  for (std::size_t t = 0; t < batch_.shape.length(row); ++t) {
    const std::size_t n = batch_.shape.index(t, row);
    sequence.x.push_back(copied(batch_.x.matrix().row(n)));
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
  naive::add(copied(batch_.end_gradient.h.matrix().row(row)), sources.g.back());
  if (describe(kind_).has_C) sources.g_C = copied(batch_.end_gradient.C.matrix().row(row));
  return sources;
}

Quantities RecurrentProblem::by_naive() const {
  const naive::CellFunctions cell = naive::functions_of(kind_.cell);
  Quantities all;
  for (std::size_t row = 0; row < batch_.shape.batch(); ++row) {
    const naive::Network n = network(row);
    const naive::Sequence s = sequence(row);
    const naive::Forward forward = cell.forward(n, s);
    const naive::Backward of_losses = cell.backward(n, s, forward);
    const naive::Backward gradients = cell.paths(n, s, forward, sources(row, n, of_losses));

    Collector collect(batch_.shape, row, all);
    collect_output(forward, of_losses, collect);
    switch (kind_.cell) {
      case Cell::kRnn:
        collect_rnn(forward, gradients, collect);
        break;
      case Cell::kLstm:
        collect_lstm(forward, gradients, collect);
        break;
      case Cell::kGru:
        collect_gru(n, forward, gradients, collect);
        break;
    }
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
