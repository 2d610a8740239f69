// The second half of check_gradients: x, h_0 and C_0, through the recurrent stack alone.

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "unroll/core/random.h"
#include "unroll/tools/lab/checks/branches.h"
#include "unroll/tools/lab/checks/gradient_check.h"
#include "unroll/tools/lab/proofs/proof.h"

namespace unroll {

namespace {

/// x, h_0 and C_0, through the recurrent stack with the loss
///     L = Σ_t h_t ⊙ g_t + Σ h_T ⊙ g_h + Σ C_T ⊙ g_C
/// of random g, the last two for each layer and direction.
class StateCheck {
 public:
  StateCheck(const SequenceClassifier<float>& model, const GradientSample& sample,
             std::uint64_t seed)
      : sample_(sample),
        config_(model.config()),
        stack_(stack_config(config_)),
        random_(seed, "gradient check/states") {
    std::map<std::string, const Parameter<float>*> by_name;
    for (const Parameter<float>* parameter : model.parameters()) {
      by_name[parameter->name] = parameter;
    }
    for (Parameter<double>* parameter : stack_.parameters()) {
      std::ranges::copy(by_name.at(parameter->name)->value.values(),
                        parameter->value.values().begin());
      if (parameter->name.ends_with(".U")) {
        cells_.push_back(parameter->name.substr(0, parameter->name.size() - 2));
      }
    }
    embed(*model.parameters().front());
    start_ = stack_.zero_states(sample.shape.batch());
    g_end_ = stack_.zero_states(sample.shape.batch());
    fill(start_);
    fill(g_end_);
    g_ = Tensor<double>({sample.shape.tokens(), stack_.output_size()});
    fill(g_);
    backward();
  }

  /// "x", then h_0 of each layer and direction, then C_0 of the LSTM's.
  std::vector<std::string> names() const {
    std::vector<std::string> all{"x"};
    for (const std::string& cell : cells_) all.push_back(cell + ".h_0");
    for (const std::string& cell : cells_) {
      if (describe(config_.cell).has_C) all.push_back(cell + ".C_0");
    }
    return all;
  }

  std::vector<TensorCheck> check(std::size_t k, const TensorCheckOptions& options) {
    Tensor<double>& value = value_of(k, x_, start_);
    const CheckedTensor tensor{.name = names()[k],
                               .shape = value.shape(),
                               .values = value.values(),
                               .gradient = std::as_const(value_of(k, dx_, dstart_)).values()};
    return check_tensor(
        tensor, [this](Branches& branches) { return loss(branches); }, options);
  }

 private:
  void embed(const Parameter<float>& E) {
    x_ = Tensor<double>({sample_.shape.tokens(), config_.embedding});
    for (std::size_t n = 0; n < sample_.ids.size(); ++n) {
      std::ranges::copy(E.value.matrix().row(static_cast<std::size_t>(sample_.ids[n])),
                        x_.matrix().row(n).begin());
    }
  }

  void fill(Tensor<double>& tensor) {
    for (double& value : tensor.values()) value = random_.normal();
  }
  void fill(RecurrentStack<double>::States& states) {
    for (RecurrentState<double>& state : states) {
      fill(state.h);
      fill(state.C);
    }
  }

  double loss(Branches& branches) {
    auto end = start_;
    stack_.forward(sample_.shape, std::as_const(x_).matrix(), end, pass_, nullptr);
    branches.clear();
    append_relus<double>(config_, stack_, sample_.shape, pass_, branches);
    double sum = dot(pass_.h.back().values(), g_.values());
    for (std::size_t k = 0; k < end.size(); ++k) {
      sum += dot(end[k].h.values(), g_end_[k].h.values());
      sum += dot(end[k].C.values(), g_end_[k].C.values());
    }
    return sum;
  }

  void backward() {
    Branches branches;
    loss(branches);
    dx_ = Tensor<double>(x_.shape());
    dstart_ = g_end_;
    stack_.backward(sample_.shape, std::as_const(x_).matrix(), pass_, std::as_const(g_).matrix(),
                    dstart_, dx_.matrix(), false);
  }

  /// The tensor number k of names().
  static Tensor<double>& value_of(std::size_t k, Tensor<double>& x,
                                  RecurrentStack<double>::States& states) {
    if (k == 0) return x;
    return k <= states.size() ? states[k - 1].h : states[k - 1 - states.size()].C;
  }

  const GradientSample& sample_;
  SequenceClassifierConfig config_;
  RecurrentStack<double> stack_;
  Random random_;
  RecurrentStack<double>::Pass pass_;
  RecurrentStack<double>::States start_, g_end_, dstart_;
  Tensor<double> x_, g_, dx_;
  std::vector<std::string> cells_;  // "lstm.0.forward" and so on, as the states
};

}  // namespace

void check_states(const SequenceClassifier<float>& model, const GradientSample& sample,
                  const GradientCheckOptions& options, GradientReport& report) {
  const auto make = [&] {
    return std::make_shared<StateCheck>(model, sample, options.tensor.seed);
  };
  const auto make_checker = [&]() -> TensorChecker {
    return [&, states = make()](std::size_t k) { return states->check(k, options.tensor); };
  };
  report.append(check_in_parallel(make()->names(), make_checker, options.progress));
}

}  // namespace unroll
