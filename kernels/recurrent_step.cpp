#include "unroll/kernels/recurrent_step.h"

#include <type_traits>

#include <fmt/format.h>

#include "unroll/core/error.h"
#include "unroll/kernels/dispatch.h"

namespace unroll {
namespace {

[[noreturn]] void refuse(const char* name, const Shape& found, const Shape& wanted) {
  throw ShapeError(
      fmt::format("recurrent step: {} is {}, not {}", name, to_string(found), to_string(wanted)));
}

// Sizes are compared as numbers: to make a dozen shapes would take a tenth of a small layer's step.

void require(const char* name, std::size_t found, std::size_t wanted) {
  if (found != wanted) refuse(name, {found}, {wanted});
}

template <typename Matrix>
void require(const char* name, const Matrix& found, std::size_t rows, std::size_t columns) {
  if (found.rows() != rows || found.columns() != columns)
    refuse(name, {found.rows(), found.columns()}, {rows, columns});
}

/// The first ones of `rows` rows are `continued.rows`, the others are found elsewhere.
template <typename T>
void check(const char* name, const ContinuedRows<T>& continued, std::size_t rows, std::size_t H) {
  const std::size_t first = continued.rows.rows();
  if (first > 0) require(name, continued.rows.columns(), H);
  if (first < rows) require(name, continued.otherwise, rows, H);
}

template <typename Real, typename Operand>
void check(const ProductOfInput<Real, Operand>& in, std::size_t rows, std::size_t I,
           std::size_t GH) {
  if (!in.is_projected()) return require("x", in.x, rows, I);
  require("projected", in.projected.columns(), GH);
  if (in.ids.empty()) return require("projected", in.projected, rows, GH);
  require("ids", in.ids.size(), rows);
}

/// What cells differ in: G gates; S values that a step saves, and gives derivatives of; C.
struct CellSizes {
  std::size_t G, S;
  bool has_C = false, keeps_h = false;
};
constexpr CellSizes kRnnSizes{.G = 1, .S = 1};
constexpr CellSizes kLstmSizes{.G = 4, .S = 4, .has_C = true};
constexpr CellSizes kGruSizes{.G = 3, .S = 4, .keeps_h = true};

/// Whether the step of such a cell may be computed.
template <typename Real, typename Operand>
void check(const RecurrentStep<Real, Operand>& step, const CellSizes& cell) {
  const std::size_t rows = step.rows(), H = step.hidden(), GH = cell.G * H;
  const std::size_t I = step.weights->inputs();
  require("weights", *step.weights, I + H, GH);
  require("weights' gates", step.weights->gates(), cell.G);
  require("b", step.b.size(), GH);
  check(step.in, rows, I, GH);
  require("h_prev", step.h_prev, rows, H);
  if (!step.saved.empty()) require("saved", step.saved, rows, cell.S * H);
  if (cell.has_C) check("C_prev", step.C_prev, rows, H);
  if (cell.has_C) require("C", step.C, rows, H);
  if (cell.keeps_h) check("h_kept", step.h_kept, rows, H);
  if (cell.keeps_h) require("d", step.d.size(), H);
  if (!step.h_next.empty()) require("h_next", step.h_next.columns(), H);
}

template <typename Real, typename Operand>
void check(const RecurrentStepBack<Real, Operand>& step, const CellSizes& cell) {
  const std::size_t rows = step.rows(), H = step.hidden(), GH = cell.G * H;
  require("W", *step.W, GH, H);
  if (!step.dz_next.empty()) require("dz_next", step.dz_next.columns(), GH);
  if (step.going_on() < rows) require("dh_T", step.dh_T, rows, H);
  require("saved", step.saved, rows, cell.S * H);
  require("dz", step.dz, rows, cell.S * H);
  if (cell.has_C) check("C_prev", step.C_prev, rows, H);
  if (cell.has_C) require("C", step.C, rows, H);
  if (cell.has_C) require("dC", step.dC, rows, H);
  if (cell.keeps_h) check("h_kept", step.h_kept, rows, H);
  if (cell.keeps_h) require("dh_kept", step.dh_kept, rows, H);
}

/// body(kernels, weights): the weights in the form in which this step reads them.
template <typename Real, typename Operand, typename Body>
void with_weights(const RecurrentStep<Real, Operand>& step, Body body) {
  if constexpr (std::is_same_v<Real, float> && std::is_same_v<Operand, float>) {
    if (step.narrow != nullptr && step.rows() <= kNarrowRows && step.in.is_projected()) {
      require("narrow weights", step.narrow->rows(), step.hidden());
      return body(narrow_steps(), StepWeights<BFloat16>{step.narrow->data(), 0});
    }
  }
  body(products<Real, Operand>().steps,
       StepWeights<Operand>{step.weights->data(), step.weights->inputs()});
}

}  // namespace

template <typename Real, typename Operand>
std::size_t unit_grain() {
  return 4 * products<Real, Operand>().lanes;
}

template <typename Real, typename Operand>
void lstm_step(const RecurrentStep<Real, Operand>& step) {
  check(step, kLstmSizes);
  const KernelTable<Real>& all = kernels<Real>();
  with_weights(step, [&](const auto& table, const auto& weights) {
    table.lstm(step, weights, all.sigmoid, all.tanh);
  });
}

template <typename Real, typename Operand>
void gru_step(const RecurrentStep<Real, Operand>& step) {
  check(step, kGruSizes);
  const KernelTable<Real>& all = kernels<Real>();
  with_weights(step, [&](const auto& table, const auto& weights) {
    table.gru(step, weights, all.sigmoid, all.tanh);
  });
}

template <typename Real, typename Operand>
void rnn_step(Activation activation, const RecurrentStep<Real, Operand>& step) {
  check(step, kRnnSizes);
  const KernelTable<Real>& all = kernels<Real>();
  const auto phi = kernel_of(activation, all.tanh, all.sigmoid, all.relu);
  with_weights(step,
               [&](const auto& table, const auto& weights) { table.rnn(step, weights, phi); });
}

template <typename Real, typename Operand>
void lstm_step_back(const RecurrentStepBack<Real, Operand>& step) {
  check(step, kLstmSizes);
  products<Real, Operand>().lstm_step_back(step, step.W->data());
}

template <typename Real, typename Operand>
void gru_step_back(const RecurrentStepBack<Real, Operand>& step) {
  check(step, kGruSizes);
  products<Real, Operand>().gru_step_back(step, step.W->data());
}

template <typename Real, typename Operand>
void rnn_step_back(Activation activation, const RecurrentStepBack<Real, Operand>& step) {
  check(step, kRnnSizes);
  const KernelTable<Real>& all = kernels<Real>();
  products<Real, Operand>().rnn_step_back(
      step, step.W->data(),
      kernel_of(activation, all.tanh_backward, all.sigmoid_backward, all.relu_backward));
}

#define UNROLL_INSTANTIATE_INFERENCE(Real, Operand)             \
  template std::size_t unit_grain<Real, Operand>();             \
  template void lstm_step(const RecurrentStep<Real, Operand>&); \
  template void gru_step(const RecurrentStep<Real, Operand>&);  \
  template void rnn_step(Activation, const RecurrentStep<Real, Operand>&);
#define UNROLL_INSTANTIATE(Real, Operand)                                \
  UNROLL_INSTANTIATE_INFERENCE(Real, Operand)                            \
  template void gru_step_back(const RecurrentStepBack<Real, Operand>&);  \
  template void lstm_step_back(const RecurrentStepBack<Real, Operand>&); \
  template void rnn_step_back(Activation, const RecurrentStepBack<Real, Operand>&);
UNROLL_INSTANTIATE_INFERENCE(float, Float16)
UNROLL_INSTANTIATE(float, float)
UNROLL_INSTANTIATE(double, double)
UNROLL_INSTANTIATE(float, BFloat16)
#undef UNROLL_INSTANTIATE
#undef UNROLL_INSTANTIATE_INFERENCE

}  // namespace unroll
