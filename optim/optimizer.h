/// Optimizers: SGD (momentum, Nesterov, weight decay), Adam and AdamW. They see Parameters, never a
/// layer.
///
/// State is kept by parameter name, and one step counter belongs to the optimizer, not to a tensor.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "unroll/core/parameter.h"

namespace unroll {

/// Instantiated for float and double, like all optimizers.
template <typename Real>
class Optimizer {
 public:
  virtual ~Optimizer() = default;
  /// One update of every parameter from its gradient, with this learning rate. Frozen ones stay as
  /// they are.
  void step(const ParameterList<Real>& parameters, double learning_rate);
  std::uint64_t steps() const { return steps_; }

 protected:
  /// Updates one parameter; steps() counts the step that is being done.
  virtual void update(Parameter<Real>& parameter, double learning_rate) = 0;

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
  void update(Parameter<Real>& parameter, double learning_rate) override;

  SgdConfig config_;
  std::map<std::string, Tensor<Real>> velocity_;
};

struct AdamConfig {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0;
  bool decoupled = false;  ///< true: AdamW
};

/// kernels/ops.h, AdamStep, has the equations. Every row of an embedding is updated at every step,
/// as in the paper.
template <typename Real>
class Adam final : public Optimizer<Real> {
 public:
  explicit Adam(const AdamConfig& config) : config_(config) {}

 private:
  struct Moments {
    Tensor<Real> m;
    Tensor<Real> v;
  };
  void update(Parameter<Real>& parameter, double learning_rate) override;

  AdamConfig config_;
  std::map<std::string, Moments> moments_;
};

enum class OptimizerKind { kAdam, kAdamW, kSgd };
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
