#include "unroll/layers/sequence_predictor.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "unroll/core/error.h"

namespace unroll {

namespace {

/// The largest value, without its sign; infinite if one is no number.
template <typename Real>
double largest_size(MatrixView<const Real> values) {
  double largest = 0;
  for (std::size_t r = 0; r < values.rows(); ++r) {
    for (const Real value : values.row(r)) {
      const double size = std::abs(static_cast<double>(value));
      largest = std::max(largest, std::isnan(size) ? kAnySize : size);
    }
  }
  return largest;
}

}  // namespace

template <typename Real>
SequencePredictor<Real>::SequencePredictor(const SequenceClassifier<Real>& model,
                                           WordProducts products)
    : model_(&model) {
  const bool whole = products == WordProducts::kWholeVocabulary;
  const MatrixView<const Real> E = model.embedding().E.value.matrix();
  double largest_x = kAnySize;
  if (model.stack().precision() == Precision::kFloat16) {
    largest_x = largest_size(E);
    beyond_float16_ = model.stack().beyond_float16(largest_x);
  }
  stack_ = model.stack().pack(whole ? E : MatrixView<const Real>(), largest_x);
  model.output().pack(V_);
}

template <typename Real>
MatrixView<const Real> SequencePredictor<Real>::predict(const RaggedShape& shape,
                                                        std::span<const std::int32_t> ids,
                                                        Scratch& scratch) const {
  if (ids.size() != shape.tokens()) {
    throw ShapeError(
        fmt::format("sequence predictor: {} ids for {} tokens", ids.size(), shape.tokens()));
  }
  RecurrentInput<Real> x(model_->embedding().E.value.matrix(), ids);
  if (stack_.projected.empty()) {
    scratch.words.find(ids, model_->config().vocabulary);
    scratch.x.resize({scratch.words.ids().size(), model_->config().embedding});
    model_->embedding().forward(scratch.words.ids(), scratch.x.matrix());
    x = {scratch.x.matrix(), scratch.words.rows()};
  }
  model_->stack().set_zero(shape.batch(), scratch.states);
  MatrixView<const Real> h = model_->stack().infer(shape, x, stack_, scratch.states, scratch.stack);
  if (model_->config().pool) {
    scratch.p.resize({shape.batch(), model_->stack().output_size()});
    model_->pooling().forward(shape, h, scratch.pooling, scratch.p.matrix());
    h = scratch.p.matrix();
  }
  scratch.O.resize({h.rows(), model_->config().classes});
  model_->output().forward(h, V_, scratch.O.matrix());
  return scratch.O.matrix();
}

template <typename Real>
Precision SequencePredictor<Real>::precision() const {
  return model_->stack().precision_of(stack_);
}

template <typename Real>
std::size_t SequencePredictor<Real>::word_table_bytes() const {
  std::size_t values = 0;
  for (const Tensor<Real>& table : stack_.projected) values += table.size();
  return values * sizeof(Real);
}

template <typename Real>
void SequencePredictor<Real>::count(const SequenceClassifier<Real>& model,
                                    const BatchLimits& limits, std::size_t threads,
                                    MemoryPlan& plan) {
  typename RecurrentStack<Real>::Weights weights;
  Panels<Real> V;
  model.stack().plan(weights, plan);
  model.output().plan(V, plan);
  for (std::size_t thread = 0; thread < threads; ++thread) {
    Scratch scratch;
    plan_scratch(model, limits, scratch, plan);
  }
}

template <typename Real>
void SequencePredictor<Real>::plan_scratch(const SequenceClassifier<Real>& model,
                                           const BatchLimits& limits, Scratch& scratch,
                                           MemoryPlan& plan) {
  const SequenceClassifierConfig& config = model.config();
  const Shape p{limits.rows, model.stack().output_size()};
  scratch.words.plan(limits, config.vocabulary, plan);
  plan.add(scratch.x, {limits.distinct, config.embedding});
  model.stack().plan(limits, scratch.states, plan);
  model.stack().plan(limits, scratch.stack, plan);
  if (config.pool == Pool::kMax) plan.add(scratch.pooling.at, p.size());
  if (config.pool) plan.add(scratch.p, p);
  plan.add(scratch.O, {config.pool ? limits.rows : limits.tokens, config.classes});
}

template class SequencePredictor<float>;
template class SequencePredictor<double>;

}  // namespace unroll
