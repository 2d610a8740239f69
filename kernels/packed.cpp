#include "unroll/kernels/packed.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include <fmt/format.h>

#include "unroll/core/error.h"
#include "unroll/core/memory_plan.h"
#include "unroll/kernels/dispatch.h"

namespace unroll {
namespace {

void require(const char* op, const char* name, const Shape& found, const Shape& wanted) {
  if (found == wanted) return;
  throw ShapeError(
      fmt::format("{}: {} is {}, not {}", op, name, to_string(found), to_string(wanted)));
}

/// Columns of a panel: of three gates it has three vectors, otherwise four.
template <typename Operand>
std::size_t panel_columns(std::size_t gates) {
  return (gates == 3 ? 3 : 4) * products<typename Panels<Operand>::Sum, Operand>().lanes;
}

/// Columns of a stripe: the part of a panel whose lines are one after the other.
template <typename Operand>
std::size_t stripe_columns(std::size_t gates) {
  return gates == 3 ? panel_columns<Operand>(3)
                    : products<typename Panels<Operand>::Sum, Operand>().stripe;
}

/// (panels, lines, values of a line); a panel of gates has the columns of few units.
template <typename Operand>
Shape shape_of_panels(std::size_t rows, std::size_t more_rows, std::size_t columns,
                      std::size_t gates) {
  const std::size_t units = panel_columns<Operand>(gates) / gates;
  return {(columns / gates + units - 1) / units,
          lines_of<Operand>(rows) + lines_of<Operand>(more_rows), units * gates * kDepth<Operand>};
}

/// How values become operands: y (n) from x (n); null where they are taken as they are.
template <typename Operand>
using Rounding = void(std::size_t n, const typename Panels<Operand>::Sum* x, Operand* y) noexcept;
template <typename Operand>
Rounding<Operand>* rounding_of(Precision precision) {
  if constexpr (kIsShort<Operand>) {
    return products<float, Operand>().round;
  } else {
    switch (precision) {
      case Precision::kBFloat16:
      case Precision::kNarrow:
        return kernels<Operand>().round_to_bfloat16;
      case Precision::kFull:
      case Precision::kFloat16:  // of Float16 panels are others
        break;
    }
    return nullptr;
  }
}

/// to (count, 2) = floats that are BFloat16's as the halves of words, the first ones below.
void set_halves(const float* first, const float* second, std::size_t count, BFloat16* to) {
  for (std::size_t lane = 0; lane < count; ++lane) {
    const std::uint32_t word = std::bit_cast<std::uint32_t>(first[lane]) >> 16 |
                               (std::bit_cast<std::uint32_t>(second[lane]) & 0xffff0000U);
    std::memcpy(to + 2 * lane, &word, sizeof(word));
  }
}

/// to = from. A loop of copies of a constant size: of any other GCC makes a slow instruction.
template <typename T>
void copy(const T* from, std::size_t count, T* to) {
  constexpr std::size_t kTurn = 16;
  for (; count >= kTurn; count -= kTurn, from += kTurn, to += kTurn) {
    std::memcpy(to, from, kTurn * sizeof(T));
  }
  if (count > 0) std::copy_n(from, count, to);
}

/// `count` values as operands, 0 after them.
template <typename Operand>
void set_operands(Rounding<Operand>* round, const typename Panels<Operand>::Sum* values,
                  std::size_t count, std::span<Operand> to) {
  if (round != nullptr) {
    round(count, values, to.data());
  } else if constexpr (!kIsShort<Operand>) {
    copy(values, count, to.data());
  }
  std::ranges::fill(to.subspan(count), Operand());
}

/// A block of a matrix on its way to being transposed: so many rows, each with the operands of so
/// many lines.
constexpr std::size_t kBlockRows = 16, kBlockLines = 64;
template <typename Operand>
using Block = Operand[kBlockRows][kBlockLines * kDepth<Operand>];

/// What a row has in a line, a word, and 16 bytes of words: every x86-64 processor has the
/// instructions that pair the words of two of them.
template <typename Operand>
using Word =
    std::conditional_t<sizeof(Operand) * kDepth<Operand> == 8, std::uint64_t, std::uint32_t>;
template <typename Word>
using Words [[gnu::vector_size(16)]] = Word;

/// The words of a and b by turns: those of their first halves, those of their second halves.
template <typename Word>
void pair_up(Words<Word> a, Words<Word> b, Words<Word>& first, Words<Word>& second) {
  if constexpr (sizeof(Word) == 8) {
    first = __builtin_shufflevector(a, b, 0, 2), second = __builtin_shufflevector(a, b, 1, 3);
  } else {
    first = __builtin_shufflevector(a, b, 0, 4, 1, 5);
    second = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  }
}

/// So many rows of a block and lines of a panel: as many words are 16 bytes.
template <typename Operand>
constexpr std::size_t kSide = 16 / sizeof(Word<Operand>);

/// A square of a block, its rows so many operands apart, becomes a square of lines.
template <typename Operand>
void transpose_square(const Operand* from, std::size_t row, Operand* to, std::size_t line) {
  constexpr std::size_t side = kSide<Operand>;
  Words<Word<Operand>> words[side], paired[side];
  for (std::size_t r = 0; r < side; ++r) std::memcpy(&words[r], from + r * row, 16);
  for (std::size_t turn = 1; turn < side; turn *= 2) {
    for (std::size_t r = 0; r < side / 2; ++r) {
      pair_up<Word<Operand>>(words[r], words[r + side / 2], paired[2 * r], paired[2 * r + 1]);
    }
    std::ranges::copy(paired, words);
  }
  for (std::size_t r = 0; r < side; ++r) std::memcpy(to + r * line, &words[r], 16);
}

/// So many rows of a block become columns of so many lines, `line` operands apart.
template <typename Operand>
void transpose(const Block<Operand>& block, std::size_t rows, std::size_t lines, Operand* to,
               std::size_t line) {
  constexpr std::size_t depth = kDepth<Operand>, side = kSide<Operand>;
  const std::size_t whole_rows = rows / side * side, whole_lines = lines / side * side;
  for (std::size_t r = 0; r < whole_rows; r += side) {
    for (std::size_t n = 0; n < whole_lines; n += side) {
      transpose_square(&block[r][n * depth], kBlockLines * depth, to + n * line + r * depth, line);
    }
  }
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t n = r < whole_rows ? whole_lines : 0; n < lines; ++n) {
      std::copy_n(&block[r][n * depth], depth, to + n * line + r * depth);
    }
  }
}

}  // namespace

