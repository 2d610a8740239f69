/// Optimizers: SGD (momentum, Nesterov, weight decay), Adam, AdamW and lazy Adam. They see
/// Parameters, never a layer.
///
/// State is kept by parameter name, and one step counter belongs to the optimizer, not to a tensor.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "unroll/core/parameter.h"
#include "unroll/kernels/ops.h"

namespace unroll {

class SavedState;
template <typename Real>
class ParameterAverage;

/// Instantiated for float and double, like all optimizers.
template <typename Real>
class Optimizer {
 public:
  virtual ~Optimizer() = default;
  /// One update of every parameter from its gradient, with this learning rate. Frozen ones stay as
  /// they are. An average of these parameters is updated in the same pass over memory.
  void step(const ParameterList<Real>& parameters, double learning_rate,
            ParameterAverage<Real>* average = nullptr);
  std::uint64_t steps() const { return steps_; }
  /// The memory of its state for these parameters; parameters that are frozen have none.
  void plan(const ParameterList<Real>& parameters, MemoryPlan& plan);
  /// Lists its state for these parameters.
  void list(const ParameterList<Real>& parameters, SavedState& state);

 protected:
  virtual void plan_state(const Parameter<Real>& parameter, MemoryPlan& plan) = 0;
  virtual void list_state(const Parameter<Real>& parameter, SavedState& state) = 0;
  /// Updates one parameter, and its average unless that is null; steps() counts the step that is
  /// being done.
  virtual void update(Parameter<Real>& parameter, double learning_rate,
                      ParameterAverage<Real>* average) = 0;

 private:
  std::uint64_t steps_ = 0;
};

struct SgdConfig {
  double momentum = 0;
  double weight_decay = 0;
  bool nesterov = false;
};

/// kernels/ops.h, SgdStep, has the equations.
template <typename Real>
class Sgd final : public Optimizer<Real> {
 public:
  explicit Sgd(const SgdConfig& config) : config_(config) {}

 private:
  void plan_state(const Parameter<Real>& parameter, MemoryPlan& plan) override;
  void list_state(const Parameter<Real>& parameter, SavedState& state) override;
  void update(Parameter<Real>& parameter, double learning_rate,
              ParameterAverage<Real>* average) override;
  Tensor<Real>& velocity_of(const Parameter<Real>& parameter);

  SgdConfig config_;
  std::map<std::string, Tensor<Real>> velocity_;
};

struct AdamConfig {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0;
  bool decoupled = false;  ///< true: AdamW
  bool lazy = false;       ///< true: a step moves only rows whose gradient was touched
};

/// kernels/ops.h, AdamStep, has the equations.
///
/// Adam follows the paper: it updates every row of an embedding at every step, even if no text of
/// the batch has the row's word, because the row's decaying momentum still moves it. It may skip
/// rows that never had a gradient, since they stay where they are, bit by bit.
///
/// Lazy Adam updates a row only at the steps that touch it (Parameter::touched). In between its
/// moments do not decay, momentum does not move it, and weight decay does not reach it; the
/// corrections 1/(1 − βⁿ) count all steps. These are the rules of PyTorch's SparseAdam and
/// TensorFlow's LazyAdam, which however add ε to √v before its correction. It is another algorithm,
/// not a faster way to Adam's numbers. Parameters that are touched as a whole move as by Adam.
template <typename Real>
class Adam final : public Optimizer<Real> {
 public:
  explicit Adam(const AdamConfig& config) : config_(config) {}

 private:
  struct Moments {
    Tensor<Real> m;
    Tensor<Real> v;
    RowSet seen;  ///< rows that had a gradient so far, or all once they are many
  };
  void plan_state(const Parameter<Real>& parameter, MemoryPlan& plan) override;
  void list_state(const Parameter<Real>& parameter, SavedState& state) override;
  void update(Parameter<Real>& parameter, double learning_rate,
              ParameterAverage<Real>* average) override;
  Moments& moments_of(const Parameter<Real>& parameter);
  AdamStep<Real> this_step(double learning_rate) const;
  const RowSet& rows_to_move(const Parameter<Real>& parameter, RowSet& seen) const;

  AdamConfig config_;
  std::map<std::string, Moments> moments_;
};

enum class OptimizerKind { kAdam, kAdamW, kLazyAdam, kSgd };
std::string_view to_string(OptimizerKind kind);

/// What a user chooses; each optimizer takes what it has a use for.
struct OptimizerConfig {
  OptimizerKind kind = OptimizerKind::kAdam;
  double weight_decay = 0;
  double momentum = 0.9;  ///< SGD
  bool nesterov = false;  ///< SGD
};
template <typename Real>
std::unique_ptr<Optimizer<Real>> make_optimizer(const OptimizerConfig& config);

}  // namespace unroll
