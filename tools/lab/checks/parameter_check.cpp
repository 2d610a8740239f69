// The first half of check_gradients: the parameters, through the whole model and its loss.

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <set>
#include <utility>

#include "unroll/core/random.h"
#include "unroll/layers/softmax_cross_entropy.h"
#include "unroll/tools/lab/checks/branches.h"
#include "unroll/tools/lab/checks/gradient_check.h"
#include "unroll/tools/lab/proofs/double_shadow.h"

namespace unroll {

namespace {

constexpr double kFloatEpsilon = std::numeric_limits<float>::epsilon();
constexpr std::string_view kEmbedding = "embedding.E";

/// The model once more, with all that is frozen thawed.
SequenceClassifier<float> copy_of(const SequenceClassifier<float>& model) {
  SequenceClassifier<float> copy(model.config());
  const auto from = model.parameters();
  for (std::size_t k = 0; k < from.size(); ++k) copy.parameters()[k]->value = from[k]->value;
  return copy;
}

/// Rows of the embedding that the sample reads, in rising order.
std::vector<std::size_t> rows_read(const GradientSample& sample) {
  const std::set<std::size_t> rows(sample.ids.begin(), sample.ids.end());
  return {rows.begin(), rows.end()};
}

/// A model of its own in double, to move and to compute the loss of.
class Trial {
 public:
  Trial(const SequenceClassifier<float>& model, const GradientSample& sample)
      : sample_(sample), model_(double_shadow(model)) {}

  /// The tensor's values are this model's.
  std::vector<TensorCheck> check(std::size_t k, CheckedTensor tensor,
                                 const TensorCheckOptions& options) {
    tensor.values = model_.parameters()[k]->value.values();
    const LossFunction loss = [this](Branches& branches) {
      model_.forward(sample_.shape, sample_.ids, pass_);
      set_branches<double>(model_, sample_.shape, pass_, branches);
      return softmax_cross_entropy<double>(std::as_const(pass_.O).matrix(), sample_.targets,
                                           1 / static_cast<double>(sample_.shape.batch()));
    };
    return check_tensor(tensor, loss, options);
  }

 private:
  const GradientSample& sample_;
  SequenceClassifier<double> model_;
  SequenceClassifier<double>::Pass pass_;
};

/// The gradients in both precisions, and what may be expected of them.
class ParameterCheck {
 public:
  ParameterCheck(const SequenceClassifier<float>& model, const GradientSample& sample)
      : sample_(sample), double_(double_shadow(model)), float_(copy_of(model)) {}

  void run(const GradientCheckOptions& options, GradientReport& report) {
    report.loss =
        double_.loss_and_gradients(sample_.shape, sample_.ids, sample_.targets, double_pass_);
    float_.loss_and_gradients(sample_.shape, sample_.ids, sample_.targets, float_pass_);
    compare_precisions(report);
    measure_doubt(options.tensor.seed);
    check_all(options, report);
  }

 private:
  void check_all(const GradientCheckOptions& options, GradientReport& report) {
    TensorCheckOptions tensor_options = options.tensor;
    tensor_options.float_floor = report.float_floor;
    tensor_options.least_noise = rounding_of_loss();
    // On another piece of the loss the gradient is another one, and not off by rounding.
    if (report.float_flips > 0) {
      tensor_options.float_floor = std::numeric_limits<double>::infinity();
    }
    std::vector<std::string> names;
    for (const auto* parameter : double_.parameters()) names.push_back(parameter->name);
    const auto make_checker = [&]() -> TensorChecker {
      return [&, trial = std::make_shared<Trial>(float_, sample_)](std::size_t k) {
        return trial->check(k, tensor_of(k), tensor_options);
      };
    };
    report.append(check_in_parallel(names, make_checker, options.progress));
  }

  /// L_r = log Σ exp O_r − O_{r,y}: both terms are rounded at their own size, however small the
  /// difference.
  double rounding_of_loss() const {
    double largest = 0;
    for (double O : double_pass_.O.values()) largest = std::max(largest, std::abs(O));
    const auto rows = static_cast<double>(sample_.targets.size());
    return std::numeric_limits<double>::epsilon() * largest * rows /
           static_cast<double>(sample_.shape.batch());
  }