template <typename Operand>
void Panels<Operand>::reshape(std::size_t inputs, std::size_t more_rows, std::size_t columns,
                              std::size_t gates) {
  K_ = inputs + more_rows, N_ = columns, G_ = gates, I_ = inputs;
  lines_ = lines_of<Operand>(inputs) + lines_of<Operand>(more_rows);
  values_.resize(shape_of_panels<Operand>(inputs, more_rows, columns, gates));
}

template <typename Operand>
void Panels<Operand>::plan(std::size_t K, std::size_t N, MemoryPlan& plan) {
  plan.add(values_, shape_of_panels<Operand>(K, 0, N, 1));
}

template <typename Operand>
void Panels<Operand>::plan_weights(std::size_t I, std::size_t H, std::size_t gates,
                                   MemoryPlan& plan) {
  plan.add(values_, shape_of_panels<Operand>(I, H, gates * H, gates));
}

/// B is (K, N): a line of a stripe is a part of one of its rows, or of two.
template <typename Operand>
void Panels<Operand>::fill_from_rows(MatrixView<const Sum> B, Precision precision, Range panels) {
  constexpr std::size_t depth = kDepth<Operand>;
  const auto round = rounding_of<Operand>(precision);
  const std::size_t width = stripe_columns<Operand>(G_), panel = panel_columns<Operand>(G_);
  Operand rows[depth][64];  // a stripe's columns are 64 at most
  Operand* line = values_.data() + panels.begin * lines_ * panel * depth;
  for (std::size_t first = panels.begin * panel; first < panels.end * panel; first += width) {
    const std::size_t count = first < N_ ? std::min(width, N_ - first) : 0;
    for (std::size_t k = 0; k < K_; k += depth, line += width * depth) {
      if constexpr (depth == 1) {
        const Sum* values = count > 0 ? B.row(k).data() + first : nullptr;
        set_operands<Operand>(round, values, count, {line, width});
        continue;
      }
      for (std::size_t d = 0; d < depth; ++d) {
        const bool is_there = k + d < K_ && count > 0;
        const Sum* values = is_there ? B.row(k + d).data() + first : nullptr;
        set_operands<Operand>(round, values, is_there ? count : 0, {rows[d], width});
        for (std::size_t j = 0; j < width; ++j) line[j * depth + d] = rows[d][j];
      }
    }
  }
}

