#include "unroll/tools/lab/race/cell_contender.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <string_view>
#include <utility>

#include "unroll/core/parallel.h"
#include "unroll/core/random.h"
#include "unroll/kernels/half.h"
#include "unroll/kernels/ops.h"
#include "unroll/tools/lab/proofs/naive.h"
#include "unroll/tools/lab/race/race.h"

namespace unroll {

namespace {

/// Draws of ids: enough that their words are not all in the first-level cache.
constexpr std::size_t kPasses = 64;

/// Uniform in ±bound.
void draw(Tensor<float>& tensor, double bound, std::string_view stream) {
  Random random(1, stream);
  for (float& value : tensor.values()) value = static_cast<float>(random.uniform(-bound, bound));
}

/// Ids below `vocabulary`, of rising rank in Zipf's law.
std::vector<std::int32_t> draw_ids(std::size_t count, std::size_t vocabulary) {
  std::vector<double> until;  // the weights of this id and all before it
  double sum = 0;
  for (std::size_t id = 0; id < vocabulary; ++id) {
    until.push_back(sum += 1 / static_cast<double>(id + 1));
  }
  Random random(1, "cells/ids");
  std::vector<std::int32_t> ids(count);
  for (std::int32_t& id : ids) {
    const auto found = std::ranges::lower_bound(until, random.uniform() * sum);
    id = static_cast<std::int32_t>(found - until.begin());
  }
  return ids;
}

// -------------------------------------------------------------------------------------------- ours

class OurRunner : public CellRunner {
 public:
  OurRunner(const CellProblem& problem, PrecisionChoice precision)
      : problem_(problem),
        shape_(RaggedShape::rectangle(problem.at.steps, problem.at.batch)),
        layer_(std::make_unique<RecurrentLayer<float>>(
            "cell", problem.at.input, problem.at.hidden,
            CellKind(problem.at.cell, problem.at.activation))),
        state_(layer_->zero_state(problem.at.batch)),
        h_({shape_.tokens(), problem.at.hidden}) {
    layer_->U.value = problem.U;
    layer_->W.value = problem.W;
    layer_->b.value = problem.b;
    layer_->d.value = problem.d;
    layer_->set_precision(precision_of(precision, problem.at));
    weights_ = layer_->pack(CellProblem::kLargestX);
    if (problem.at.vocabulary == 0) return;
    word_table_.resize({problem.at.vocabulary, problem.U.shape()[0]});
    layer_->project(problem.E.matrix(), weights_, word_table_.matrix());
  }

  void run() override {
    clear_state();
    if (problem_.at.pass == CellPass::kForward) {
      layer_->infer(shape_, next_input(), weights_, std::as_const(word_table_).matrix(), state_,
                    scratch_, h_.matrix());
      return;
    }
    layer_->forward(shape_, problem_.x.matrix(), state_, pass_, h_.matrix());
    clear_state();
    zero_grad(layer_->parameters());
    layer_->backward(shape_, problem_.x.matrix(), pass_, problem_.dh.matrix(), state_, {});
  }

  CellOutputs outputs() const override {
    if (problem_.at.pass == CellPass::kForward) return {h_, {}, {}, {}, {}};
    return {h_, layer_->U.grad, layer_->W.grad, layer_->b.grad, layer_->d.grad};
  }

 private:
  RecurrentInput<float> next_input() {
    if (problem_.at.vocabulary == 0) return problem_.x.matrix();
    return {problem_.E.matrix(), problem_.ids_of(run_++)};
  }

  /// h_0 = C_0 = 0; in a backward pass ∂L/∂h_T = ∂L/∂C_T = 0 beyond what comes from above.
  void clear_state() {
    state_.h.fill(0);
    state_.C.fill(0);
  }