  void compare_precisions(GradientReport& report) {
    // dO = (ŷ − y) / B, and ŷ in float is off by some of its last places: what a model is sure of
    // keeps few digits, and every gradient is linear in dO.
    const double B = static_cast<double>(sample_.shape.batch());
    for (double dO : double_pass_.dO.values()) {
      report.largest_dO = std::max(report.largest_dO, B * std::abs(dO));
    }
    report.float_floor = 8 * kFloatEpsilon / report.largest_dO;
    set_branches<double>(double_, sample_.shape, double_pass_, branches_);
    Branches narrow;
    set_branches<float>(float_, sample_.shape, float_pass_, narrow);
    for (std::size_t k = 0; k < branches_.size(); ++k) {
      report.float_flips += branches_[k] != narrow[k] ? 1 : 0;
    }
  }

  /// How far each gradient moves, in double, when every weight moves by the last place of a float:
  /// where terms cancel, that is more than float can know.
  void measure_doubt(std::uint64_t seed) {
    for (const Parameter<double>* parameter : double_.parameters()) {
      doubt_.emplace_back(parameter->value.shape());
    }
    Random random(seed, "gradient check/last places");
    SequenceClassifier<double>::Pass pass;
    for (int repeat = 0; repeat < 4; ++repeat) {
      auto moved = double_shadow(float_);
      for (Parameter<double>* parameter : moved.parameters()) {
        for (double& value : parameter->value.values()) {
          value *= 1 + random.uniform(-kFloatEpsilon, kFloatEpsilon);
        }
      }
      moved.loss_and_gradients(sample_.shape, sample_.ids, sample_.targets, pass);
      keep_doubt(moved.parameters(), pass);
    }
  }

  void keep_doubt(const ParameterList<double>& moved,
                  const SequenceClassifier<double>::Pass& pass) {
    constexpr double kMargin = 8;  // one place in each weight, for all roundings on the way
    Branches branches;
    set_branches<double>(double_, sample_.shape, pass, branches);
    if (branches != branches_) return;
    const ParameterList<double> parameters = double_.parameters();
    for (std::size_t k = 0; k < moved.size(); ++k) {
      for (std::size_t i = 0; i < doubt_[k].size(); ++i) {
        const double by = std::abs(moved[k]->grad[i] - parameters[k]->grad[i]);
        doubt_[k][i] = std::max(doubt_[k][i], kMargin * by);
      }
    }
  }

  /// The gates that a tensor of the recurrent layers stacks: all but d, which is of one gate.
  std::string_view gates_of(std::string_view name) const {
    const CellDescription& cell = describe(double_.config().cell);
    const bool stacks = name.starts_with(std::string(cell.name) + ".") && !name.ends_with(".d");
    return stacks && cell.gates.size() > 1 ? cell.gates : std::string_view();
  }

  CheckedTensor tensor_of(std::size_t k) {
    Parameter<double>& parameter = *double_.parameters()[k];
    CheckedTensor tensor{.name = parameter.name,
                         .shape = parameter.value.shape(),
                         .gradient = parameter.grad.values(),
                         .float_gradient = float_.parameters()[k]->grad.values(),
                         .float_doubt = doubt_[k].values()};
    tensor.gates = gates_of(parameter.name);
    if (parameter.name == kEmbedding) tensor.rows = rows_read(sample_);
    return tensor;
  }

  const GradientSample& sample_;
  SequenceClassifier<double> double_;
  SequenceClassifier<float> float_;
  SequenceClassifier<double>::Pass double_pass_;
  SequenceClassifier<float>::Pass float_pass_;
  Branches branches_;                  // of the double pass
  std::vector<Tensor<double>> doubt_;  // of each parameter
};

}  // namespace

void check_parameters(const SequenceClassifier<float>& model, const GradientSample& sample,
                      const GradientCheckOptions& options, GradientReport& report) {
  ParameterCheck(model, sample).run(options, report);
}

}  // namespace unroll
