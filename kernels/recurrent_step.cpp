#include "unroll/kernels/recurrent_step.h"

#include <type_traits>

#include <fmt/format.h>

#include "unroll/core/error.h"
#include "unroll/kernels/dispatch.h"

namespace unroll {
namespace {

void require(const char* name, const Shape& found, const Shape& wanted) {
  if (found == wanted) return;
  throw ShapeError(
      fmt::format("recurrent step: {} is {}, not {}", name, to_string(found), to_string(wanted)));
}

/// The first of `rows` rows are `continued`'s, the others elsewhere.
template <typename T>
Continued<T> checked(const char* name, const ContinuedRows<T>& continued, std::size_t rows,
                     std::size_t H) {
  const std::size_t first = continued.rows.rows();
  if (first > 0) require(name, {continued.rows.columns()}, {H});
  if (first < rows) require(name, continued.otherwise.shape(), {rows, H});
  return {rows_of(continued.rows), first, rows_of(continued.otherwise)};
}

template <typename Real, typename Operand>
StepInput<Real, Operand> checked(const ProductOfInput<Real, Operand>& in, std::size_t rows,
                                 std::size_t I, std::size_t GH) {
  if (!in.x.empty()) {
    require("x", in.x.shape(), {rows, I});
    return {I, rows_of(in.x), {}, nullptr};
  }
  require("projected", {in.projected.columns()}, {GH});
  if (in.ids.empty()) {
    require("projected", in.projected.shape(), {rows, GH});
    return {I, {}, rows_of(in.projected), nullptr};
  }
  require("ids", {in.ids.size()}, {rows});
  return {I, {}, rows_of(in.projected), in.ids.data()};
}

/// The step as kernels take it; of a cell with G gates.
template <typename Real, typename Operand>
StepForward<Real, Operand> checked(const RecurrentStep<Real, Operand>& step, std::size_t G) {
  const std::size_t rows = step.h.rows(), H = step.h.columns(), GH = G * H;
  if (step.weights->rows() < H) require("weights", {step.weights->rows()}, {H});
  require("weights", {step.weights->columns(), step.weights->gates()}, {GH, G});
  require("b", {step.b.size()}, {GH});
  require("h_prev", step.h_prev.shape(), {rows, H});
  if (!step.saved.empty()) require("saved", step.saved.shape(), {rows, GH});
  if (G == 4) require("C", step.C.shape(), {rows, H});
  if (!step.h_next.empty()) require("h_next", {step.h_next.columns()}, {H});
  return {.rows = rows,
          .H = H,
          .first_unit = step.units.begin,
          .last_unit = step.units.end,
          .b = step.b.data(),
          .in = checked(step.in, rows, step.weights->rows() - H, GH),
          .h_prev = rows_of(step.h_prev),
          .C_prev = G == 4 ? checked("C_prev", step.C_prev, rows, H) : Continued<const Real>{},
          .saved = rows_of(step.saved),
          .C = rows_of(step.C),
          .h = rows_of(step.h),
          .going_on = step.h_next.rows(),
          .h_next = rows_of(step.h_next),
          .rounds = step.precision == Precision::kBFloat16,
          .descending = step.descending};
}

template <typename Real, typename Operand>
StepBackward<Real, Operand> checked(const RecurrentStepBack<Real, Operand>& step, std::size_t G) {
  const std::size_t rows = step.dh.rows(), H = step.dh.columns(), GH = G * H;
  require("W", {step.W->rows(), step.W->columns()}, {GH, H});
  if (!step.dz_next.empty()) require("dz_next", {step.dz_next.columns()}, {GH});
  if (step.dz_next.rows() < rows) require("dh_T", step.dh_T.shape(), {rows, H});
  require("saved", step.saved.shape(), {rows, GH});
  require("dz", step.dz.shape(), {rows, GH});
  if (G == 4) require("C", step.C.shape(), {rows, H});
  if (G == 4) require("dC", step.dC.shape(), {rows, H});
  return {.rows = rows,
          .H = H,
          .first_unit = step.units.begin,
          .last_unit = step.units.end,
          .GH = GH,
          .W = step.W->data(),
          .going_on = step.dz_next.rows(),
          .dz_next = rows_of(step.dz_next),
          .dh_T = rows_of(step.dh_T),
          .dh = rows_of(step.dh),
          .saved = rows_of(step.saved),
          .C_prev = G == 4 ? checked("C_prev", step.C_prev, rows, H) : Continued<const Real>{},
          .C = rows_of(step.C),
          .dC = rows_of(step.dC),
          .dz = rows_of(step.dz),
          .rounds = step.precision == Precision::kBFloat16,
          .descending = step.descending};
}

/// body(the kernels, the step as they take it, weights): the weights in the form in which they are
/// read.
template <typename Real, typename Operand, typename Body>
void with_weights(const RecurrentStep<Real, Operand>& step, std::size_t G, Body body) {
  StepForward<Real, Operand> kernel_step = checked(step, G);
  if constexpr (std::is_same_v<Real, float> && std::is_same_v<Operand, float>) {
    if (step.narrow != nullptr && kernel_step.rows <= kNarrowRows && step.in.x.empty()) {
      require("narrow weights", {step.narrow->rows()}, {kernel_step.H});
      kernel_step.in.I = 0;
      return body(narrow_steps(), kernel_step, step.narrow->data());
    }
  }
  body(products<Real, Operand>().steps, kernel_step, step.weights->data());
}

}  // namespace

template <typename Real, typename Operand>
std::size_t unit_grain() {
  return 4 * products<Real, Operand>().lanes;
}

template <typename Real, typename Operand>
void lstm_step(const RecurrentStep<Real, Operand>& step) {
  const KernelTable<Real>& all = kernels<Real>();
  with_weights(step, 4, [&](const auto& table, const auto& checked, const auto* weights) {
    table.lstm(checked, weights, all.sigmoid, all.tanh);
  });
}

template <typename Real, typename Operand>
void rnn_step(Activation activation, const RecurrentStep<Real, Operand>& step) {
  const KernelTable<Real>& all = kernels<Real>();
  const auto phi = kernel_of(activation, all.tanh, all.sigmoid, all.relu);
  with_weights(step, 1, [=](const auto& table, const auto& checked, const auto* weights) {
    table.rnn(checked, weights, phi);
  });
}

template <typename Real, typename Operand>
void lstm_step_back(const RecurrentStepBack<Real, Operand>& step) {
  products<Real, Operand>().lstm_step_back(checked(step, 4));
}

template <typename Real, typename Operand>
void rnn_step_back(Activation activation, const RecurrentStepBack<Real, Operand>& step) {
  const KernelTable<Real>& all = kernels<Real>();
  products<Real, Operand>().rnn_step_back(
      checked(step, 1),
      kernel_of(activation, all.tanh_backward, all.sigmoid_backward, all.relu_backward));
}

#define UNROLL_INSTANTIATE(Real, Operand)                                  \
  template std::size_t unit_grain<Real, Operand>();                        \
  template void lstm_step(const RecurrentStep<Real, Operand>&);            \
  template void rnn_step(Activation, const RecurrentStep<Real, Operand>&); \
  template void lstm_step_back(const RecurrentStepBack<Real, Operand>&);   \
  template void rnn_step_back(Activation, const RecurrentStepBack<Real, Operand>&);
UNROLL_INSTANTIATE(float, float)
UNROLL_INSTANTIATE(double, double)
UNROLL_INSTANTIATE(float, BFloat16)
#undef UNROLL_INSTANTIATE

}  // namespace unroll