/// Bt is (N, ·): its transpose becomes the lines from `first_line` on, by way of blocks: rows of Bt
/// often lie so that their beginnings compete for the same place in the cache.
template <typename Operand>
void Panels<Operand>::fill_from_columns(MatrixView<const Sum> Bt, std::size_t first_line,
                                        Precision precision, Range panels) {
  constexpr std::size_t depth = kDepth<Operand>;
  const auto round = rounding_of<Operand>(precision);
  Block<Operand> block;
  const std::size_t width = panel_columns<Operand>(G_), stripe = stripe_columns<Operand>(G_);
  const std::size_t units = width / G_, H = N_ / G_,
                    at_a_time = std::min({units, stripe, kBlockRows});
  const std::size_t lines = lines_of<Operand>(Bt.columns());
  const std::size_t end = panels.end * width;
  for (std::size_t c = panels.begin * width; c < end; c += at_a_time) {
    const std::size_t gate = c % width / units, unit = c / width * units + c % units;
    const std::size_t columns = std::min(at_a_time, units - c % units);
    const std::size_t there = unit < H ? std::min(columns, H - unit) : 0;
    Operand* to =
        values_.data() + ((c / stripe * lines_ + first_line) * stripe + c % stripe) * depth;
    for (std::size_t k = 0; k < lines; k += kBlockLines) {
      const std::size_t count = std::min(kBlockLines, lines - k);
      const std::size_t values = std::min(count * depth, Bt.columns() - k * depth);
      for (std::size_t j = 0; j < columns; ++j) {
        const Sum* source = j < there ? Bt.row(gate * H + unit + j).data() + k * depth : nullptr;
        set_operands<Operand>(round, source, j < there ? values : 0, {block[j], count * depth});
      }
      transpose(block, columns, count, to + k * stripe * depth, stripe * depth);
    }
  }
}

template <typename Operand>
void Panels<Operand>::resize(Factor<Sum> B) {
  reshape(B.rows(), 0, B.columns(), 1);
}

template <typename Operand>
void Panels<Operand>::fill(Factor<Sum> B, Precision precision, Range panels) {
  require("pack", "B", {B.rows(), B.columns()}, {K_, N_});
  if (B.is_transposed) {
    fill_from_columns(B.matrix, 0, precision, panels);
  } else {
    fill_from_rows(B.matrix, precision, panels);
  }
}

template <typename Operand>
void Panels<Operand>::pack(Factor<Sum> B, Precision precision) {
  resize(B);
  fill(B, precision, {0, count()});
}

template <typename Operand>
void Panels<Operand>::resize_weights(MatrixView<const Sum> U, MatrixView<const Sum> W) {
  const std::size_t H = W.columns(), G = H == 0 ? 0 : W.rows() / H;
  if (G != 1 && G != 3 && G != 4)
    throw ShapeError(fmt::format("pack_weights: W is {}", to_string(W.shape())));
  reshape(U.columns(), H, G * H, G);
}

template <typename Operand>
void Panels<Operand>::fill_weights(MatrixView<const Sum> U, MatrixView<const Sum> W,
                                   Precision precision, Range panels) {
  require("pack_weights", "W", W.shape(), {N_, K_ - I_});
  require("pack_weights", "U", U.shape(), {N_, I_});
  fill_from_columns(U, 0, precision, panels);
  fill_from_columns(W, lines_of<Operand>(I_), precision, panels);
}

template <typename Operand>
void Panels<Operand>::pack_weights(MatrixView<const Sum> U, MatrixView<const Sum> W,
                                   Precision precision) {
  resize_weights(U, W);
  fill_weights(U, W, precision, {0, count()});
}

