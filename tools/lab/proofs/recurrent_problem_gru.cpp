// What the layers say of a GRU.

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <string>

#include "unroll/tools/lab/proofs/proof.h"
#include "unroll/tools/lab/proofs/recurrent_problem.h"

namespace unroll {

namespace {

/// Block k of H columns of every row.
std::vector<double> block_of(const Tensor<double>& tensor, std::size_t k, std::size_t H) {
  std::vector<double> values;
  for (std::size_t r = 0; r < tensor.shape()[0]; ++r) {
    const auto part = tensor.matrix().row(r).subspan(k * H, H);
    values.insert(values.end(), part.begin(), part.end());
  }
  return values;
}

}  // namespace

/// "after-dh" of "dh"; without a form where the cell has none.
std::string RecurrentProblem::form(std::string_view name) const {
  const std::string own(name);
  return describe(kind_).has_reset ? std::string(to_string(kind_.reset)) + "-" + own : own;
}

/// h̃ = tanh(z) of a larger z has lost the digits from which z is found again.
bool RecurrentProblem::has_saturated_candidate() const {
  constexpr double kSaturated = 0.999;
  for (std::size_t row = 0; row < batch_.shape.batch(); ++row) {
    for (const naive::Vector& candidate :
         naive::gru_states(network(row), sequence(row)).candidate) {
      if (std::ranges::any_of(candidate, [](double v) { return std::abs(v) > kSaturated; })) {
        return true;
      }
    }
  }
  return false;
}

void RecurrentProblem::add_gru_forward(const Pass& pass, Quantities& all) const {
  const Tensor<double>& saved = pass.seen.gates;
  const std::size_t last = saved_count(kind_) - 1;
  const std::vector<double> candidate = block_of(saved, last, H_);
  all["r"] = {block_of(saved, 0, H_)};
  all["u"] = {block_of(saved, 1, H_)};
  all[form("candidate")] = {candidate};
  switch (kind_.reset) {
    case GruReset::kAfter:
      all[form("q")] = {block_of(saved, 2, H_)};
      break;
    case GruReset::kBefore: {  // p_t is seen in W_h p_t = artanh(h̃_t) − U_h x_t − b_h
      std::vector<double> W_h_p;
      for (std::size_t n = 0; n < batch_.shape.tokens(); ++n) {
        for (std::size_t j = 0; j < H_; ++j) {
          const std::size_t row = 2 * H_ + j;
          const double from_x = dot(layer_->U.value.matrix().row(row), batch_.x.matrix().row(n));
          W_h_p.push_back(std::atanh(candidate[n * H_ + j]) - from_x -
                          layer_->b.value.values()[row]);
        }
      }
      all[form("p")] = {W_h_p};
      break;
    }
  }
}

void RecurrentProblem::add_gru_gradients(const Pass& pass, Quantities& all) const {
  const Tensor<double>& dz = pass.seen.dz;
  const std::vector<double> dz_r = block_of(dz, 0, H_);
  all["dzu"] = {block_of(dz, 1, H_)};
  all["dzh"] = {block_of(dz, saved_count(kind_) - 1, H_)};
  all[form("dzr")] = {dz_r};
  const Parts dW = by_gate(layer_->W.grad.values());
  all["dW"] = {dW[0], dW[1]};
  all[form("dW")] = {dW[2]};
  all[form("dh0")] = {copied(pass.dstart.h.values())};
  switch (kind_.reset) {
    case GruReset::kAfter:
      all[form("dq")] = {block_of(dz, 2, H_)};
      all[form("dd")] = {copied(layer_->d.grad.values())};
      break;
    case GruReset::kBefore: {  // dp_t is seen in dz_r = dp_t ⊙ h_{t−1} ⊙ r_t(1 − r_t)
      std::vector<double> dp = dz_r;
      const std::vector<double> r = block_of(pass.seen.gates, 0, H_);
      const std::vector<double> h_prev = copied(pass.seen.h_prev.values());
      for (std::size_t k = 0; k < dp.size(); ++k) dp[k] /= h_prev[k] * r[k] * (1 - r[k]);
      all[form("dp")] = {dp};
      break;
    }
  }
}

Parts RecurrentProblem::gru_by_differences(std::string_view name) {
  const auto of = [&](std::span<double> values) {
    return central_differences(values, [&] { return loss(batch_); });
  };
  const auto W_of_gates = [&] { return by_gate(of(layer_->W.value.values())); };
  if (name == "dU") return by_gate(of(layer_->U.value.values()));
  if (name == "db") return by_gate(of(layer_->b.value.values()));
  if (name == "dx") return {of(batch_.x.values())};
  if (name == "dzu") return probe_by_differences(1, G_);
  if (name == "dzh") return probe_by_differences(2, G_);
  if (name == "dW") {
    const Parts dW = W_of_gates();
    return {dW[0], dW[1]};
  }
  if (name == form("dzr")) return probe_by_differences(0, G_);
  if (name == form("dW")) return {W_of_gates()[2]};
  if (name == form("dd")) return {of(layer_->d.value.values())};
  if (name == form("dh0")) return {of(batch_.start.h.values())};
  if (name == form("dh")) return delta_by_differences(false);
  if (name == form("dq")) {  // q_t enters z_h as r_t ⊙ q_t
    Pass pass;
    forward(batch_, pass);
    return probe_through_last_gate([&](std::size_t n, std::size_t entry) {
      naive::Vector column(H_);
      column[entry] = pass.seen.gates.matrix()(n, entry);
      return column;
    });
  }
  if (name == form("dp")) {  // p_t enters z_h as W_h p_t
    return probe_through_last_gate([&](std::size_t, std::size_t entry) {
      naive::Vector column;
      for (std::size_t j = 0; j < H_; ++j) {
        column.push_back(layer_->W.value.matrix()(2 * H_ + j, entry));
      }
      return column;
    });
  }
  return {};
}

}  // namespace unroll
