/// Matrix products by tiles that stay in registers: up to six rows by up to four vectors of
/// columns.
///
/// A tile takes its right factor from a panel, the columns of four vectors in the order in which it
/// reads them: stripes, each of K lines. Its sums run over k = 0, 1, … in order, whatever its size:
/// a row's bits depend neither on its neighbours nor on how rows are cut among threads.
///
/// GCC 12 keeps a tile in memory when it is written as nested loops, at half the speed: so the
/// loops over a tile are folds over an index sequence (tests/tile_registers_test.sh looks).
#pragma once

#include <cstddef>
#include <cstring>
#include <type_traits>
#include <utility>

#include "unroll/kernels/loops-inl.h"
#include "unroll/kernels/multiplier-inl.h"

namespace unroll {

bool prefers_high_tiles() noexcept;  // isa.h, which includes more than may be compiled here

}

namespace unroll::simd {

/// AVX-512 has 32, the others 16.
template <typename V>
inline constexpr std::size_t kRegisters = sizeof(V) == 64 ? 32 : 16;

/// The sums of a tile: with a line's vectors or a column's values, whichever are fewer, and one
/// more they fit the registers.
template <typename V>
inline constexpr std::size_t kTileSums = kRegisters<V> == 32 ? 24 : 12;

/// A high tile is half a panel wide, and has so many rows.
inline constexpr std::size_t kHighVectors = 2;
template <typename V>
inline constexpr std::size_t kTileRows = kTileSums<V> / kHighVectors;

/// A panel's columns.
template <typename V>
inline constexpr std::size_t kPanelColumns = kPanelVectors * V::size;

/// The vectors of a stripe: the part of a panel whose lines are one after the other, half of it,
/// as high tiles read it.
inline constexpr std::size_t kStripeVectors = kHighVectors;
/// Rows of a tile that is as wide as a panel.
template <typename V>
inline constexpr std::size_t kWideRows = kTileSums<V> / kPanelVectors;

/// Whether there are tiles of all kinds, the fastest one for each size. Doubles check gradients,
/// and SSE2 and scalar code run where nothing else can: for them products have tiles as wide as a
/// panel alone, which give the same bits, and to compile all kinds takes twice as long.
template <typename V>
inline constexpr bool kAllTiles = sizeof(RealOf<V>) == sizeof(float) && sizeof(V) >= 32;

/// From a place in a panel on: where its vectors are.
template <typename V, typename Operand, typename Weight = Operand,
          std::size_t width = kStripeVectors>
struct PanelFrom {
  using Value = Weight;
  static constexpr std::size_t kVector = V::size * kDepth<Operand>;
  static constexpr std::size_t kLine = width * kVector;

  /// Vector c of the line k lines after this place's.
  const Weight* vector(std::size_t k, std::size_t c) const {
    return at + c / width * stripe + k * kLine + c % width * kVector;
  }
  /// From a later line on.
  PanelFrom after(std::size_t lines) const { return {at + lines * kLine, stripe}; }
  /// From a later vector on, the first one of a stripe.
  PanelFrom from(std::size_t c) const { return {at + c / width * stripe, stripe}; }

