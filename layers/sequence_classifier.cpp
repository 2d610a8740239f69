#include "unroll/layers/sequence_classifier.h"

#include <fmt/format.h>

#include "unroll/core/error.h"
#include "unroll/kernels/ops.h"
#include "unroll/layers/softmax_cross_entropy.h"

namespace unroll {

RecurrentStackConfig stack_config(const SequenceClassifierConfig& config) {
  return {.cell = config.cell,
          .activation = config.activation,
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
  if (ids.size() != shape.tokens()) {
    throw ShapeError(
        fmt::format("sequence classifier: {} ids for {} tokens", ids.size(), shape.tokens()));
  }
  pass.words.find(ids, config_.vocabulary);
  pass.x.resize({pass.words.ids().size(), config_.embedding});
  embedding_.forward(pass.words.ids(), pass.x.matrix());
  if (dropout != nullptr) x_dropout_.forward(*dropout, pass.x_mask, pass.x.matrix());

  auto states = stack_.zero_states(shape.batch());
  stack_.forward(shape, pass.input(), states, pass.stack, dropout);

  if (config_.pool) {
    pass.p.resize({shape.batch(), stack_.output_size()});
    pooling_.forward(shape, pass.stack.h.back().matrix(), pass.pooling, pass.p.matrix());
  }
  if (dropout != nullptr) p_dropout_.forward(*dropout, pass.p_mask, readout(pass).matrix());

  pass.O.resize({readout(pass).shape()[0], config_.classes});
  output_.pack(pass.V);
  output_.forward(readout(pass).matrix(), pass.V, pass.O.matrix());
}

template <typename Real>
double SequenceClassifier<Real>::loss_and_gradients(const RaggedShape& shape,
                                                    std::span<const std::int32_t> ids,
                                                    std::span<const std::int32_t> targets,
                                                    Pass& pass, const DropoutSource* dropout) {
  forward(shape, ids, pass, dropout);
  pass.dO.resize(pass.O.shape());
  const double weight = 1.0 / static_cast<double>(shape.batch());
  const double loss =
      softmax_cross_entropy<Real>(pass.O.matrix(), targets, weight, pass.dO.matrix());
  backward(shape, pass, dropout != nullptr);
  return loss;
}

template <typename Real>
void SequenceClassifier<Real>::backward(const RaggedShape& shape, Pass& pass, bool dropout) {
  // The gradient of what the output layer read, then of every state of the top layer.
  Tensor<Real>& dread = config_.pool ? pass.dp : pass.dh;
  dread.resize(readout(pass).shape());
  output_.backward(readout(pass).matrix(), pass.dO.matrix(), dread.matrix());
  if (dropout) p_dropout_.backward(pass.p_mask, dread.matrix());
  if (config_.pool) {
    pass.dh.resize(pass.stack.h.back().shape());
    pooling_.backward(shape, pass.pooling, pass.dp.matrix(), pass.dh.matrix());
  }

  const bool embedding_learns = !embedding_.E.frozen;
  if (embedding_learns) pass.dx.resize(pass.x.shape());
  auto dstates = stack_.zero_states(shape.batch());
  stack_.backward(shape, pass.input(), pass.stack, pass.dh.matrix(), dstates,
                  embedding_learns ? pass.dx.matrix() : MatrixView<Real>(), dropout);
  if (!embedding_learns) return;
  if (dropout) x_dropout_.backward(pass.x_mask, pass.dx.matrix());
  embedding_.backward(pass.words.ids(), pass.dx.matrix());
}

template <typename Real>
Tensor<Real> SequenceClassifier<Real>::Pass::x_of_tokens() const {
  Tensor<Real> all({words.rows().size(), x.shape()[1]});
  gather_rows<Real>(x.matrix(), words.rows(), all.matrix());
  return all;
}

template class SequenceClassifier<float>;
template class SequenceClassifier<double>;

}  // namespace unroll
