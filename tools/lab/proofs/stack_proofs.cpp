// Several layers, two directions, and what is below and above them: embedding and pooling.

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <utility>

#include "unroll/core/random.h"
#include "unroll/layers/embedding.h"
#include "unroll/layers/pooling.h"
#include "unroll/layers/recurrent_stack.h"
#include "unroll/tools/lab/proofs/naive.h"
#include "unroll/tools/lab/proofs/naive_network.h"
#include "unroll/tools/lab/proofs/proof.h"

namespace unroll {

namespace {

using naive::Vector;
using Steps = std::vector<Vector>;  ///< [1..T], index 0 unused

void fill(std::span<double> values, Random& random) {
  for (double& value : values) value = 0.7 * random.normal();
}

/// One row of a ragged batch's (N, ·) tensor.
Steps steps_of(const Tensor<double>& tensor, const RaggedShape& shape, std::size_t row) {
  Steps steps(1);
  for (std::size_t t = 0; t < shape.length(row); ++t) {
    const auto values = tensor.matrix().row(shape.index(t, row));
    steps.emplace_back(values.begin(), values.end());
  }
  return steps;
}

void put_steps(const Steps& steps, const RaggedShape& shape, std::size_t row,
               Tensor<double>& tensor) {
  for (std::size_t t = 1; t < steps.size(); ++t) {
    std::ranges::copy(steps[t], tensor.matrix().row(shape.index(t - 1, row)).begin());
  }
}

/// Steps from the end to the beginning.
Steps reversed(Steps steps) {
  std::reverse(steps.begin() + 1, steps.end());
  return steps;
}

/// Two layers of random weights, in both directions, and the loss Σ g_t·h_t of the top one.
class StackProblem {
 public:
  StackProblem(Cell cell, std::uint64_t seed, std::size_t layers)
      : stack_({.cell = cell, .input = 3, .hidden = 2, .layers = layers, .bidirectional = true}),
        layers_(layers),
        naive_(naive::functions_of(cell)) {
    Random random(seed, "proof/stack");
    for (Parameter<double>* parameter : stack_.parameters())
      fill(parameter->value.values(), random);
    fill(x_.values(), random);
    fill(g_.values(), random);
  }

  double loss() {
    auto states = stack_.zero_states(shape_.batch());
    stack_.forward(shape_, std::as_const(x_).matrix(), states, pass_, nullptr);
    return dot(pass_.h.back().values(), g_.values());
  }
  /// dx, and pass_.dh[0] on the way.
  Tensor<double> dx() {
    loss();
    zero_grad(stack_.parameters());
    Tensor<double> dx(x_.shape());
    auto dstates = stack_.zero_states(shape_.batch());
    stack_.backward(shape_, std::as_const(x_).matrix(), pass_, std::as_const(g_).matrix(), dstates,
                    dx.matrix(), false);
    return dx;
  }
  /// ∂loss/∂h of the first of two layers, which the second one sends down.
  Tensor<double> dh_between() {
    dx();
    return pass_.dh[0];
  }
  Tensor<double> h() {
    loss();
    return pass_.h.back();
  }
  std::vector<double> dx_by_differences() {
    return central_differences(x_.values(), [&] { return loss(); });
  }
  /// The upper layer alone, as a function of its input.
  std::vector<double> dh_between_by_differences() {
    loss();
    Tensor<double> below = pass_.h[0];
    return central_differences(below.values(), [&] {
      Tensor<double> above(g_.shape());
      for (std::size_t d = 0; d < 2; ++d) {
        auto state = stack_.layer(1, d).zero_state(shape_.batch());
        RecurrentPass<double> pass;
        stack_.layer(1, d).forward(shape_, std::as_const(below).matrix(), state, pass,
                                   above.matrix().column_range(d * 2, 2));
      }
      return dot(above.values(), g_.values());
    });
  }