/// (panels, H, values of a line); of three gates two panels make one.
Shape shape_of_narrow_panels(std::size_t H, std::size_t gates) {
  const Shape shape = shape_of_panels<float>(0, H, gates * H, gates);
  if (gates != 3) return shape;
  return {(shape[0] + 1) / 2, H, 2 * shape[2]};
}

void NarrowPanels::resize(const Panels<float>& weights) {
  rows_ = weights.lines() - weights.inputs();
  values_.resize(shape_of_narrow_panels(rows_, weights.gates()));
}

void NarrowPanels::fill(const Panels<float>& weights, Range panels) {
  if (weights.gates() == 3) return fill_from_two(weights, panels);
  const std::size_t width = panel_columns<float>(weights.gates()), lanes = width / 4;
  const std::size_t stripe = stripe_columns<float>(weights.gates()), stripes = width / stripe;
  BFloat16* to = values_.data() + panels.begin * rows_ * width;
  for (std::size_t n = panels.begin * stripes; n < panels.end * stripes; ++n) {
    const float* from = weights.data() + (n * weights.lines() + weights.inputs()) * stripe;
    const float* const end = from + rows_ * stripe;
    for (; from < end; from += 2 * lanes, to += 2 * lanes) {
      set_halves(from, from + lanes, lanes, to);
    }
  }
}

/// The vectors of the panels 2m and 2m + 1 are halves of the same words. Who has the first of the
/// two fills in both.
void NarrowPanels::fill_from_two(const Panels<float>& weights, Range panels) {
  const std::size_t width = panel_columns<float>(3), lanes = width / 3;
  const std::vector<float> none(width);
  for (std::size_t n = panels.begin + panels.begin % 2; n < panels.end; n += 2) {
    const float* first = weights.data() + (n * weights.lines() + weights.inputs()) * width;
    const bool has_second = n + 1 < weights.count();
    BFloat16* to = values_.data() + n * rows_ * width;
    for (std::size_t k = 0; k < rows_; ++k, first += width) {
      const float* second = has_second ? first + weights.lines() * width : none.data();
      for (std::size_t c = 0; c < width; c += lanes, to += 2 * lanes) {
        set_halves(first + c, second + c, lanes, to);
      }
    }
  }
}

void NarrowPanels::pack(const Panels<float>& weights) {
  resize(weights);
  fill(weights, {0, weights.count()});
}

void NarrowPanels::plan(std::size_t H, std::size_t gates, MemoryPlan& plan) {
  plan.add(values_, shape_of_narrow_panels(H, gates));
}

template <typename Real, typename Operand>
void product(MatrixView<const std::type_identity_t<Operand>> A, const Panels<Operand>& B,
             MatrixView<Real> C) {
  product<Real>(A, A.column_range(0, 0), B, C);
}

template <typename Real, typename Operand>
void product(MatrixView<const std::type_identity_t<Operand>> A,
             MatrixView<const std::type_identity_t<Operand>> A_more, const Panels<Operand>& B,
             MatrixView<Real> C) {
  require("product", "A", {A.rows(), A.columns() + A_more.columns()}, {C.rows(), B.rows()});
  require("product", "more of A", {A_more.rows()}, {A.rows()});
  require("product", "C", C.shape(), {A.rows(), B.columns()});
  const ProductTable<Real, Operand>& table = products<Real, Operand>();
  table.packed_product(A.rows(), B.columns(), B.lines(),
                       {A.columns(), rows_of(A), A_more.columns(), rows_of(A_more)}, B.data(),
                       nullptr, rows_of(C));
}

