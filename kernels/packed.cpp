#include "unroll/kernels/packed.h"

#include <algorithm>

#include <fmt/format.h>

#include "unroll/core/error.h"
#include "unroll/kernels/dispatch.h"

namespace unroll {
namespace {

constexpr std::size_t kNoColumn = static_cast<std::size_t>(-1);

void require(const char* op, const char* name, const Shape& found, const Shape& wanted) {
  if (found == wanted) return;
  throw ShapeError(
      fmt::format("{}: {} is {}, not {}", op, name, to_string(found), to_string(wanted)));
}

/// Columns of a panel.
template <typename Real>
std::size_t panel_columns() {
  return 4 * kernels<Real>().lanes;
}

}  // namespace

/// source_of(p, c): the column of B that stands in column c of panel p, or kNoColumn.
template <typename Real>
template <typename SourceOf>
void Panels<Real>::fill(Factor<Real> B, std::size_t panels, SourceOf source_of) {
  constexpr std::size_t kBlock = 64;  // lines that stay in the first-level cache while written
  const std::size_t width = panel_columns<Real>();
  K_ = B.rows();
  N_ = B.columns();
  values_.resize({panels, K_, width});
  for (std::size_t p = 0; p < panels; ++p) {
    Real* panel = values_.data() + p * K_ * width;
    for (std::size_t first = 0; first < K_; first += kBlock) {
      const std::size_t last = std::min(K_, first + kBlock);
      for (std::size_t c = 0; c < width; ++c) {
        const std::size_t column = source_of(p, c);
        for (std::size_t k = first; k < last; ++k) {
          panel[k * width + c] = column == kNoColumn ? Real(0)
                                 : B.is_transposed   ? B.matrix(column, k)
                                                     : B.matrix(k, column);
        }
      }
    }
  }
}

template <typename Real>
void Panels<Real>::pack(Factor<Real> B) {
  const std::size_t width = panel_columns<Real>(), N = B.columns();
  fill(B, (N + width - 1) / width, [=](std::size_t p, std::size_t c) {
    const std::size_t column = p * width + c;
    return column < N ? column : kNoColumn;
  });
}

template <typename Real>
void Panels<Real>::pack_gates(MatrixView<const Real> W) {
  const std::size_t lanes = kernels<Real>().lanes, H = W.rows() / 4;
  if (4 * H != W.rows()) throw ShapeError(fmt::format("pack_gates: {} rows", W.rows()));
  fill(transposed(W), (H + lanes - 1) / lanes, [=](std::size_t p, std::size_t c) {
    const std::size_t unit = p * lanes + c % lanes, gate = c / lanes;
    return unit < H ? gate * H + unit : kNoColumn;
  });
}

template <typename Real>
void product(MatrixView<const Real> A, const Panels<Real>& B, MatrixView<Real> C, Into into) {
  require("product", "A", A.shape(), {C.rows(), B.rows()});
  require("product", "C", C.shape(), {A.rows(), B.columns()});
  kernels<Real>().packed_product(A.rows(), B.columns(), B.rows(), rows_of(A), B.data(), rows_of(C),
                                 into == Into::kAdd);
}

template <typename Real>
void add_transposed_product(MatrixView<const Real> A, MatrixView<const Real> B,
                            MatrixView<Real> C) {
  require("add_transposed_product", "B", B.shape(), {A.rows(), C.columns()});
  require("add_transposed_product", "C", C.shape(), {A.columns(), B.columns()});
  kernels<Real>().add_transposed_product(C.rows(), C.columns(), A.rows(), rows_of(A), rows_of(B),
                                         rows_of(C));
}

template <typename Real>
void lstm_step(const Panels<Real>& W, std::span<const Real> b, MatrixView<const Real> h_prev,
               MatrixView<Real> gates, MatrixView<const Real> C_prev, MatrixView<Real> C,
               MatrixView<Real> h) {
  const std::size_t rows = h.rows(), H = W.rows();
  require("lstm_step", "W", {W.columns()}, {4 * H});
  require("lstm_step", "b", {b.size()}, {4 * H});
  require("lstm_step", "gates", gates.shape(), {rows, 4 * H});
  require("lstm_step", "h_prev", h_prev.shape(), {rows, H});
  require("lstm_step", "C_prev", C_prev.shape(), {rows, H});
  require("lstm_step", "C", C.shape(), {rows, H});
  require("lstm_step", "h", h.shape(), {rows, H});
  kernels<Real>().lstm_step({rows, H, W.data(), b.data(), rows_of(h_prev), rows_of(gates),
                             rows_of(C_prev), rows_of(C), rows_of(h)});
}

template <typename Real>
void rnn_step(Activation activation, const Panels<Real>& W, std::span<const Real> b,
              MatrixView<const Real> h_prev, MatrixView<Real> z, MatrixView<Real> h) {
  const std::size_t rows = h.rows(), H = W.rows();
  require("rnn_step", "W", {W.columns()}, {H});
  require("rnn_step", "b", {b.size()}, {H});
  require("rnn_step", "z", z.shape(), {rows, H});
  require("rnn_step", "h_prev", h_prev.shape(), {rows, H});
  require("rnn_step", "h", h.shape(), {rows, H});
  const KernelTable<Real>& table = kernels<Real>();
  const auto step =
      kernel_of(activation, table.rnn_step_tanh, table.rnn_step_sigmoid, table.rnn_step_relu);
  step({rows, H, W.data(), b.data(), rows_of(h_prev), rows_of(z), rows_of(h)});
}

#define UNROLL_INSTANTIATE(Real)                                                              \
  template class Panels<Real>;                                                                \
  template void product(MatrixView<const Real>, const Panels<Real>&, MatrixView<Real>, Into); \
  template void add_transposed_product(MatrixView<const Real>, MatrixView<const Real>,        \
                                       MatrixView<Real>);                                     \
  template void lstm_step(const Panels<Real>&, std::span<const Real>, MatrixView<const Real>, \
                          MatrixView<Real>, MatrixView<const Real>, MatrixView<Real>,         \
                          MatrixView<Real>);                                                  \
  template void rnn_step(Activation, const Panels<Real>&, std::span<const Real>,              \
                         MatrixView<const Real>, MatrixView<Real>, MatrixView<Real>);
UNROLL_INSTANTIATE(float)
UNROLL_INSTANTIATE(double)
#undef UNROLL_INSTANTIATE

}  // namespace unroll
