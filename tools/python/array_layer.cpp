#include "unroll/tools/python/array_layer.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "unroll/core/error.h"
#include "unroll/core/parameter.h"

namespace unroll {

namespace {

void expect_shape(const char* name, const Shape& found, const Shape& expected) {
  if (found == expected) return;
  throw ShapeError(
      fmt::format("{} is {}, expected {}", name, to_string(found), to_string(expected)));
}

/// Copies between padded (T, B, columns) and ragged (N, columns).
template <typename Layout, typename Body>
void for_each_token(const Layout& layout, Body body) {
  const std::size_t batch = layout.shape.batch();
  for (std::size_t t = 0; t < layout.shape.steps(); ++t) {
    for (std::size_t r = 0; r < layout.shape.active(t); ++r) {
      body(t * batch + layout.row_of[r], layout.shape.index(t, r));
    }
  }
}

template <typename Real, typename Layout>
void pack(const Layout& layout, const Tensor<Real>& padded, Tensor<Real>& ragged) {
  const std::size_t columns = padded.shape()[2];
  ragged.resize({layout.shape.tokens(), columns});
  const MatrixView<const Real> from = padded.matrix();
  const MatrixView<Real> to = ragged.matrix();
  for_each_token(layout, [&](std::size_t place, std::size_t token) {
    std::ranges::copy(from.row(place), to.row(token).begin());
  });
}

template <typename Real, typename Layout>
Tensor<Real> unpack(const Layout& layout, const Tensor<Real>& ragged) {
  Tensor<Real> padded({layout.steps, layout.shape.batch(), ragged.shape()[1]});
  const MatrixView<const Real> from = ragged.matrix();
  const MatrixView<Real> to = padded.matrix();
  for_each_token(layout, [&](std::size_t place, std::size_t token) {
    std::ranges::copy(from.row(token), to.row(place).begin());
  });
  return padded;
}

void check_lengths(const std::vector<std::size_t>& lengths, std::size_t steps, std::size_t batch) {
  if (lengths.size() != batch) {
    throw ShapeError(fmt::format("{} lengths for {} rows", lengths.size(), batch));
  }
  for (const std::size_t length : lengths) {
    if (length < 1 || length > steps) {
      throw ShapeError(
          fmt::format("a length is {}, expected 1 to the {} steps of x", length, steps));
    }
  }
}

}  // namespace

template <typename Real>
ArrayLayer<Real>::ArrayLayer(const RecurrentStackConfig& config, RecurrentInit init,
                             double forget_bias, std::uint64_t seed)
    : config_(config), stack_(config) {
  stack_.init(init, forget_bias, seed);
}

template <typename Real>
typename ArrayLayer<Real>::Layout ArrayLayer<Real>::layout_of(
    std::size_t steps, std::size_t batch, std::vector<std::size_t> lengths) const {
  if (lengths.empty()) lengths.assign(batch, steps);
  check_lengths(lengths, steps, batch);
  Layout layout;
  layout.steps = steps;
  layout.row_of.resize(batch);
  std::iota(layout.row_of.begin(), layout.row_of.end(), std::size_t{0});
  std::ranges::stable_sort(layout.row_of, std::greater<>(),
                           [&](std::size_t r) { return lengths[r]; });
  std::ranges::sort(lengths, std::greater<>());
  layout.shape = RaggedShape(lengths);
  return layout;
}

template <typename Real>
ArrayStates<Real> ArrayLayer<Real>::zero_states(std::size_t batch) const {
  const Shape shape{config_.layers * directions(), batch, config_.hidden};
  ArrayStates<Real> states{.h = Tensor<Real>(shape), .C = {}};
  if (describe(config_.cell).has_C) states.C = Tensor<Real>(shape);
  return states;
}

template <typename Real>
void ArrayLayer<Real>::check_states(const ArrayStates<Real>& states) const {
  const Shape expected{config_.layers * directions(), layout_.shape.batch(), config_.hidden};
  expect_shape("the state h", states.h.shape(), expected);
  if (describe(config_.cell).has_C) expect_shape("the state C", states.C.shape(), expected);
}

template <typename Real>
typename RecurrentStack<Real>::States ArrayLayer<Real>::to_stack(
    const ArrayStates<Real>& states) const {
  const std::size_t batch = layout_.shape.batch();
  typename RecurrentStack<Real>::States result = stack_.zero_states(batch);
  const auto copy = [&](const Tensor<Real>& from, std::size_t index, Tensor<Real>& to) {
    for (std::size_t r = 0; r < batch && !to.empty(); ++r) {
      std::ranges::copy(from.matrix().row(index * batch + layout_.row_of[r]),
                        to.matrix().row(r).begin());
    }
  };
  for (std::size_t index = 0; index < result.size(); ++index) {
    copy(states.h, index, result[index].h);
    copy(states.C, index, result[index].C);
  }
  return result;
}

template <typename Real>
void ArrayLayer<Real>::from_stack(const typename RecurrentStack<Real>::States& from,
                                  ArrayStates<Real>& to) const {
  const std::size_t batch = layout_.shape.batch();
  const auto copy = [&](const Tensor<Real>& state, std::size_t index, Tensor<Real>& all) {
    for (std::size_t r = 0; r < batch && !state.empty(); ++r) {
      std::ranges::copy(state.matrix().row(r),
                        all.matrix().row(index * batch + layout_.row_of[r]).begin());
    }
  };
  for (std::size_t index = 0; index < from.size(); ++index) {
    copy(from[index].h, index, to.h);
    copy(from[index].C, index, to.C);
  }
}

template <typename Real>
Tensor<Real> ArrayLayer<Real>::forward(const Tensor<Real>& x, std::vector<std::size_t> lengths,
                                       ArrayStates<Real>& states) {
  const std::lock_guard lock(mutex_);
  if (x.shape().rank() != 3 || x.empty()) {
    throw ShapeError(fmt::format("x is {}, expected steps×rows×{}, none of them 0",
                                 to_string(x.shape()), config_.input));
  }
  const std::size_t steps = x.shape()[0], batch = x.shape()[1];
  expect_shape("x", x.shape(), {steps, batch, config_.input});
  has_pass_ = false;
  layout_ = layout_of(steps, batch, std::move(lengths));
  check_states(states);
  pack(layout_, x, x_);
  auto stack_states = to_stack(states);
  stack_.forward(layout_.shape, std::as_const(x_).matrix(), stack_states, pass_, nullptr);
  from_stack(stack_states, states);
  has_pass_ = true;
  return unpack(layout_, pass_.h.back());
}

template <typename Real>
Tensor<Real> ArrayLayer<Real>::backward(const Tensor<Real>& dh, ArrayStates<Real>& dstates) {
  const std::lock_guard lock(mutex_);
  if (!has_pass_) throw Error(ErrorKind::kInternal, "backward comes after a forward pass");
  const std::size_t batch = layout_.shape.batch();
  expect_shape("the gradient of the output", dh.shape(),
               {layout_.steps, batch, stack_.output_size()});
  check_states(dstates);
  Tensor<Real> packed_dh, dx({layout_.shape.tokens(), config_.input});
  pack(layout_, dh, packed_dh);
  auto stack_states = to_stack(dstates);
  stack_.backward(layout_.shape, std::as_const(x_).matrix(), pass_,
                  std::as_const(packed_dh).matrix(), stack_states, dx.matrix(), false);
  from_stack(stack_states, dstates);
  return unpack(layout_, dx);
}

template <typename Real>
ParameterList<Real> ArrayLayer<Real>::parameters() {
  ParameterList<Real> list = stack_.parameters();
  for (Parameter<Real>* parameter : list) parameter->make_grad();
  return list;
}

template class ArrayLayer<float>;
template class ArrayLayer<double>;

}  // namespace unroll
