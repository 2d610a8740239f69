#include "unroll/kernels/ops.h"

#include <cstddef>
#include <string>

#include <fmt/format.h>

#include "unroll/core/error.h"
#include "unroll/kernels/dispatch.h"

namespace unroll {
namespace {

// ------------------------------------------------------------------------------------------ checks

/// An operand of an op: the name it has in ops.h, and its shape.
struct Operand {
  template <typename T>
  Operand(std::string_view operand_name, std::span<T> values)
      : name(operand_name), rows(values.size()), is_vector(true) {}
  template <typename T>
  Operand(std::string_view operand_name, MatrixView<T> view)
      : name(operand_name), rows(view.rows()), columns(view.columns()) {}

  std::string shape() const {
    return is_vector ? fmt::format("{}", rows) : fmt::format("{}×{}", rows, columns);
  }

  std::string_view name;
  std::size_t rows = 0;
  std::size_t columns = 1;
  bool is_vector = false;
};

[[noreturn]] void throw_shapes(std::string_view op, const Operand& a, const Operand& b) {
  throw ShapeError(fmt::format("{}: {} is {}, {} is {}", op, a.name, a.shape(), b.name, b.shape()));
}

/// Each of `others` has the shape of `first`.
template <typename... Others>
void require_same_shape(std::string_view op, const Operand& first, const Others&... others) {
  const auto check = [&](const Operand& other) {
    if (other.rows != first.rows || other.columns != first.columns) throw_shapes(op, first, other);
  };
  (check(others), ...);
}

/// `vector` has one value for each row of `matrix`.
void require_one_per_row(std::string_view op, const Operand& matrix, const Operand& vector) {
  if (matrix.rows != vector.rows) throw_shapes(op, matrix, vector);
}

void require_one_per_column(std::string_view op, const Operand& matrix, const Operand& vector) {
  if (matrix.columns != vector.rows) throw_shapes(op, matrix, vector);
}

void require_same_columns(std::string_view op, const Operand& a, const Operand& b) {
  if (a.columns != b.columns) throw_shapes(op, a, b);
}

/// 0 ≤ ids < limit, a size of `table`.
void require_ids_below(std::string_view op, const std::string& name,
                       std::span<const std::int32_t> ids, const Operand& table, std::size_t limit) {
  for (std::size_t r = 0; r < ids.size(); ++r) {
    if (ids[r] < 0 || static_cast<std::size_t>(ids[r]) >= limit) {
      throw ShapeError(fmt::format("{}: {}[{}] is {}, {} is {}", op, name, r, ids[r], table.name,
                                   table.shape()));
    }
  }
}

/// round(n, x, y) on all values: at once if there is nothing between rows.
template <typename T, typename U, typename Round>
void round_rows(std::string_view op, MatrixView<const T> x, MatrixView<U> y, Round round) {
  require_same_shape(op, Operand("x", x), Operand("y", y));
  if (x.stride() == x.columns() && y.stride() == y.columns()) {
    return round(x.rows() * x.columns(), x.data(), y.data());
  }
  for (std::size_t r = 0; r < x.rows(); ++r) round(x.columns(), x.row(r).data(), y.row(r).data());
}

}  // namespace

// ------------------------------------------------------------------------------------- activations

std::string_view to_string(Activation activation) {
  switch (activation) {
    case Activation::kTanh:
      return "tanh";
    case Activation::kSigmoid:
      return "sigmoid";
    case Activation::kRelu:
      return "relu";
  }
  return "unknown";
}

template <typename Real>
void activate(Activation activation, std::span<const Real> x, std::span<Real> y) {
  require_same_shape("activate", Operand("x", x), Operand("y", y));
  const KernelTable<Real>& table = kernels<Real>();
  const auto kernel = kernel_of(activation, table.tanh, table.sigmoid, table.relu);
  kernel(x.size(), x.data(), y.data());
}

template <typename Real>
void activate_backward(Activation activation, std::span<const Real> y, std::span<const Real> dy,
                       std::span<Real> dx) {
  require_same_shape("activate_backward", Operand("y", y), Operand("dy", dy), Operand("dx", dx));
  const KernelTable<Real>& table = kernels<Real>();
  const auto kernel =
      kernel_of(activation, table.tanh_backward, table.sigmoid_backward, table.relu_backward);
  kernel(y.size(), y.data(), dy.data(), dx.data());
}

template <typename Real>
void softmax(MatrixView<const Real> x, MatrixView<Real> y) {
  require_same_shape("softmax", Operand("x", x), Operand("y", y));
  kernels<Real>().softmax(x.rows(), x.columns(), rows_of(x), rows_of(y));
}

template <typename Real>
double softmax_cross_entropy_sum(MatrixView<const Real> O, std::span<const std::int32_t> y,
                                 Real weight, MatrixView<Real> dO) {
  const Operand logits("O", O);
  require_one_per_row("softmax_cross_entropy_sum", logits, Operand("y", y));
  require_ids_below("softmax_cross_entropy_sum", "y", y, logits, logits.columns);
  if (!dO.empty()) require_same_shape("softmax_cross_entropy_sum", logits, Operand("dO", dO));
  return kernels<Real>().softmax_cross_entropy_sum(O.rows(), O.columns(), rows_of(O), y.data(),
                                                   weight, rows_of(dO));
}

// ------------------------------------------------------------------------------------- elementwise

template <typename Real>
void add(std::span<const Real> x, std::span<Real> y) {
  require_same_shape("add", Operand("x", x), Operand("y", y));
  kernels<Real>().add(x.size(), x.data(), y.data());
}

template <typename Real>
void add_scaled(Real a, std::span<const Real> x, std::span<Real> y) {
  require_same_shape("add_scaled", Operand("x", x), Operand("y", y));
  kernels<Real>().add_scaled(x.size(), a, x.data(), y.data());
}

template <typename Real>
void scale(Real a, std::span<Real> y) {
  kernels<Real>().scale(y.size(), a, y.data());
}

template <typename Real>
void multiply(std::span<const Real> x, std::span<const Real> m, std::span<Real> y) {
  require_same_shape("multiply", Operand("x", x), Operand("m", m), Operand("y", y));
  kernels<Real>().multiply(x.size(), x.data(), m.data(), y.data());
}

template <typename Real>
void clamp(Real low, Real high, std::span<Real> y) {
  kernels<Real>().clamp(y.size(), low, high, y.data());
}

template <typename Real>
double sum_of_squares(std::span<const Real> x) {
  PartialSums sums{};
  add_squares(x, sums);
  return total(sums);
}

template <typename Real>
void add_squares(std::span<const Real> x, PartialSums& sums) {
  kernels<Real>().add_squares(x.size(), x.data(), sums.data());
}

double total(const PartialSums& sums) {
  PartialSums left = sums;
  for (std::size_t half = kPartialSums / 2; half > 0; half /= 2) {
    for (std::size_t j = 0; j < half; ++j) left[j] += left[j + half];
  }
  return left[0];
}

template <typename Real>
double sigmoid_cross_entropy_sum(std::span<const Real> O, std::span<const Real> y) {
  require_same_shape("sigmoid_cross_entropy_sum", Operand("O", O), Operand("y", y));
  return kernels<Real>().sigmoid_cross_entropy_sum(O.size(), O.data(), y.data());
}

// -------------------------------------------------------------------------------------------- rows

template <typename Real>
void set_rows(std::span<const Real> b, MatrixView<Real> z) {
  require_one_per_column("set_rows", Operand("z", z), Operand("b", b));
  if (z.empty()) return;  // memcpy may not be given the null pointer of an empty view
  kernels<Real>().set_rows(z.rows(), z.columns(), b.data(), rows_of(z));
}

template <typename Real, typename T>
void add_column_sums(MatrixView<const std::type_identity_t<T>> dz, std::span<Real> db) {
  require_one_per_column("add_column_sums", Operand("dz", dz), Operand("db", db));
  products<Real, T>().add_column_sums(dz.rows(), dz.columns(), rows_of(dz), db.data());
}

template <typename Real>
void gather_rows(MatrixView<const Real> table, std::span<const std::int32_t> ids,
                 MatrixView<Real> y) {
  const Operand table_shape("table", table);
  require_same_columns("gather_rows", table_shape, Operand("y", y));
  require_one_per_row("gather_rows", Operand("y", y), Operand("ids", ids));
  require_ids_below("gather_rows", "ids", ids, table_shape, table.rows());
  if (y.empty()) return;
  kernels<Real>().gather_rows(y.rows(), y.columns(), rows_of(table), ids.data(), rows_of(y));
}

template <typename Real, typename T>
void scatter_add_rows(MatrixView<const std::type_identity_t<T>> dy,
                      std::span<const std::int32_t> ids, MatrixView<Real> dtable) {
  const Operand table_shape("dtable", dtable);
  require_same_columns("scatter_add_rows", table_shape, Operand("dy", dy));
  require_one_per_row("scatter_add_rows", Operand("dy", dy), Operand("ids", ids));
  require_ids_below("scatter_add_rows", "ids", ids, table_shape, dtable.rows());
  products<Real, T>().scatter_add_rows(dy.rows(), dy.columns(), rows_of(dy), ids.data(),
                                       rows_of(dtable));
}

void round_to_bfloat16(MatrixView<const float> x, MatrixView<BFloat16> y) {
  round_rows("round_to_bfloat16", x, y, products_of_bfloat16().round);
}

void round_to_float16(MatrixView<const float> x, MatrixView<Float16> y) {
  round_rows("round_to_float16", x, y, products_of_float16().round);
}

template <typename Real>
void round_to_bfloat16(MatrixView<const Real> x, MatrixView<Real> y) {
  round_rows("round_to_bfloat16", x, y, kernels<Real>().round_to_bfloat16);
}

template <typename Real>
void keep_maximum(std::span<const Real> x, std::int32_t index, std::span<Real> best,
                  std::span<std::int32_t> at) {
  require_same_shape("keep_maximum", Operand("x", x), Operand("best", best), Operand("at", at));
  kernels<Real>().keep_maximum(x.size(), x.data(), index, best.data(), at.data());
}

template <typename Real>
void add_where_maximum(std::span<const Real> dy, std::span<const std::int32_t> at,
                       std::int32_t index, std::span<Real> dx) {
  require_same_shape("add_where_maximum", Operand("dy", dy), Operand("at", at), Operand("dx", dx));
  kernels<Real>().add_where_maximum(dy.size(), dy.data(), at.data(), index, dx.data());
}

// -------------------------------------------------------------------------------------- optimizers

template <typename Real>
void sgd_update(const SgdStep<Real>& step, std::span<const Real> grad, std::span<Real> velocity,
                std::span<Real> value) {
  require_same_shape("sgd_update", Operand("value", value), Operand("grad", grad));
  const bool has_velocity = !velocity.empty() || step.momentum != 0;
  if (has_velocity) {
    require_same_shape("sgd_update", Operand("value", value), Operand("velocity", velocity));
  }
  kernels<Real>().sgd_update(value.size(), step, grad.data(),
                             has_velocity ? velocity.data() : nullptr, value.data());
}

template <typename Real>
void adam_update(const AdamStep<Real>& step, std::span<const Real> grad, std::span<Real> m,
                 std::span<Real> v, std::span<Real> value) {
  require_same_shape("adam_update", Operand("value", value), Operand("grad", grad), Operand("m", m),
                     Operand("v", v));
  kernels<Real>().adam_update(value.size(), step, grad.data(), m.data(), v.data(), value.data());
}

template <typename Real>
void update_average(std::span<const AverageStep<Real>> steps, std::span<const Real> value,
                    std::span<Real> average) {
  require_same_shape("update_average", Operand("value", value), Operand("average", average));
  kernels<Real>().update_average(value.size(), steps.size(), steps.data(), value.data(),
                                 average.data());
}

// ----------------------------------------------------------------------------------- instantiation

#define UNROLL_INSTANTIATE_OPS(Real)                                                               \
  template void activate(Activation, std::span<const Real>, std::span<Real>);                      \
  template void activate_backward(Activation, std::span<const Real>, std::span<const Real>,        \
                                  std::span<Real>);                                                \
  template void softmax(MatrixView<const Real>, MatrixView<Real>);                                 \
  template double softmax_cross_entropy_sum(MatrixView<const Real>, std::span<const std::int32_t>, \
                                            Real, MatrixView<Real>);                               \
  template void add(std::span<const Real>, std::span<Real>);                                       \
  template void add_scaled(Real, std::span<const Real>, std::span<Real>);                          \
  template void scale(Real, std::span<Real>);                                                      \
  template void multiply(std::span<const Real>, std::span<const Real>, std::span<Real>);           \
  template void clamp(Real, Real, std::span<Real>);                                                \
  template double sum_of_squares(std::span<const Real>);                                           \
  template void add_squares(std::span<const Real>, PartialSums&);                                  \
  template double sigmoid_cross_entropy_sum(std::span<const Real>, std::span<const Real>);         \
  template void set_rows(std::span<const Real>, MatrixView<Real>);                                 \
  template void add_column_sums<Real, Real>(MatrixView<const Real>, std::span<Real>);              \
  template void gather_rows(MatrixView<const Real>, std::span<const std::int32_t>,                 \
                            MatrixView<Real>);                                                     \
  template void scatter_add_rows<Real, Real>(MatrixView<const Real>,                               \
                                             std::span<const std::int32_t>, MatrixView<Real>);     \
  template void round_to_bfloat16(MatrixView<const Real>, MatrixView<Real>);                       \
  template void keep_maximum(std::span<const Real>, std::int32_t, std::span<Real>,                 \
                             std::span<std::int32_t>);                                             \
  template void add_where_maximum(std::span<const Real>, std::span<const std::int32_t>,            \
                                  std::int32_t, std::span<Real>);                                  \
  template void sgd_update(const SgdStep<Real>&, std::span<const Real>, std::span<Real>,           \
                           std::span<Real>);                                                       \
  template void adam_update(const AdamStep<Real>&, std::span<const Real>, std::span<Real>,         \
                            std::span<Real>, std::span<Real>);                                     \
  template void update_average(std::span<const AverageStep<Real>>, std::span<const Real>,          \
                               std::span<Real>)

UNROLL_INSTANTIATE_OPS(float);
UNROLL_INSTANTIATE_OPS(double);

#undef UNROLL_INSTANTIATE_OPS
template void add_column_sums<float, BFloat16>(MatrixView<const BFloat16>, std::span<float>);
template void scatter_add_rows<float, BFloat16>(MatrixView<const BFloat16>,
                                                std::span<const std::int32_t>, MatrixView<float>);

}  // namespace unroll