  const CellProblem& problem_;
  RaggedShape shape_;
  std::unique_ptr<RecurrentLayer<float>> layer_;
  RecurrentState<float> state_;
  RecurrentPass<float> pass_;
  RecurrentWeights<float> weights_;
  Tensor<float> word_table_;  ///< (V, G·H): E·Uᵀ + b
  std::size_t run_ = 0;
  RecurrentScratch<float> scratch_;
  Tensor<float> h_;
};

// ------------------------------------------------------------------------------------------ errors

constexpr double kInfinite = std::numeric_limits<double>::infinity();

double relative_error(std::span<const float> found, std::span<const float> expected) {
  if (found.size() != expected.size()) return kInfinite;
  double difference = 0, largest = 0;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (!std::isfinite(found[i]) || !std::isfinite(expected[i])) return kInfinite;
    difference = std::max(difference, std::abs(double{found[i]} - double{expected[i]}));
    largest = std::max(largest, std::abs(double{expected[i]}));
  }
  return difference == 0 ? 0 : difference / largest;
}

naive::Vector in_double(std::span<const float> values) {
  return {values.begin(), values.end()};
}

naive::Matrix in_double(MatrixView<const float> values) {
  naive::Matrix rows;
  for (std::size_t r = 0; r < values.rows(); ++r) rows.push_back(in_double(values.row(r)));
  return rows;
}

naive::Network plain_network(const CellProblem& problem) {
  naive::Network network;
  network.U = in_double(problem.U.matrix());
  network.W = in_double(problem.W.matrix());
  network.b = in_double(problem.b.values());
  network.d = in_double(problem.d.values());
  network.h_0.resize(problem.at.hidden);
  network.C_0.resize(problem.at.hidden);
  network.phi = problem.at.activation;
  return network;
}

/// h of one row of the batch, [1..T] (H).
std::vector<naive::Vector> plain_states(const CellProblem& problem, const naive::Network& network,
                                        std::size_t row) {
  naive::Sequence sequence;
  sequence.x.resize(1);
  for (std::size_t t = 0; t < problem.at.steps; ++t) {
    sequence.x.push_back(in_double(problem.x.matrix().row(t * problem.at.batch + row)));
  }
  return naive::functions_of(problem.at.cell).states(network, sequence).h;
}

}  // namespace

CellProblem::CellProblem(const CellCase& at_case)
    : at(at_case),
      U({gate_count(at.cell) * at.hidden, at.input}),
      W({gate_count(at.cell) * at.hidden, at.hidden}),
      b(Shape{gate_count(at.cell) * at.hidden}),
      d(describe(at.cell).has_d ? Shape{at.hidden} : Shape()),
      x({at.steps * at.batch, at.input}),
      dh({at.steps * at.batch, at.hidden}),
      E({at.vocabulary, at.input}) {
  const double bound = 1 / std::sqrt(static_cast<double>(at.hidden));
  draw(U, bound, "cells/U");
  draw(W, bound, "cells/W");
  draw(b, bound, "cells/b");
  draw(d, bound, "cells/d");
  draw(x, kLargestX, "cells/x");
  draw(dh, 1, "cells/dh");
  if (at.vocabulary == 0) return;
  draw(E, kLargestX, "cells/E");
  ids = draw_ids(kPasses * at.steps * at.batch, at.vocabulary);
  gather_rows<float>(std::as_const(E).matrix(), ids_of(0), x.matrix());
}

std::span<const std::int32_t> CellProblem::ids_of(std::size_t pass) const {
  const std::size_t tokens = ids.size() / kPasses;
  return std::span(ids).subspan(pass % kPasses * tokens, tokens);
}

Precision precision_of(PrecisionChoice choice, const CellCase& at) {
  const Passes passes = at.pass == CellPass::kForward ? Passes::kInference : Passes::kTraining;
  return precision_of(choice, passes, {at.input, at.hidden, gate_count(at.cell)});
}

CellContender our_cells(PrecisionChoice precision) {
  const auto make = [=](const CellProblem& problem, std::size_t threads) {
    set_thread_count(threads);
    return std::make_unique<OurRunner>(problem, precision);
  };
  const bool is_full = precision == PrecisionChoice::kFull;
  const std::string name = is_full ? "" : fmt::format(" {}", to_string(precision));
  return {std::string(kOurs) + name, make, precision};
}

double relative_error(const CellOutputs& found, const CellOutputs& expected) {
  return std::max({relative_error(found.h.values(), expected.h.values()),
                   relative_error(found.dU.values(), expected.dU.values()),
                   relative_error(found.dW.values(), expected.dW.values()),
                   relative_error(found.db.values(), expected.db.values()),
                   relative_error(found.dd.values(), expected.dd.values())});
}

double error_of_plain_loops(const CellProblem& problem, const Tensor<float>& h) {
  const naive::Network network = plain_network(problem);
  const std::size_t B = problem.at.batch, H = problem.at.hidden;
  std::vector<float> found, expected;
  for (std::size_t row : {std::size_t{0}, B - 1}) {
    const std::vector<naive::Vector> states = plain_states(problem, network, row);
    for (std::size_t t = 0; t < problem.at.steps; ++t) {
      const std::span<const float> h_t = h.matrix().row(t * B + row);
      found.insert(found.end(), h_t.begin(), h_t.end());
      for (std::size_t j = 0; j < H; ++j) {
        expected.push_back(static_cast<float>(states[t + 1][j]));
      }
    }
  }
  return relative_error(found, expected);
}

}  // namespace unroll