  const Weight* at;
  std::size_t stripe;  ///< values from one stripe to the next
};

/// The beginning of panel number n of those that have so many lines.
template <typename V, typename Operand, typename Weight>
PanelFrom<V, Operand, Weight> panel_at(const Weight* panels, std::size_t n, std::size_t lines) {
  using Panel = PanelFrom<V, Operand, Weight>;
  return {panels + n * lines * kPanelLine<V, Operand>, lines * Panel::kLine};
}

/// body(first, R), R an integral_constant, of least … most.
template <std::size_t least, std::size_t most, typename Body>
void for_row_block(std::size_t first, std::size_t count, Body body) {
  if constexpr (most == least) {
    body(first, std::integral_constant<std::size_t, least>());
  } else if (count == most) {
    body(first, std::integral_constant<std::size_t, most>());
  } else {
    for_row_block<least, most - 1>(first, count, body);
  }
}

/// body(first, count) for blocks of nearly equal size: of 16 rows at most 6 are 6, 5 and 5, for a
/// block of one row costs as much time as one of three.
template <std::size_t most, typename Body>
void for_each_block(std::size_t rows, Body body) {
  const std::size_t blocks = (rows + most - 1) / most;
  for (std::size_t block = 0; block < blocks; ++block) {
    const std::size_t first = rows * block / blocks;
    body(first, rows * (block + 1) / blocks - first);
  }
}

/// body(C), C an integral_constant: the vectors of so many columns, at most `most`; always `most`
/// without tiles of all kinds.
template <std::size_t most, typename V, typename Body>
void for_width(std::size_t columns, Body body) {
  if constexpr (most == 1 || !kAllTiles<V>) {
    body(std::integral_constant<std::size_t, most>());
  } else if (columns > (most - 1) * V::size) {
    body(std::integral_constant<std::size_t, most>());
  } else {
    for_width<most - 1, V>(columns, body);
  }
}

/// How many rows a tile may have; of all rows together, at least `least`, blocks of nearly equal
/// size have at least as many.
template <std::size_t least_, std::size_t most_>
struct Heights {
  static constexpr std::size_t least = least_, most = most_;
};

/// Whether many rows take high tiles of so many panels, instead of tiles as wide as a panel. Higher
/// ones read panels less often, and more values of the rows for each product. With 16 registers
/// this is always better: wide tiles would have three rows. With 32 it is better on some processors
/// where the panels together fill much of a second-level cache: with less, a training step of 64
/// units became 0.9 times as fast on Emerald Rapids.
template <typename V, typename Operand, typename Weight = Operand>
bool wants_high_tiles(std::size_t panels, std::size_t lines) {
  constexpr std::size_t kMuch = std::size_t{512} << 10;
  if constexpr (!kAllTiles<V>) return false;
  if constexpr (kRegisters<V> == 16) return true;
  return panels * lines * kPanelLine<V, Operand> * sizeof(Weight) > kMuch && prefers_high_tiles();
}

/// body(c, C, heights), C an integral_constant: the tiles of a panel in a row have C vectors from
/// vector c on. Here they are as wide as the panel.
template <typename V, typename Body>
void for_wide_tiles(std::size_t columns, Body body) {
  for_width<kPanelVectors, V>(columns,
                              [&](auto vectors) { body(0, vectors, Heights<1, kWideRows<V>>()); });
}

/// for_wide_tiles for high tiles, which have more rows.
template <typename V, typename Body>
void for_high_tiles(std::size_t columns, Body body) {
  for (std::size_t c = 0; c < kPanelVectors && c * V::size < columns; c += kHighVectors) {
    body(c, std::integral_constant<std::size_t, kHighVectors>(),
         Heights<kWideRows<V>, kTileRows<V>>());
  }
}

/// A part of some rows and a panel's columns: so many rows from `row` on, so many of the panel's
/// vectors from `vector` on.
template <std::size_t rows_, std::size_t vectors_>
struct Tile {
  static constexpr std::size_t rows = rows_, vectors = vectors_;
  static constexpr std::make_index_sequence<rows * vectors> indices{};

  /// How many of the panel's columns it has.
  template <typename V>
  std::size_t columns(std::size_t of_panel) const {
    const std::size_t left = of_panel - vector * V::size, most = vectors * V::size;
    return left < most ? left : most;
  }