  /// The whole stack by the naive code: the top layer's h, ∂/∂x, and ∂/∂h between two layers.
  struct Naive {
    Tensor<double> h, dx, dh_between;
  };
  Naive by_naive() {
    Naive all{Tensor<double>(g_.shape()), Tensor<double>(x_.shape()), Tensor<double>(g_.shape())};
    for (std::size_t row = 0; row < shape_.batch(); ++row) {
      std::vector<Steps> inputs{steps_of(x_, shape_, row)};
      for (std::size_t l = 0; l < layers_; ++l) inputs.push_back(layer_states(l, inputs[l]));
      put_steps(inputs.back(), shape_, row, all.h);
      Steps gradient = steps_of(g_, shape_, row);
      for (std::size_t l = layers_; l-- > 0;) {
        gradient = layer_gradient(l, inputs[l], gradient);
        if (l == 1) put_steps(gradient, shape_, row, all.dh_between);
      }
      put_steps(gradient, shape_, row, all.dx);
    }
    return all;
  }

 private:
  naive::Network network(std::size_t l, std::size_t d) { return naive_network(stack_.layer(l, d)); }

  /// h_t = [forward; backward], the backward one over the steps in reverse.
  Steps layer_states(std::size_t l, const Steps& x) {
    Steps forward = naive_.states(network(l, 0), {x, {}}).h;
    const Steps backward = reversed(naive_.states(network(l, 1), {reversed(x), {}}).h);
    for (std::size_t t = 1; t < x.size(); ++t) {
      forward[t].insert(forward[t].end(), backward[t].begin(), backward[t].end());
    }
    return forward;
  }

  /// ∂/∂x_t, the sum of both directions'.
  Steps layer_gradient(std::size_t l, const Steps& x, const Steps& dh) {
    const Steps forward = direction_gradient(network(l, 0), x, half(dh, 0));
    Steps sum = reversed(direction_gradient(network(l, 1), reversed(x), reversed(half(dh, 1))));
    for (std::size_t t = 1; t < x.size(); ++t) naive::add(forward[t], sum[t]);
    return sum;
  }
  Steps direction_gradient(const naive::Network& n, const Steps& x, const Steps& dh) const {
    const naive::Sequence s{x, {}};
    const naive::Sources sources{dh, {}};
    return naive_.paths(n, s, naive_.states(n, s), sources).dx;
  }
  static Steps half(const Steps& steps, std::size_t d) {
    Steps halves(1);
    for (std::size_t t = 1; t < steps.size(); ++t) {
      const auto size = static_cast<std::ptrdiff_t>(steps[t].size() / 2);
      const auto begin = steps[t].begin() + static_cast<std::ptrdiff_t>(d) * size;
      halves.emplace_back(begin, begin + size);
    }
    return halves;
  }

