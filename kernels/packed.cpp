#include "unroll/kernels/packed.h"

#include <algorithm>
#include <cstring>

#include <fmt/format.h>

#include "unroll/core/error.h"
#include "unroll/kernels/dispatch.h"

namespace unroll {
namespace {

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

template <typename Real>
void Panels<Real>::reshape(std::size_t rows, std::size_t columns, std::size_t gates,
                           std::size_t inputs) {
  const std::size_t width = panel_columns<Real>();
  K_ = rows, N_ = columns, G_ = gates, I_ = inputs;
  // a panel of gates has the columns of `width / gates` units
  values_.resize({(N_ / G_ + width / G_ - 1) / (width / G_), K_, width});
}

/// B is (K, N): a line of a panel is a part of one of its rows.
template <typename Real>
void Panels<Real>::fill_from_lines(MatrixView<const Real> B) {
  const std::size_t width = panel_columns<Real>();
  Real* line = values_.data();
  for (std::size_t first = 0; first < N_; first += width) {
    const std::size_t count = std::min(width, N_ - first);
    for (std::size_t k = 0; k < K_; ++k, line += width) {
      std::copy_n(B.row(k).data() + first, count, line);
      std::fill(line + count, line + width, Real(0));
    }
  }
}

/// Bt is (N, ·): its transpose becomes the lines from `first_line` on, by way of small blocks: rows
/// of Bt often lie so that their beginnings compete for the same place in the cache.
template <typename Real>
void Panels<Real>::fill_from_columns(MatrixView<const Real> Bt, std::size_t first_line) {
  constexpr std::size_t kBlock = 16;
  Real block[kBlock][kBlock];
  const std::size_t width = panel_columns<Real>(), units = width / G_, H = N_ / G_;
  const std::size_t lines = Bt.columns();
  for (std::size_t c = 0; c < values_.shape()[0] * width; c += std::min(units, kBlock)) {
    const std::size_t gate = c % width / units, unit = c / width * units + c % units;
    const std::size_t columns = std::min({units, kBlock, units - c % units});
    const std::size_t there = unit < H ? std::min(columns, H - unit) : 0;
    Real* panel = values_.data() + (c / width * K_ + first_line) * width + c % width;
    for (std::size_t k = 0; k < lines; k += kBlock) {
      const std::size_t count = std::min(kBlock, lines - k);
      for (std::size_t j = 0; j < there; ++j) {
        const Real* source = Bt.row(gate * H + unit + j).data() + k;
        if (count == kBlock) {  // of a constant size: otherwise GCC makes it a slow instruction
          std::memcpy(block[j], source, sizeof(block[j]));
        } else {
          for (std::size_t n = 0; n < count; ++n) block[j][n] = source[n];
        }
      }
      for (std::size_t n = 0; n < count; ++n) {
        Real* line = panel + (k + n) * width;
        for (std::size_t j = 0; j < there; ++j) line[j] = block[j][n];
        std::fill(line + there, line + columns, Real(0));
      }
    }
  }
}

template <typename Real>
void Panels<Real>::pack(Factor<Real> B) {
  reshape(B.rows(), B.columns(), 1, B.rows());
  if (B.is_transposed) {
    fill_from_columns(B.matrix, 0);
  } else {
    fill_from_lines(B.matrix);
  }
}

template <typename Real>
void Panels<Real>::pack_weights(MatrixView<const Real> U, MatrixView<const Real> W) {
  const std::size_t I = U.columns(), H = W.columns(), G = H == 0 ? 0 : W.rows() / H;
  if (G != 1 && G != 4)
    throw ShapeError(fmt::format("pack_weights: W is {}", to_string(W.shape())));
  require("pack_weights", "W", W.shape(), {G * H, H});
  require("pack_weights", "U", U.shape(), {G * H, I});
  reshape(I + H, G * H, G, I);
  fill_from_columns(U, 0);
  fill_from_columns(W, I);
}

template <typename Real>
void product(MatrixView<const Real> A, const Panels<Real>& B, MatrixView<Real> C) {
  require("product", "A", A.shape(), {C.rows(), B.rows()});
  require("product", "C", C.shape(), {A.rows(), B.columns()});
  kernels<Real>().packed_product(A.rows(), B.columns(), B.rows(), B.rows(), rows_of(A), B.data(),
                                 nullptr, rows_of(C));
}

template <typename Real>
void add_gradients(MatrixView<const Real> A, std::initializer_list<GradientOf<Real>> gradients,
                   Tensor<Real>& scratch) {
  constexpr std::size_t kMost = 4;
  GradientPart<Real> parts[kMost];
  std::size_t count = 0, columns = 0;
  if (gradients.size() > kMost) throw ShapeError("add_gradients: more than four at a time");
  for (const GradientOf<Real>& gradient : gradients) {
    require("add_gradients", "B", gradient.B.shape(), {A.rows(), gradient.into.columns()});
    require("add_gradients", "the gradient", gradient.into.shape(),
            {A.columns(), gradient.B.columns()});
    parts[count++] = {gradient.B.columns(), rows_of(gradient.B), rows_of(gradient.into)};
    columns += gradient.B.columns();
  }
  const KernelTable<Real>& table = kernels<Real>();
  const std::size_t size = table.gradient_scratch(columns, count);
  if (scratch.size() < size) scratch.resize({size});
  table.add_gradients(A.columns(), A.rows(), rows_of(A), parts, count, scratch.data());
}

template <typename Real>
void project(MatrixView<const Real> A, const Panels<Real>& weights, std::span<const Real> b,
             MatrixView<Real> C) {
  project(A, weights, b, C, {0, weights.columns() / weights.gates()});
}

template <typename Real>
void project(MatrixView<const Real> A, const Panels<Real>& weights, std::span<const Real> b,
             MatrixView<Real> C, Range units) {
  const std::size_t N = weights.columns(), I = weights.inputs(), lines = weights.rows();
  require("project", "A", A.shape(), {C.rows(), I});
  require("project", "b", {b.size()}, {N});
  require("project", "C", C.shape(), {A.rows(), N});
  const KernelTable<Real>& table = kernels<Real>();
  if (weights.gates() == 4) {
    table.packed_product_of_gates(A.rows(), N / 4, I, lines, rows_of(A), weights.data(), b.data(),
                                  rows_of(C), units.begin, units.end);
  } else {
    const auto columns = C.column_range(units.begin, units.size());
    table.packed_product(A.rows(), units.size(), I, lines, rows_of(A),
                         weights.data() + units.begin * lines, b.data() + units.begin,
                         rows_of(columns));
  }
}

#define UNROLL_INSTANTIATE(Real)                                                               \
  template class Panels<Real>;                                                                 \
  template void product(MatrixView<const Real>, const Panels<Real>&, MatrixView<Real>);        \
  template void add_gradients(MatrixView<const Real>, std::initializer_list<GradientOf<Real>>, \
                              Tensor<Real>&);                                                  \
  template void project(MatrixView<const Real>, const Panels<Real>&, std::span<const Real>,    \
                        MatrixView<Real>);                                                     \
  template void project(MatrixView<const Real>, const Panels<Real>&, std::span<const Real>,    \
                        MatrixView<Real>, Range);
UNROLL_INSTANTIATE(float)
UNROLL_INSTANTIATE(double)
#undef UNROLL_INSTANTIATE

}  // namespace unroll