  std::size_t row;
  std::size_t vector;
};

/// body(first, count) for blocks of as many rows as one tile of this kind has.
template <typename V, std::size_t most = kTileRows<V>, typename Body>
void for_each_tile_height(std::size_t rows, bool high, Body body) {
  constexpr std::size_t wide = kWideRows<V> < most ? kWideRows<V> : most;
  if (high)
    for_each_block<most>(rows, body);
  else
    for_each_block<wide>(rows, body);
}

/// body(tile) for all of them; `most`: there are no more rows, or a tile may have as many as fit.
template <typename V, std::size_t most = kTileRows<V>, typename Body>
void for_each_tile(std::size_t rows, std::size_t columns, bool high, Body body) {
  const auto tiles = [&](std::size_t c, auto vectors, auto heights) {
    constexpr std::size_t fit = heights.most < most ? heights.most : most;
    if constexpr (heights.least <= fit) {
      for_each_block<fit>(rows, [&](std::size_t first, std::size_t count) {
        for_row_block<heights.least, fit>(first, count, [&](std::size_t r, auto block) {
          body(Tile<block.value, vectors.value>{r, c});
        });
      });
    }
  };
  if constexpr (kAllTiles<V>) {
    if (high && rows > kWideRows<V>) return for_high_tiles<V>(columns, tiles);
  }
  for_wide_tiles<V>(columns, tiles);
}

/// sums += a · line for one k, or kDepth: a value of each row by the vectors of a line. Row by row,
/// besides the line, if everything has a register then; otherwise column by column, besides the
/// values. The line is a pack: of an array GCC leaves stores behind.
template <std::size_t vectors, typename M, typename Sum, std::size_t size, typename ValueOf,
          typename VectorOf>
void add_outer_product(Sum (&sums)[size], ValueOf value_of, VectorOf vector_of) {
  using Factor = typename M::Factor;
  [&]<std::size_t... r, std::size_t... c>(std::index_sequence<r...>, std::index_sequence<c...>) {
    if constexpr (size + vectors + 1 <= kRegisters<Sum>) {
      const auto add_rows = [&](auto... line) {
        const auto add_row = [&](auto row, Factor value) {
          ((sums[row * vectors + c] = M::multiply_add(value, line, sums[row * vectors + c])), ...);
        };
        (add_row(std::integral_constant<std::size_t, r>(), M::broadcast(value_of(r))), ...);
      };
      add_rows(M::load_factor(vector_of, c)...);
    } else {
      const Factor values[] = {M::broadcast(value_of(r))...};
      const auto add_column = [&](auto column, Factor vector) {
        ((sums[r * vectors + column] =
              M::multiply_add(values[r], vector, sums[r * vectors + column])),
         ...);
      };
      (add_column(std::integral_constant<std::size_t, c>(), M::load_factor(vector_of, c)), ...);
    }
  }(std::make_index_sequence<size / vectors>(), std::make_index_sequence<vectors>());
}

/// Cache lines that will be needed after a sum, to be asked for during it, one with each of its
/// lines: all at once would hold it up.
template <std::size_t most>
struct LinesToCome {
  /// Adds the lines of `n` values.
  template <typename T>
  void add(const T* p, std::size_t n) {
    for (std::size_t k = 0; k < n && count < most; k += 64 / sizeof(T)) lines[count++] = p + k;
  }

  void ask_for(std::size_t k) const { __builtin_prefetch(lines[k]); }

  std::size_t count = 0;
  const void* lines[most];
};

/// The part of the stripe that will be read next that one tile asks for: all tiles of a stripe
/// together ask for the whole, from the third-level cache into the second. Only high tiles do: wide
/// ones have too little time for it.
struct PanelToCome {
  /// `panel_lines`: how many lines of `next` will be read.
  template <typename V, typename Operand, typename Weight, typename Tile>
  static PanelToCome share(PanelFrom<V, Operand, Weight> next, std::size_t panel_lines, Tile tile,
                           std::size_t rows) {
    if (Tile::vectors > kHighVectors || next.at == nullptr) return {nullptr, 0};
    constexpr std::size_t line = PanelFrom<V, Operand, Weight>::kLine * sizeof(Weight);
    const std::size_t lines = panel_lines * line / 64;
    const std::size_t begin = lines * tile.row / rows, end = lines * (tile.row + tile.rows) / rows;
    return {reinterpret_cast<const char*>(next.from(tile.vector).at) + begin * 64, end - begin};
  }
  void ask_for(std::size_t k) const { __builtin_prefetch(at + k * 64, 0, 2); }

