#include "unroll/layers/sequence_classifier.h"

#include <fmt/format.h>

#include <algorithm>

#include "unroll/core/error.h"
#include "unroll/kernels/ops.h"
#include "unroll/layers/sigmoid_cross_entropy.h"
#include "unroll/layers/softmax_cross_entropy.h"

namespace unroll {

namespace {

void check(const char* what, std::size_t found, std::size_t expected) {
  if (found == expected) return;
  throw ShapeError(fmt::format("sequence classifier: {} {}, expected {}", found, what, expected));
}

/// The random numbers that these rows of the whole have in it.
DropoutSource in_whole(const DropoutSource& dropout, std::span<const std::int32_t> rows) {
  return {.seed = dropout.seed, .step = dropout.step, .rows = rows};
}

/// picked (places) = the values at these places.
template <typename Value>
void pick(std::span<const Value> values, std::span<const std::int32_t> places,
          std::vector<Value>& picked) {
  picked.clear();
  for (std::int32_t place : places) picked.push_back(values[static_cast<std::size_t>(place)]);
}

/// The limits of parts of batches within these limits.
BatchLimits limits_of_parts(const BatchLimits& limits, std::size_t most_tokens) {
  const std::size_t tokens = std::min(limits.tokens, std::max(most_tokens, limits.steps));
  return {.rows = std::min(limits.rows, tokens),
          .steps = limits.steps,
          .tokens = tokens,
          .distinct = std::min(limits.distinct, tokens)};
}

}  // namespace

LayerSizes layer_sizes(const SequenceClassifierConfig& config) {
  return {config.embedding, config.hidden, gate_count(config.cell)};
}

RecurrentStackConfig stack_config(const SequenceClassifierConfig& config) {
  return {.cell = config.cell,
          .activation = config.activation,
          .gru_reset = config.gru_reset,
          .input = config.embedding,
          .hidden = config.hidden,
          .layers = config.layers,
          .bidirectional = config.bidirectional,
          .dropout = config.dropout};
}

template <typename Real>
SequenceClassifier<Real>::SequenceClassifier(const Config& config)
    : config_(config),
      embedding_("embedding", config.vocabulary, config.embedding),
      stack_(stack_config(config)),
      pooling_(config.pool.value_or(Pool::kLast), stack_.directions()),
      output_("output", stack_.output_size(), config.classes),
      x_dropout_("dropout/embedding", config.dropout),
      p_dropout_("dropout/output", config.dropout) {}

template <typename Real>
void SequenceClassifier<Real>::init(std::uint64_t seed) {
  init_normal(embedding_.E, 0.1, seed);
  stack_.init(config_.init, config_.forget_bias, seed);
  init_glorot(output_.V, seed);
  output_.c.value.fill(0);
}

template <typename Real>
ParameterList<Real> SequenceClassifier<Real>::parameters() {
  ParameterList<Real> list{&embedding_.E};
  for (Parameter<Real>* parameter : stack_.parameters()) list.push_back(parameter);
  for (Parameter<Real>* parameter : output_.parameters()) list.push_back(parameter);
  return list;
}

template <typename Real>
std::vector<const Parameter<Real>*> SequenceClassifier<Real>::parameters() const {
  // The list borrows; only a mutable model's can be written through.
  const ParameterList<Real> list = const_cast<SequenceClassifier*>(this)->parameters();
  return {list.begin(), list.end()};
}

template <typename Real>
ParameterList<Real> SequenceClassifier<Real>::trainable_parameters() {
  ParameterList<Real> list = parameters();
  std::erase_if(list, [](const Parameter<Real>* parameter) { return parameter->frozen; });
  return list;
}

template <typename Real>
void SequenceClassifier<Real>::forward(const RaggedShape& shape, std::span<const std::int32_t> ids,
                                       Pass& pass, const DropoutSource* dropout) const {
  check("ids", ids.size(), shape.tokens());
  pass.words.find(ids, config_.vocabulary);
  if (dropout == nullptr) return run_forward(shape, pass, nullptr);
  const Dropouts dropouts{.x = *dropout, .h = *dropout, .p = *dropout};
  run_forward(shape, pass, &dropouts);
}

/// The forward pass of pass.words.
template <typename Real>
void SequenceClassifier<Real>::run_forward(const RaggedShape& shape, Pass& pass,
                                           const Dropouts* dropouts) const {
  pass.x.resize({pass.words.ids().size(), config_.embedding});
  embedding_.forward(pass.words.ids(), pass.x.matrix());
  if (dropouts != nullptr) x_dropout_.forward(dropouts->x, pass.x_mask, pass.x.matrix());

  stack_.set_zero(shape.batch(), pass.states);
  stack_.forward(shape, pass.input(), pass.states, pass.stack,
                 dropouts == nullptr ? nullptr : &dropouts->h);

  if (config_.pool) {
    pass.p.resize({shape.batch(), stack_.output_size()});
    pooling_.forward(shape, pass.stack.h.back().matrix(), pass.pooling, pass.p.matrix());
  }
  if (dropouts != nullptr) p_dropout_.forward(dropouts->p, pass.p_mask, readout(pass).matrix());

  pass.O.resize({readout(pass).shape()[0], config_.classes});
  output_.pack(pass.V);
  output_.forward(readout(pass).matrix(), pass.V, pass.O.matrix());
}

template <typename Real>
double SequenceClassifier<Real>::loss_and_gradients(const RaggedShape& shape,
                                                    std::span<const std::int32_t> ids,
                                                    const Targets& targets, Pass& pass,
                                                    const DropoutSource* dropout,
                                                    const Shard& shard) {
  const double weight = 1.0 / static_cast<double>(shape.batch());
  const bool fits = pass.most_tokens == 0 || shape.tokens() <= pass.most_tokens;
  if (shard.count == 1 && fits) {
    forward(shape, ids, pass, dropout);
    return run_back(shape, targets, weight, pass, dropout != nullptr);
  }
  check("ids", ids.size(), shape.tokens());
  check_targets(targets, config_.pool ? shape.batch() : shape.tokens());
  pass.batch_words.find(ids, config_.vocabulary);
  double loss = 0;
  for (std::size_t row = shard.index; row < shape.batch(); row = pass.part.end()) {
    pass.part.take(shape, row, pass.most_tokens, shard.count);
    loss += loss_and_gradients_of_part(ids, targets, weight, pass, dropout);
  }
  return loss;
}

template <typename Real>
void SequenceClassifier<Real>::check_targets(const Targets& targets, std::size_t rows) const {
  const bool is_softmax = config_.output == OutputKind::kSoftmax;
  check("targets", is_softmax ? targets.classes.size() : targets.y.rows(), rows);
  if (!targets.weights.empty()) check("weights of targets", targets.weights.size(), rows);
}

/// Those of pass.part.
template <typename Real>
typename SequenceClassifier<Real>::Targets SequenceClassifier<Real>::part_of(const Targets& targets,
                                                                             Pass& pass) const {
  const auto rows = config_.pool ? pass.part.rows() : pass.part.tokens();
  if (!targets.weights.empty()) pick(targets.weights, rows, pass.weights);
  const std::span<const float> weights =
      targets.weights.empty() ? targets.weights : std::span<const float>(pass.weights);
  switch (config_.output) {
    case OutputKind::kSoftmax:
      pick(targets.classes, rows, pass.targets);
      return {.classes = pass.targets, .weights = weights};
    case OutputKind::kSigmoid:
      pass.y.resize({rows.size(), config_.classes});
      gather_rows<Real>(targets.y, rows, pass.y.matrix());
      return {.classes = {}, .y = pass.y.matrix(), .weights = weights};
  }
  return {};
}

/// Takes pass.part with the loss's weight and the random numbers that its rows have in the batch.
template <typename Real>
double SequenceClassifier<Real>::loss_and_gradients_of_part(std::span<const std::int32_t> ids,
                                                            const Targets& targets, double weight,
                                                            Pass& pass,
                                                            const DropoutSource* dropout) {
  const RowPart& part = pass.part;
  pick(ids, part.tokens(), pass.ids);
  pass.words.find(pass.ids, config_.vocabulary);
  if (dropout == nullptr) {
    run_forward(part.shape(), pass, nullptr);
  } else {
    pass.word_rows.clear();
    for (std::int32_t id : pass.words.ids()) pass.word_rows.push_back(pass.batch_words.row_of(id));
    const Dropouts dropouts{.x = in_whole(*dropout, pass.word_rows),
                            .h = in_whole(*dropout, part.tokens()),
                            .p = in_whole(*dropout, config_.pool ? part.rows() : part.tokens())};
    run_forward(part.shape(), pass, &dropouts);
  }
  return run_back(part.shape(), part_of(targets, pass), weight, pass, dropout != nullptr);
}

/// The loss of a forward pass, and its gradients.
template <typename Real>
double SequenceClassifier<Real>::run_back(const RaggedShape& shape, const Targets& targets,
                                          double weight, Pass& pass, bool dropout) {
  pass.dO.resize(pass.O.shape());
  const double result = loss(targets, weight, pass);
  backward(shape, pass, dropout);
  return result;
}

/// The loss of pass.O; sets pass.dO.
template <typename Real>
double SequenceClassifier<Real>::loss(const Targets& targets, double weight, Pass& pass) const {
  switch (config_.output) {
    case OutputKind::kSoftmax:
      return softmax_cross_entropy<Real>(pass.O.matrix(), targets.classes, weight, targets.weights,
                                         pass.dO.matrix());
    case OutputKind::kSigmoid:
      return sigmoid_cross_entropy<Real>(pass.O.matrix(), targets.y, weight, targets.weights,
                                         pass.dO.matrix());
  }
  return 0;
}

template <typename Real>
void SequenceClassifier<Real>::backward(const RaggedShape& shape, Pass& pass, bool dropout) {
  // The gradient of what the output layer read, then of every state of the top layer.
  Tensor<Real>& dread = config_.pool ? pass.dp : pass.dh;
  dread.resize(readout(pass).shape());
  output_.backward(readout(pass).matrix(), pass.dO.matrix(), dread.matrix());
  if (dropout) p_dropout_.backward(pass.p_mask, dread.matrix());
  // The gradient of pooled states may take their place, for nothing reads them any more.
  Tensor<Real>& dh = config_.pool && pass.stack.once ? pass.stack.h.back() : pass.dh;
  if (config_.pool) {
    dh.resize(pass.stack.h.back().shape());
    pooling_.backward(shape, pass.pooling, pass.dp.matrix(), dh.matrix());
  }

  const bool embedding_learns = !embedding_.E.frozen;
  if (embedding_learns) pass.dx.resize(pass.x.shape());
  stack_.set_zero(shape.batch(), pass.dstates);
  stack_.backward(shape, pass.input(), pass.stack, dh.matrix(), pass.dstates,
                  embedding_learns ? pass.dx.matrix() : MatrixView<Real>(), dropout);
  if (!embedding_learns) return;
  if (dropout) x_dropout_.backward(pass.x_mask, pass.dx.matrix());
  embedding_.backward(pass.words.ids(), pass.dx.matrix());
}

template <typename Real>
void SequenceClassifier<Real>::plan(const BatchLimits& limits, std::size_t most_tokens, Pass& pass,
                                    MemoryPlan& plan) const {
  if (most_tokens > 0) return plan_shards(limits, limits, most_tokens, pass, plan);
  pass.most_tokens = 0;
  pass.stack.once = true;
  plan_pass(limits, pass, plan);
}

template <typename Real>
void SequenceClassifier<Real>::plan_shards(const BatchLimits& limits, const BatchLimits& shard,
                                           std::size_t most_tokens, Pass& pass,
                                           MemoryPlan& plan) const {
  pass.most_tokens = most_tokens;
  pass.stack.once = true;
  plan_parts(limits, most_tokens == 0 ? shard : limits_of_parts(shard, most_tokens), pass, plan);
}

template <typename Real>
void SequenceClassifier<Real>::plan_parts(const BatchLimits& limits, const BatchLimits& part,
                                          Pass& pass, MemoryPlan& plan) const {
  plan_pass(part, pass, plan);
  plan.begin_part(kForwardPart);
  pass.part.plan(part, plan);
  pass.batch_words.plan(limits, config_.vocabulary, plan);
  plan.add(pass.word_rows, part.distinct);
  plan.add(pass.ids, part.tokens);
  const std::size_t rows = config_.pool ? part.rows : part.tokens;
  plan.add(pass.targets, rows);
  plan.add(pass.weights, rows);
  if (config_.output == OutputKind::kSigmoid) plan.add(pass.y, Shape{rows, config_.classes});
}

template <typename Real>
void SequenceClassifier<Real>::plan_pass(const BatchLimits& limits, Pass& pass,
                                         MemoryPlan& plan) const {
  const bool learns = !embedding_.E.frozen;
  const Shape x{limits.distinct, config_.embedding};
  const Shape h{limits.tokens, stack_.output_size()}, p{limits.rows, stack_.output_size()};
  const Shape O{config_.pool ? limits.rows : limits.tokens, config_.classes};
  stack_.plan(limits, {.shared = true, .dx = learns}, pass.stack, plan);
  plan.begin_part(kForwardPart);
  pass.words.plan(limits, config_.vocabulary, plan);
  plan.add(pass.x, x);
  if (x_dropout_.active()) plan.add(pass.x_mask, x);
  if (p_dropout_.active()) plan.add(pass.p_mask, config_.pool ? p : h);
  stack_.plan(limits, pass.states, plan);
  if (config_.pool == Pool::kMax) plan.add(pass.pooling.at, p.size());
  if (config_.pool) plan.add(pass.p, p);
  output_.plan(pass.V, plan);
  plan.add(pass.O, O);
  plan.begin_part(kBackwardPart);
  plan.add(pass.dO, O);
  if (config_.pool) plan.add(pass.dp, p);
  if (!config_.pool) plan.add(pass.dh, h);
  if (learns) plan.add(pass.dx, x);
  stack_.plan(limits, pass.dstates, plan);
}

template <typename Real>
typename SequenceClassifier<Real>::Inspection SequenceClassifier<Real>::inspect(
    const Pass& pass) const {
  Inspection seen{.x = Tensor<Real>({pass.words.rows().size(), config_.embedding}),
                  .h = pass.stack.h,
                  .dh = pass.stack.dh,
                  .winners = pass.pooling.at,
                  .p = pass.p,
                  .dp = pass.dp,
                  .O = pass.O,
                  .dO = pass.dO};
  gather_rows<Real>(pass.x.matrix(), pass.words.rows(), seen.x.matrix());
  seen.dh.push_back(pass.dh);
  return seen;
}

template class SequenceClassifier<float>;
template class SequenceClassifier<double>;

}  // namespace unroll