template <typename Real, typename Operand>
void add_gradients(MatrixView<const std::type_identity_t<Operand>> A,
                   std::initializer_list<GradientOf<Real, Operand>> gradients,
                   Tensor<Operand>& scratch) {
  constexpr std::size_t kMost = 4;
  GradientPart<Real, Operand> parts[kMost];
  std::size_t count = 0, columns = 0;
  if (gradients.size() > kMost) throw ShapeError("add_gradients: more than four at a time");
  for (const GradientOf<Real, Operand>& gradient : gradients) {
    require("add_gradients", "B", gradient.B.shape(), {A.rows(), gradient.into.columns()});
    require("add_gradients", "the gradient", gradient.into.shape(),
            {A.columns(), gradient.B.columns()});
    parts[count++] = {gradient.B.columns(), rows_of(gradient.B), rows_of(gradient.into)};
    columns += gradient.B.columns();
  }
  const std::size_t size = gradient_scratch<Real, Operand>(columns, count);
  if (scratch.size() < size) scratch.resize({size});
  // [LAYOUT-sum] ∂L/∂W = (∂L/∂Z)ᵀ H_prev: a sum over rows is a product of matrices
  // [RNN-dU] [LSTM-dU] [GRU-dU] [RNN-dW] [LSTM-dW] [GRU-dW] [GRU-after-dW] Σ_t dz_t x_tᵀ, …
  products<Real, Operand>().add_gradients(A.columns(), A.rows(), rows_of(A), parts, count,
                                          scratch.data());
}

template <typename Real, typename Operand>
std::size_t gradient_scratch(std::size_t columns, std::size_t gradients) {
  return products<Real, Operand>().gradient_scratch(columns, gradients);
}

template <typename Real, typename Operand>
std::size_t gradient_rows() {
  return products<Real, Operand>().gradient_rows;
}

template <typename Real, typename Operand>
void project(MatrixView<const std::type_identity_t<Operand>> A, const Panels<Operand>& weights,
             std::span<const Real> b, MatrixView<Real> C) {
  project<Real>(A, weights, b, C, {0, weights.columns() / weights.gates()});
}

template <typename Real, typename Operand>
void project(MatrixView<const std::type_identity_t<Operand>> A, const Panels<Operand>& weights,
             std::span<const Real> b, MatrixView<Real> C, Range units) {
  const std::size_t N = weights.columns(), I = weights.inputs(), lines = weights.lines();
  require("project", "A", A.shape(), {C.rows(), I});
  require("project", "b", {b.size()}, {N});
  require("project", "C", C.shape(), {A.rows(), N});
  const ProductTable<Real, Operand>& table = products<Real, Operand>();
  // [LAYOUT-rows] Z = X Uᵀ + H_prev Wᵀ + 1 bᵀ: row r of Z is z of row r
  if (weights.gates() > 1) {
    const auto of_gates = weights.gates() == 3 ? table.packed_product_of_three_gates
                                               : table.packed_product_of_four_gates;
    of_gates(A.rows(), N / weights.gates(), I, lines, rows_of(A), weights.data(), b.data(),
             rows_of(C), units.begin, units.end);
  } else {
    const auto columns = C.column_range(units.begin, units.size());
    table.packed_product(A.rows(), units.size(), lines, {I, rows_of(A), 0, rows_of(A)},
                         weights.data() + units.begin * lines * kDepth<Operand>,
                         b.data() + units.begin, rows_of(columns));
  }
}

#define UNROLL_INSTANTIATE_INFERENCE(Real, Operand)                                               \
  template class Panels<Operand>;                                                                 \
  template void product(MatrixView<const Operand>, const Panels<Operand>&, MatrixView<Real>);     \
  template void product(MatrixView<const Operand>, MatrixView<const Operand>,                     \
                        const Panels<Operand>&, MatrixView<Real>);                                \
  template void project(MatrixView<const Operand>, const Panels<Operand>&, std::span<const Real>, \
                        MatrixView<Real>);                                                        \
  template void project(MatrixView<const Operand>, const Panels<Operand>&, std::span<const Real>, \
                        MatrixView<Real>, Range);
#define UNROLL_INSTANTIATE(Real, Operand)                                                          \
  UNROLL_INSTANTIATE_INFERENCE(Real, Operand)                                                      \
  template void add_gradients(MatrixView<const Operand>,                                           \
                              std::initializer_list<GradientOf<Real, Operand>>, Tensor<Operand>&); \
  template std::size_t gradient_rows<Real, Operand>();                                             \
  template std::size_t gradient_scratch<Real, Operand>(std::size_t, std::size_t);
UNROLL_INSTANTIATE_INFERENCE(float, Float16)
UNROLL_INSTANTIATE(float, float)
UNROLL_INSTANTIATE(double, double)
UNROLL_INSTANTIATE(float, BFloat16)
#undef UNROLL_INSTANTIATE
#undef UNROLL_INSTANTIATE_INFERENCE

}  // namespace unroll
