/// The table of all kernels for a vector type V.
#pragma once

#include "unroll/kernels/activations-inl.h"
#include "unroll/kernels/elementwise-inl.h"
#include "unroll/kernels/gru_step-inl.h"
#include "unroll/kernels/kernel_table.h"
#include "unroll/kernels/lstm_cell-inl.h"
#include "unroll/kernels/optimizers-inl.h"
#include "unroll/kernels/recurrent_step-inl.h"
#include "unroll/kernels/rows-inl.h"
#include "unroll/kernels/softmax-inl.h"

namespace unroll::simd {

template <typename V, typename Operand = RealOf<V>, typename Weight = Operand>
consteval StepTable<RealOf<V>, Operand, Weight> make_steps() {
  return {
      .lstm = &lstm_step<V, Operand, Weight>,
      .rnn = &rnn_step<V, Operand, Weight>,
      .gru = &gru_step<V, Operand, Weight>,
  };
}

template <typename V, typename Operand = RealOf<V>>
consteval ProductTable<RealOf<V>, Operand> make_products() {
  return {
      .lanes = V::size,
      .stripe = kStripeVectors * V::size,
      .round = &round<V, Operand>,
      .packed_product = &packed_product<V, Operand>,
      .packed_product_of_three_gates = &packed_product_of_three_gates<V, Operand>,
      .packed_product_of_four_gates = &packed_product_of_four_gates<V, Operand>,
      .add_gradients = &add_gradients<V, Operand>,
      .gradient_scratch = &gradient_scratch<V, Operand>,
      .gradient_rows = kLinesInCache * kDepth<Operand>,
      .add_column_sums = &add_column_sums<V, Operand>,
      .scatter_add_rows = &scatter_add_rows<V, Operand>,
      .steps = make_steps<V, Operand>(),
      .lstm_step_back = &lstm_step_back<V, Operand>,
      .rnn_step_back = &rnn_step_back<V, Operand>,
      .gru_step_back = &gru_step_back<V, Operand>,
  };
}

/// The products that inference needs; the others are null.
template <typename V, typename Operand>
consteval ProductTable<RealOf<V>, Operand> make_inference_products() {
  ProductTable<RealOf<V>, Operand> table{};
  table.lanes = V::size;
  table.stripe = kStripeVectors * V::size;
  table.round = &round<V, Operand>;
  table.packed_product = &packed_product<V, Operand>;
  table.packed_product_of_three_gates = &packed_product_of_three_gates<V, Operand>;
  table.packed_product_of_four_gates = &packed_product_of_four_gates<V, Operand>;
  table.steps = make_steps<V, Operand>();
  return table;
}

/// consteval: tables are constants, there before any static constructor asks for a kernel.
template <typename V, Division division = Division::kInstruction>
consteval KernelTable<RealOf<V>> make_table() {
  return {
      .tanh = &tanh_kernel<V>,
      .sigmoid = &sigmoid_kernel<V, division>,
      .relu = &relu_kernel<V>,
      .exponential = &exponential_kernel<V>,
      .exponential_minus_1 = &exponential_minus_1_kernel<V>,
      .logarithm = &logarithm_kernel<V>,
      .tanh_backward = &tanh_backward<V>,
      .sigmoid_backward = &sigmoid_backward<V>,
      .relu_backward = &relu_backward<V>,
      .softmax = &softmax<V>,
      .softmax_cross_entropy_sum = &softmax_cross_entropy_sum<V>,
      .add = &add<V>,
      .add_scaled = &add_scaled<V>,
      .scale = &scale<V>,
      .multiply = &multiply<V>,
      .clamp = &clamp<V>,
      .round_to_bfloat16 = &round_to_bfloat16<V>,
      .add_squares = &add_squares<V>,
      .sigmoid_cross_entropy_sum = &sigmoid_cross_entropy_sum<V>,
      .set_rows = &set_rows<V>,
      .gather_rows = &gather_rows<V>,
      .keep_maximum = &keep_maximum<V>,
      .add_where_maximum = &add_where_maximum<V>,
      .products = make_products<V>(),
      .sgd_update = &sgd_update<V>,
      .adam_update = &adam_update<V>,
      .update_average = &update_average<V>,
  };
}

}  // namespace unroll::simd
