// The equations of the RNN, of the LSTM and of the GRU, forward and backward.

#include <string>

#include "unroll/kernels/gemm.h"
#include "unroll/kernels/ops.h"
#include "unroll/tools/lab/proofs/proof.h"
#include "unroll/tools/lab/proofs/recurrent_problem.h"

namespace unroll {

namespace {

/// The part of an ID after the first hyphen: "dW" of "RNN-dW".
std::string name_in(std::string_view id) {
  return std::string(id.substr(id.find('-') + 1));
}

const Parts& part_of(const Quantities& all, const std::string& name) {
  static const Parts kNone;
  const auto found = all.find(name);
  return found == all.end() ? kNone : found->second;
}

/// The layers against the naive code, and where the quantity is a gradient against differences.
std::vector<Finding> findings(RecurrentProblem& problem, std::string_view id) {
  const std::string name = name_in(id);
  const Quantities naive = problem.by_naive();
  const Quantities layers = problem.by_layers();
  const Parts& code = part_of(layers, name);
  std::vector<Finding> all{{ProofKind::kClosedForm, relative_error(code, part_of(naive, name))}};
  if (name[name.rfind('-') + 1] == 'd') {  // behind the form of a GRU, or rfind + 1 is 0
    all.push_back({ProofKind::kDifferences, relative_error(code, problem.by_differences(name))});
  }
  return all;
}

/// The worst of each kind over several problems.
void merge(const std::vector<Finding>& more, std::vector<Finding>& all) {
  if (all.empty()) all = more;
  for (std::size_t k = 0; k < more.size(); ++k) keep_worst(more[k].error, all[k].error);
}

/// The kernels that fuse products and cell, and the cell as its file writes it out.
std::vector<Finding> findings_of_both(RecurrentProblem& problem, std::string_view id) {
  std::vector<Finding> all;
  for (const bool plain : {false, true}) {
    problem.set_plain(plain);
    merge(findings(problem, id), all);
  }
  return all;
}

std::vector<Finding> prove_rnn(std::string_view id, std::uint64_t seed) {
  std::vector<Finding> all;
  for (Activation phi : naive::kActivations) {
    RecurrentProblem problem({Cell::kRnn, phi}, seed);
    merge(findings_of_both(problem, id), all);
  }
  return all;
}

/// z_t itself is seen where φ is the identity: ReLU with all units on.
std::vector<Finding> prove_rnn_z(std::string_view id, std::uint64_t seed) {
  RecurrentProblem problem({Cell::kRnn, Activation::kRelu}, seed, true);
  return findings_of_both(problem, id);
}

std::vector<Finding> prove_lstm(std::string_view id, std::uint64_t seed) {
  RecurrentProblem problem(Cell::kLstm, seed);
  return findings_of_both(problem, id);
}

template <GruReset kReset>
std::vector<Finding> prove_gru_of(std::string_view id, std::uint64_t seed) {
  RecurrentProblem problem({Cell::kGru, Activation::kTanh, kReset}, seed);
  return findings_of_both(problem, id);
}

std::vector<Finding> prove_gru(std::string_view id, std::uint64_t seed) {
  std::vector<Finding> all = prove_gru_of<GruReset::kAfter>(id, seed);
  merge(prove_gru_of<GruReset::kBefore>(id, seed), all);
  return all;
}

std::vector<Finding> prove_third_step_of(Activation phi, std::string_view id, std::uint64_t seed) {
  const std::string name = name_in(id).substr(0, 3);  // dW3 of dW3-sigmoid
  RecurrentProblem problem({Cell::kRnn, phi}, seed);
  const Quantities layers = problem.third_step_by_layers();
  const Parts& code = part_of(layers, name);
  const Quantities naive = problem.third_step_by_naive();
  return {{ProofKind::kClosedForm, relative_error(code, part_of(naive, name))},
          {ProofKind::kDifferences, relative_error(code, problem.third_step_by_differences(name))}};
}

template <Activation kPhi>
std::vector<Finding> prove_third_step_with(std::string_view id, std::uint64_t seed) {
  return prove_third_step_of(kPhi, id, seed);
}

std::vector<Finding> prove_third_step(std::string_view id, std::uint64_t seed) {
  std::vector<Finding> all;
  for (Activation phi : naive::kActivations) merge(prove_third_step_of(phi, id, seed), all);
  return all;
}

/// Rows of many tokens at once against one column after the other; the sums against the sums.
std::vector<Finding> prove_layout_rows(std::string_view, std::uint64_t seed) {
  return prove_rnn_z("RNN-z", seed);
}
std::vector<Finding> prove_layout_sum(std::string_view, std::uint64_t seed) {
  std::vector<Finding> all = prove_rnn("RNN-dW", seed);
  merge(prove_lstm("LSTM-dW", seed), all);
  return all;
}

constexpr Proof kRecurrentProofs[] = {
    {"LAYOUT-rows", prove_layout_rows},
    {"LAYOUT-sum", prove_layout_sum},
    {"RNN-z", prove_rnn_z},
    {"RNN-h", prove_rnn},
    {"RNN-O", prove_rnn},
    {"RNN-y", prove_rnn},
    {"RNN-L", prove_rnn},
    {"RNN-dO", prove_rnn},
    {"RNN-dV", prove_rnn},
    {"RNN-dc", prove_rnn},
    {"RNN-dh", prove_rnn},
    {"RNN-dz", prove_rnn},
    {"RNN-dU", prove_rnn},
    {"RNN-dW", prove_rnn},
    {"RNN-db", prove_rnn},
    {"RNN-dx", prove_rnn},
    {"RNN-dh0", prove_rnn},
    {"RNN-dW3", prove_third_step},
    {"RNN-dU3", prove_third_step},
    {"RNN-db3", prove_third_step},
    {"RNN-dW3-sigmoid", prove_third_step_with<Activation::kSigmoid>},
    {"RNN-dW3-tanh", prove_third_step_with<Activation::kTanh>},
    {"RNN-dW3-relu", prove_third_step_with<Activation::kRelu>},
    {"LSTM-f", prove_lstm},
    {"LSTM-i", prove_lstm},
    {"LSTM-a", prove_lstm},
    {"LSTM-o", prove_lstm},
    {"LSTM-C", prove_lstm},
    {"LSTM-h", prove_lstm},
    {"LSTM-dV", prove_lstm},
    {"LSTM-dc", prove_lstm},
    {"LSTM-dh", prove_lstm},
    {"LSTM-dC", prove_lstm},
    {"LSTM-dzf", prove_lstm},
    {"LSTM-dzi", prove_lstm},
    {"LSTM-dza", prove_lstm},
    {"LSTM-dzo", prove_lstm},
    {"LSTM-dU", prove_lstm},
    {"LSTM-dW", prove_lstm},
    {"LSTM-db", prove_lstm},
    {"LSTM-dx", prove_lstm},
    {"LSTM-dh0", prove_lstm},
    {"LSTM-dC0", prove_lstm},
    {"GRU-r", prove_gru},
    {"GRU-u", prove_gru},
    {"GRU-h", prove_gru},
    {"GRU-dzu", prove_gru},
    {"GRU-dzh", prove_gru},
    {"GRU-dU", prove_gru},
    {"GRU-dW", prove_gru},
    {"GRU-db", prove_gru},
    {"GRU-dx", prove_gru},
    {"GRU-after-q", prove_gru_of<GruReset::kAfter>},
    {"GRU-after-candidate", prove_gru_of<GruReset::kAfter>},
    {"GRU-after-dh", prove_gru_of<GruReset::kAfter>},
    {"GRU-after-dq", prove_gru_of<GruReset::kAfter>},
    {"GRU-after-dzr", prove_gru_of<GruReset::kAfter>},
    {"GRU-after-dW", prove_gru_of<GruReset::kAfter>},
    {"GRU-after-dd", prove_gru_of<GruReset::kAfter>},
    {"GRU-after-dh0", prove_gru_of<GruReset::kAfter>},
    {"GRU-before-p", prove_gru_of<GruReset::kBefore>},
    {"GRU-before-candidate", prove_gru_of<GruReset::kBefore>},
    {"GRU-before-dh", prove_gru_of<GruReset::kBefore>},
    {"GRU-before-dp", prove_gru_of<GruReset::kBefore>},
    {"GRU-before-dzr", prove_gru_of<GruReset::kBefore>},
    {"GRU-before-dW", prove_gru_of<GruReset::kBefore>},
    {"GRU-before-dh0", prove_gru_of<GruReset::kBefore>},
};

}  // namespace

std::span<const Proof> recurrent_proofs() {
  return kRecurrentProofs;
}

}  // namespace unroll