  const char* at;
  std::size_t count;
};

/// add(k) for lines first … last − 1. With 32 registers a line has work enough; with 16 the loop's
/// own instructions would be an eighth of all, which counts where two threads share a core: so it
/// adds four in a turn. GCC keeps sums in registers only if it unrolls by itself.
template <typename V, typename Add>
void for_each_line(std::size_t first, std::size_t last, Add add) {
  if constexpr (kRegisters<V> == 32) {
    for (std::size_t k = first; k < last; ++k) add(k);
  } else {
#pragma GCC unroll 4
    for (std::size_t k = first; k < last; ++k) add(k);
  }
}

/// Whether products are added up in their own narrow type first, kShortLines lines at a time.
template <typename M>
inline constexpr bool kSumsShortly = requires { typename M::ShortSum; };

/// sums += a · panel of so many lines, by way of short sums. These begin at every kShortLines-th
/// line, whatever the tile, or bits would depend on it; ask(k) comes before line k.
template <std::size_t vectors, typename M, typename V, std::size_t size, typename Operand,
          typename Panel, typename Ask>
void accumulate_shortly(V (&sums)[size], std::size_t lines, const Operand* a, std::size_t stride,
                        Panel panel, Ask ask) {
  for (std::size_t first = 0; first < lines; first += M::kShortLines) {
    const std::size_t left = lines - first;
    const std::size_t end = first + (left < M::kShortLines ? left : M::kShortLines);
    typename M::ShortSum shorts[size] = {};
    for (std::size_t k = first; k < end; ++k) {
      ask(k);
      add_outer_product<vectors, M>(
          shorts, [=](std::size_t r) { return a + r * stride + k * kDepth<Operand>; },
          [=](std::size_t c) { return panel.vector(k, c); });
    }
    [&]<std::size_t... i>(std::index_sequence<i...>) {
      ((sums[i] = M::add_widened(shorts[i], sums[i])), ...);
    }(std::make_index_sequence<size>());
  }
}

/// sums += a · panel of so many lines, a (rows, K) with this stride between its rows.
template <std::size_t vectors, typename V, std::size_t size, typename Operand, typename Panel>
void accumulate(V (&sums)[size], std::size_t lines, const Operand* a, std::size_t stride,
                Panel panel) {
  using M = Multiplier<V, Operand, typename Panel::Value>;
  if constexpr (kSumsShortly<M>) {
    accumulate_shortly<vectors, M>(sums, lines, a, stride, panel, [](std::size_t) {});
  } else {
    for_each_line<V>(0, lines, [&](std::size_t k) {
      add_outer_product<vectors, M>(
          sums, [=](std::size_t r) { return a + r * stride + k * kDepth<Operand>; },
          [=](std::size_t c) { return panel.vector(k, c); });
    });
  }
}

/// The same sums; asks for lines to come meanwhile.
template <std::size_t vectors, typename V, std::size_t size, typename Operand, typename Panel,
          typename ToCome>
void accumulate(V (&sums)[size], std::size_t lines, const Operand* a, std::size_t stride,
                Panel panel, const ToCome& to_come) {
  using M = Multiplier<V, Operand, typename Panel::Value>;
  if constexpr (kSumsShortly<M>) {
    accumulate_shortly<vectors, M>(sums, lines, a, stride, panel, [&](std::size_t k) {
      if (k < to_come.count) to_come.ask_for(k);
    });
  } else {
    const std::size_t first = lines < to_come.count ? lines : to_come.count;
    for (std::size_t k = 0; k < first; ++k) {
      to_come.ask_for(k);
      add_outer_product<vectors, M>(
          sums, [=](std::size_t r) { return a + r * stride + k * kDepth<Operand>; },
          [=](std::size_t c) { return panel.vector(k, c); });
    }
    accumulate<vectors>(sums, lines - first, a + first * kDepth<Operand>, stride,
                        panel.after(first));
  }
}

/// The same sums; asks meanwhile first for `next`, then for `to_come`.
template <std::size_t vectors, typename V, std::size_t size, typename Operand, typename Panel,
          typename ToCome>
void accumulate(V (&sums)[size], std::size_t lines, const Operand* a, std::size_t stride,
                Panel panel, PanelToCome next, const ToCome& to_come) {
  using M = Multiplier<V, Operand, typename Panel::Value>;
  if constexpr (kSumsShortly<M>) {
    accumulate_shortly<vectors, M>(sums, lines, a, stride, panel, [&](std::size_t k) {
      if (k < next.count) {
        next.ask_for(k);
      } else if (k - next.count < to_come.count) {
        to_come.ask_for(k - next.count);
      }
    });
  } else {
    const std::size_t first = lines < next.count ? lines : next.count;
    accumulate<vectors>(sums, first, a, stride, panel, next);
    accumulate<vectors>(sums, lines - first, a + first * kDepth<Operand>, stride,
                        panel.after(first), to_come);
  }
}

/// How a tile reads and writes its vectors in a row: neighbouring columns, of the last vectors only
/// those that there are, or none.
template <typename V>
struct PlainColumns {
  V load(const RealOf<V>* p, std::size_t vector) const {
    const std::size_t first = vector * V::size, left = first < count ? count - first : 0;
    if (left >= V::size) return V::load_unaligned(p + first);
    return Native<V>::load_part(p + first, left, 0);
  }
  void store(RealOf<V>* p, std::size_t vector, V v) const {
    const std::size_t first = vector * V::size, left = first < count ? count - first : 0;
    if (left >= V::size) {
      v.store_unaligned(p + first);
    } else {
      Native<V>::store_part(p + first, left, v);
    }
  }