  RaggedShape shape_{std::vector<std::size_t>{3, 2, 1}};
  RecurrentStack<double> stack_;
  std::size_t layers_;
  naive::CellFunctions naive_;
  Tensor<double> x_{Shape{6, 3}};
  Tensor<double> g_{Shape{6, 4}};
  RecurrentStack<double>::Pass pass_;
};

using Values = std::vector<double>;
Values values_of(const Tensor<double>& tensor) {
  return {tensor.values().begin(), tensor.values().end()};
}

/// The worst error(problem) over all cells.
template <typename Error>
double worst_cell(std::uint64_t seed, std::size_t layers, Error error) {
  double worst = 0;
  for (Cell cell : kAllCells) {
    StackProblem problem(cell, seed, layers);
    keep_worst(error(problem), worst);
  }
  return worst;
}

std::vector<Finding> prove_states(std::uint64_t seed, std::size_t layers) {
  return {{ProofKind::kClosedForm, worst_cell(seed, layers, [](StackProblem& p) {
             return relative_error(values_of(p.h()), values_of(p.by_naive().h));
           })}};
}

std::vector<Finding> prove_dx(std::string_view, std::uint64_t seed) {
  return {{ProofKind::kClosedForm, worst_cell(seed, 1,
                                              [](StackProblem& p) {
                                                return relative_error(values_of(p.dx()),
                                                                      values_of(p.by_naive().dx));
                                              })},
          {ProofKind::kDifferences, worst_cell(seed, 1, [](StackProblem& p) {
             return relative_error(values_of(p.dx()), p.dx_by_differences());
           })}};
}

Values joined(Values first, const Values& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

/// What the upper layer sends down, and that the lower one goes on with just that: dx below both.
std::vector<Finding> prove_dh_between(std::string_view, std::uint64_t seed) {
  const auto code = [](StackProblem& p) {
    const Values dx = values_of(p.dx());
    return joined(values_of(p.dh_between()), dx);
  };
  const auto closed_form = [&](StackProblem& p) {
    const auto naive = p.by_naive();
    return relative_error(code(p), joined(values_of(naive.dh_between), values_of(naive.dx)));
  };
  const auto differences = [&](StackProblem& p) {
    return relative_error(code(p), joined(p.dh_between_by_differences(), p.dx_by_differences()));
  };
  return {{ProofKind::kClosedForm, worst_cell(seed, 2, closed_form)},
          {ProofKind::kDifferences, worst_cell(seed, 2, differences)}};
}

// -------------------------------------------------------------------------------------- embedding

struct EmbeddingProblem {
  explicit EmbeddingProblem(std::uint64_t seed) {
    Random random(seed, "proof/embedding");
    fill(embedding.E.value.values(), random);
    fill(g.values(), random);
    for (std::int32_t& id : ids) id = static_cast<std::int32_t>(random.below(3));  // words repeat
  }
  Tensor<double> x() const {
    Tensor<double> x(g.shape());
    embedding.forward(ids, x.matrix());
    return x;
  }
  Embedding<double> embedding{"embedding", 5, 3};
  std::array<std::int32_t, 7> ids{};
  Tensor<double> g{Shape{7, 3}};  ///< ∂L/∂x
};

std::vector<Finding> prove_embedding(std::string_view, std::uint64_t seed) {
  const EmbeddingProblem p(seed);
  Values naive;
  for (std::int32_t id : p.ids) {
    for (std::size_t j = 0; j < 3; ++j) {
      naive.push_back(p.embedding.E.value[static_cast<std::size_t>(id) * 3 + j]);
    }
  }
  return {{ProofKind::kClosedForm, relative_error(values_of(p.x()), naive)}};
}

std::vector<Finding> prove_embedding_gradient(std::string_view, std::uint64_t seed) {
  EmbeddingProblem p(seed);
  p.embedding.E.grad.fill(0);
  p.embedding.backward(p.ids, std::as_const(p.g).matrix());
  const Values dE = values_of(p.embedding.E.grad);
  Values naive(dE.size());
  for (std::size_t t = 0; t < p.ids.size(); ++t) {
    for (std::size_t j = 0; j < 3; ++j) {
      naive[static_cast<std::size_t>(p.ids[t]) * 3 + j] += p.g.matrix()(t, j);
    }
  }
  const Values numeric = central_differences(p.embedding.E.value.values(),
                                             [&] { return dot(p.x().values(), p.g.values()); });
  return {{ProofKind::kClosedForm, relative_error(dE, naive)},
          {ProofKind::kDifferences, relative_error(dE, numeric)}};
}

// ---------------------------------------------------------------------------------------- pooling

constexpr std::size_t kUnits = 4;  // two of each direction

struct PoolingProblem {
  PoolingProblem(Pool kind, std::uint64_t seed) : pool(kind), pooling(kind, 2) {
    Random random(seed, "proof/pooling");
    for (std::size_t k = 0; k < h.size(); ++k) h[k] = 0.1 * static_cast<double>(k) - 1;
    random.shuffle(h.values());  // no two of them close: a difference keeps every winner
    fill(g.values(), random);
  }
  Tensor<double> p() {
    Tensor<double> result(g.shape());
    pooling.forward(shape, std::as_const(h).matrix(), record, result.matrix());
    return result;
  }
  Tensor<double> dh() {
    p();
    Tensor<double> result(h.shape());
    pooling.backward(shape, record, std::as_const(g).matrix(), result.matrix());
    return result;
  }
  /// The weight with which h_{t,j} of a row enters p_j.
  double weight(std::size_t row, std::size_t t, std::size_t j) const {
    const std::size_t T = shape.length(row);
    if (pool == Pool::kMean) return 1 / static_cast<double>(T);
    if (pool == Pool::kLast) return t == (j < kUnits / 2 ? T - 1 : 0) ? 1 : 0;
    for (std::size_t s = 0; s < T; ++s) {
      if (at(h, row, s, j) > at(h, row, t, j)) return 0;
    }
    return 1;
  }
  double at(const Tensor<double>& tensor, std::size_t row, std::size_t t, std::size_t j) const {
    return tensor.matrix()(shape.index(t, row), j);
  }

  Pool pool;
  RaggedShape shape{std::vector<std::size_t>{3, 2, 1}};
  Pooling<double> pooling;
  Pooling<double>::Record record;
  Tensor<double> h{Shape{6, kUnits}};
  Tensor<double> g{Shape{3, kUnits}};  ///< ∂L/∂p
};

template <Pool kPool>
std::vector<Finding> prove_pooling(std::string_view, std::uint64_t seed) {
  PoolingProblem problem(kPool, seed);
  Values naive;
  for (std::size_t row = 0; row < 3; ++row) {
    for (std::size_t j = 0; j < kUnits; ++j) {
      double p_j = 0;
      for (std::size_t t = 0; t < problem.shape.length(row); ++t) {
        p_j += problem.weight(row, t, j) * problem.at(problem.h, row, t, j);
      }
      naive.push_back(p_j);
    }
  }
  return {{ProofKind::kClosedForm, relative_error(values_of(problem.p()), naive)}};
}

template <Pool kPool>
std::vector<Finding> prove_pooling_gradient(std::string_view, std::uint64_t seed) {
  PoolingProblem problem(kPool, seed);
  const Values dh = values_of(problem.dh());
  Values naive(dh.size());
  for (std::size_t row = 0; row < 3; ++row) {
    for (std::size_t t = 0; t < problem.shape.length(row); ++t) {
      for (std::size_t j = 0; j < kUnits; ++j) {
        naive[problem.shape.index(t, row) * kUnits + j] =
            problem.weight(row, t, j) * problem.g.matrix()(row, j);
      }
    }
  }
  const Values numeric = central_differences(
      problem.h.values(), [&] { return dot(problem.p().values(), problem.g.values()); });
  return {{ProofKind::kClosedForm, relative_error(dh, naive)},
          {ProofKind::kDifferences, relative_error(dh, numeric)}};
}

constexpr Proof kStackProofs[] = {
    {"BI-h", [](std::string_view, std::uint64_t seed) { return prove_states(seed, 1); }},
    {"BI-dx", prove_dx},
    {"STACK-x", [](std::string_view, std::uint64_t seed) { return prove_states(seed, 2); }},
    {"STACK-dh", prove_dh_between},
    {"EMB-x", prove_embedding},
    {"EMB-dE", prove_embedding_gradient},
    {"POOL-last", prove_pooling<Pool::kLast>},
    {"POOL-mean", prove_pooling<Pool::kMean>},
    {"POOL-max", prove_pooling<Pool::kMax>},
    {"POOL-dlast", prove_pooling_gradient<Pool::kLast>},
    {"POOL-dmean", prove_pooling_gradient<Pool::kMean>},
    {"POOL-dmax", prove_pooling_gradient<Pool::kMax>},
};

}  // namespace

std::span<const Proof> stack_proofs() {
  return kStackProofs;
}

}  // namespace unroll