  std::size_t count;
};

/// The columns are the same units of four gates, stacked in rows of 4H.
template <typename V>
struct GateColumns {
  V load(const RealOf<V>* p, std::size_t gate) const {
    return PlainColumns<V>{units}.load(p + gate * H, 0);
  }
  void store(RealOf<V>* p, std::size_t gate, V v) const {
    PlainColumns<V>{units}.store(p + gate * H, 0, v);
  }

  std::size_t H;
  std::size_t units;  ///< that there are; a tile has those of a vector
};

/// C = b + A·B in a panel's columns, B panel lines; b null: 0.
template <typename V, typename Operand, typename Columns>
void product_of_panel(std::size_t rows, const LeftFactor<Operand>& A, PanelFrom<V, Operand> panel,
                      const RealOf<V>* b, Rows<RealOf<V>> C, Columns columns, std::size_t count,
                      bool high) {
  const std::size_t lines = lines_of<Operand>(A.columns), more = lines_of<Operand>(A.more_columns);
  for_each_tile<V>(rows, count, high, [&](auto tile) {
    [&]<std::size_t... i>(std::index_sequence<i...>) {
      constexpr std::size_t vectors = tile.vectors;
      V sums[] = {(b == nullptr ? V(RealOf<V>(0)) : columns.load(b, tile.vector + i % vectors))...};
      const auto from = panel.from(tile.vector);
      accumulate<vectors>(sums, lines, row(A.rows, tile.row), A.rows.stride, from);
      accumulate<vectors>(sums, more, row(A.more, tile.row), A.more.stride, from.after(lines));
      (columns.store(row(C, tile.row + i / vectors), tile.vector + i % vectors, sums[i]), ...);
    }(tile.indices);
  });
}

/// b from column n on.
template <typename Real>
const Real* columns_from(const Real* b, std::size_t n) {
  return b == nullptr ? nullptr : b + n;
}

/// C (rows, N) = b (N) + A (rows, K) · B (K, N), B the first of the lines of panels of
/// kPanelColumns columns; b null: 0.
template <typename V, typename Operand>
UNROLL_KERNEL void packed_product(std::size_t rows, std::size_t N, std::size_t lines,
                                  const LeftFactor<Operand>& A, const Operand* panels,
                                  const RealOf<V>* b, Rows<RealOf<V>> C) noexcept {
  const bool high = wants_high_tiles<V, Operand>(N / kPanelColumns<V>, lines);
  for (std::size_t n = 0; n < N; n += kPanelColumns<V>) {
    const auto panel = panel_at<V, Operand>(panels, n / kPanelColumns<V>, lines);
    product_of_panel<V>(rows, A, panel, columns_from(b, n), {C.data + n, C.stride},
                        PlainColumns<V>{N - n}, N - n, high);
  }
}

/// C (rows, 4H) is this product of panels that each hold the four gates of V::size units.
template <typename V, typename Operand>
UNROLL_KERNEL void packed_product_of_four_gates(std::size_t rows, std::size_t H, std::size_t K,
                                                std::size_t lines, Rows<const Operand> A,
                                                const Operand* panels, const RealOf<V>* b,
                                                Rows<RealOf<V>> C, std::size_t first_unit,
                                                std::size_t last_unit) noexcept {
  const bool high =
      wants_high_tiles<V, Operand>((last_unit - first_unit) / V::size, lines_of<Operand>(K));
  for (std::size_t j = first_unit; j < last_unit; j += V::size) {
    const auto panel = panel_at<V, Operand>(panels, j / V::size, lines);
    product_of_panel<V>(rows, LeftFactor<Operand>{K, A, 0, A}, panel, columns_from(b, j),
                        {C.data + j, C.stride}, GateColumns<V>{H, last_unit - j}, kPanelColumns<V>,
                        high);
  }
}

/// Gradients take so many lines at a time: packed, they stay in the second-level cache, and the
/// sums of C pass through the registers seldom.
inline constexpr std::size_t kLinesInCache = 256;
/// And so many blocks of rows of C, whose factors are packed at a time.
inline constexpr std::size_t kBlocksInCache = 8;

/// The rows of C that a tile of a gradient has: its factors are packed, so that with 32 registers
/// wide tiles are best.
inline constexpr std::size_t kGradientRows = 6;
/// The values of so many rows of C in one line of the left factor.
template <typename Operand>
inline constexpr std::size_t kBlockLine = kGradientRows * kDepth<Operand>;
/// From one packed block to the next: a cache line more, so that they do not compete for places.
template <typename Operand>
inline constexpr std::size_t kPackedBlock =
    kBlockLine<Operand> * kLinesInCache + 64 / sizeof(Operand);

/// K rows of A, those of its columns that are a group's blocks, each block's lines one after the
/// other.
template <typename V, typename Operand>
void pack_left(std::size_t K, std::size_t columns, Rows<const Operand> A, Operand* to) {
  constexpr std::size_t R = kGradientRows, depth = kDepth<Operand>, line = kBlockLine<Operand>;
  const std::size_t whole = columns / R, rest = columns % R * depth;
  Operand pairs[kBlocksInCache * line + 64];
  for (std::size_t k = 0; k < K; k += depth, to += line) {
    for (std::size_t j = 0; j < columns * depth; j += 64 / sizeof(Operand)) {
      // far apart, so that the processor does not foresee it
      __builtin_prefetch(row(A, k + 16 * depth) + j);
    }
    const Operand* a =
        Multiplier<V, Operand>::side_by_side(columns, K - k, {row(A, k), A.stride}, pairs);
    for (std::size_t block = 0; block < whole; ++block) {
      std::memcpy(to + block * kPackedBlock<Operand>, a + block * line, line * sizeof(*a));
    }
    Operand* last = to + whole * kPackedBlock<Operand> - k / depth * (line - rest);
    for (std::size_t r = 0; r < rest; ++r) last[r] = a[whole * line + r];
  }
}

/// A gradient's panels are packed for its tiles alone: a stripe is as wide as they are.
template <typename V, typename Operand>
using GradientPanel = PanelFrom<V, Operand, Operand, kTileSums<V> / kGradientRows>;

/// The columns of B as panels of K rows, stripe by stripe, the last one filled up with zeros.
template <typename V, typename Operand>
void pack_right(std::size_t K, std::size_t N, Rows<const Operand> B, Operand* to) {
  constexpr std::size_t depth = kDepth<Operand>, line = GradientPanel<V, Operand>::kLine;
  constexpr std::size_t columns = line / depth;
  Operand pairs[line];
  for (std::size_t n = 0; n < N; n += columns) {
    const std::size_t count = N - n < columns ? N - n : columns;
    for (std::size_t k = 0; k < K; k += depth, to += line) {
      const Operand* b =
          Multiplier<V, Operand>::side_by_side(count, K - k, {row(B, k) + n, B.stride}, pairs);
      std::memcpy(to, b, count * depth * sizeof(*to));
      for (std::size_t j = count * depth; j < line; ++j) to[j] = Operand();
    }
  }
}

/// One tile of C += Aᵀ·B, both packed; asks for the next rows of C meanwhile.
template <typename V, typename Operand, typename Tile, std::size_t... i>
void gradient_tile(std::size_t lines, const Operand* a, GradientPanel<V, Operand> panel,
                   Rows<RealOf<V>> C, PlainColumns<V> columns, Tile tile,
                   std::index_sequence<i...>) {
  constexpr std::size_t rows = Tile::rows, vectors = Tile::vectors, depth = kDepth<Operand>;
  constexpr std::size_t c_lines = vectors * sizeof(V) / 64 + 1;
  panel = panel.from(tile.vector);
  V sums[] = {columns.load(row(C, tile.row + i / vectors), tile.vector + i % vectors)...};
  const auto add_line = [&](std::size_t k) {
    add_outer_product<vectors, Multiplier<V, Operand>>(
        sums, [=](std::size_t r) { return a + (k * rows + r) * depth; },
        [=](std::size_t c) { return panel.vector(k, c); });
  };
  std::size_t k = 0;
  for (std::size_t line = 0; line < c_lines && k < lines; ++line) {
    for (std::size_t r = 0; r < rows && k < lines; ++r, ++k) {
      __builtin_prefetch(row(C, tile.row + rows + r) + tile.vector * V::size +
                         line * (64 / sizeof(*C.data)));
      add_line(k);
    }
  }
  for_each_line<V>(k, lines, add_line);
  (columns.store(row(C, tile.row + i / vectors), tile.vector + i % vectors, sums[i]), ...);
}

/// The rows of C that a group of packed blocks gives, in all columns.
template <typename V, typename Operand>
void add_gradient_of_group(std::size_t rows, std::size_t lines,
                           const GradientPart<RealOf<V>, Operand>& part, Rows<RealOf<V>> C,
                           const Operand* packed, const Operand* panels) {
  for (std::size_t n = 0; n < part.N; n += kPanelColumns<V>) {
    const GradientPanel<V, Operand> panel{
        panels + n / kPanelColumns<V> * lines * kPanelLine<V, Operand>,
        lines * GradientPanel<V, Operand>::kLine};
    const auto tiles = [&](std::size_t c, auto vectors, auto heights) {
      const Operand* a = packed;
      for (std::size_t m = 0; m < rows; m += kGradientRows, a += kPackedBlock<Operand>) {
        const std::size_t left = rows - m;
        constexpr std::size_t most = heights.most;
        for_row_block<1, most>(m, left < most ? left : most, [&](std::size_t r, auto block) {
          const Tile<block.value, vectors.value> tile{r, c};
          gradient_tile<V>(lines, a, panel, {C.data + n, C.stride}, PlainColumns<V>{part.N - n},
                           tile, tile.indices);
        });
      }
    };
    if (kGradientRows == kWideRows<V> || rows <= kWideRows<V>)
      for_wide_tiles<V>(part.N - n, tiles);
    else if constexpr (kGradientRows == kTileRows<V>)
      for_high_tiles<V>(part.N - n, tiles);
  }
}

/// Values of a part's packed columns.
template <typename V, typename Operand>
std::size_t packed_columns(std::size_t N, std::size_t lines) {
  return (N + kPanelColumns<V> - 1) / kPanelColumns<V> * kPanelLine<V, Operand> * lines;
}

/// C (M, N) += Aᵀ B of each part, A (K, M), B (K, N): gradients as sums over rows. Factors are
/// packed first, into `scratch`.
template <typename V, typename Operand>
UNROLL_KERNEL void add_gradients(std::size_t M, std::size_t K, Rows<const Operand> A,
                                 const GradientPart<RealOf<V>, Operand>* parts, std::size_t count,
                                 Operand* scratch) noexcept {
  constexpr std::size_t group = kBlocksInCache * kGradientRows;
  constexpr std::size_t at_a_time = kLinesInCache * kDepth<Operand>;
  for (std::size_t k = 0; k < K; k += at_a_time) {
    const std::size_t rows_now = K - k < at_a_time ? K - k : at_a_time;
    const std::size_t lines = lines_of<Operand>(rows_now);
    Operand* const all_panels = scratch + kBlocksInCache * kPackedBlock<Operand>;
    Operand* panels = all_panels;
    for (std::size_t p = 0; p < count; panels += packed_columns<V, Operand>(parts[p++].N, lines)) {
      pack_right<V>(rows_now, parts[p].N, {row(parts[p].B, k), parts[p].B.stride}, panels);
    }
    for (std::size_t m = 0; m < M; m += group) {
      const std::size_t rows = M - m < group ? M - m : group;
      pack_left<V>(rows_now, rows, {row(A, k) + m, A.stride}, scratch);
      panels = all_panels;
      for (std::size_t p = 0; p < count;
           panels += packed_columns<V, Operand>(parts[p++].N, lines)) {
        add_gradient_of_group<V>(rows, lines, parts[p], {row(parts[p].C, m), parts[p].C.stride},
                                 scratch, panels);
      }
    }
  }
}

/// Values of `scratch` for parts of so many columns together.
template <typename V, typename Operand>
std::size_t gradient_scratch(std::size_t columns, std::size_t parts) noexcept {
  return kBlocksInCache * kPackedBlock<Operand> +
         (columns + parts * kPanelColumns<V>)*kLinesInCache * kDepth<Operand>;
}

}  // namespace unroll::simd
