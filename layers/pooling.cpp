#include "unroll/layers/pooling.h"

#include <algorithm>
#include <limits>
#include <span>

#include "unroll/core/parallel.h"
#include "unroll/kernels/ops.h"

namespace unroll {

namespace {

/// One sequence of the batch.
struct Row {
  const RaggedShape& shape;
  std::size_t number;
  std::size_t length() const { return shape.length(number); }
  std::size_t at(std::size_t t) const { return shape.index(t, number); }
};

template <typename Real>
void max_forward(Row row, MatrixView<const Real> h, std::span<std::int32_t> at, std::span<Real> p) {
  std::ranges::copy(h.row(row.at(0)), p.begin());
  std::ranges::fill(at, 0);
  for (std::size_t t = 1; t < row.length(); ++t) {
    // [POOL-max] p_j = max_t h_{t,j}
    keep_maximum<Real>(h.row(row.at(t)), static_cast<std::int32_t>(t), p, at);
  }
}

template <typename Real>
void max_backward(Row row, std::span<const std::int32_t> at, std::span<const Real> dp,
                  MatrixView<Real> dh) {
  for (std::size_t t = 0; t < row.length(); ++t) {
    std::ranges::fill(dh.row(row.at(t)), Real(0));
    // [POOL-dmax] ∂L/∂h_{t,j} = ∂L/∂p_j at the t that won, else 0
    add_where_maximum<Real>(dp, at, static_cast<std::int32_t>(t), dh.row(row.at(t)));
  }
}

template <typename Real>
void mean_forward(Row row, MatrixView<const Real> h, std::span<Real> p) {
  std::ranges::fill(p, Real(0));
  // [POOL-mean] p = (1/T) Σ_t h_t
  for (std::size_t t = 0; t < row.length(); ++t) add<Real>(h.row(row.at(t)), p);
  scale<Real>(Real(1) / static_cast<Real>(row.length()), p);
}

template <typename Real>
void mean_backward(Row row, std::span<const Real> dp, MatrixView<Real> dh) {
  for (std::size_t t = 0; t < row.length(); ++t) {
    // [POOL-dmean] ∂L/∂h_t = (1/T) ∂L/∂p
    std::ranges::copy(dp, dh.row(row.at(t)).begin());
    scale<Real>(Real(1) / static_cast<Real>(row.length()), dh.row(row.at(t)));
  }
}

/// The columns of direction d of `directions`, and the packed row where that direction read last.
struct LastState {
  LastState(Row row, std::size_t d, std::size_t directions, std::size_t columns)
      : packed(row.at(d == 0 ? row.length() - 1 : 0)),
        first(columns / directions * d),
        count(columns / directions) {}
  std::size_t packed;
  std::size_t first;
  std::size_t count;
};

template <typename Real>
void last_forward(Row row, std::size_t directions, MatrixView<const Real> h, std::span<Real> p) {
  for (std::size_t d = 0; d < directions; ++d) {
    const LastState last(row, d, directions, h.columns());
    // [POOL-last] p = h_T, of each direction its own last step
    std::ranges::copy(h.row(last.packed).subspan(last.first, last.count),
                      p.begin() + static_cast<std::ptrdiff_t>(last.first));
  }
}

template <typename Real>
void last_backward(Row row, std::size_t directions, std::span<const Real> dp, MatrixView<Real> dh) {
  for (std::size_t t = 0; t < row.length(); ++t) std::ranges::fill(dh.row(row.at(t)), Real(0));
  for (std::size_t d = 0; d < directions; ++d) {
    const LastState last(row, d, directions, dh.columns());
    // [POOL-dlast] ∂L/∂h_T = ∂L/∂p, 0 at the other steps
    std::ranges::copy(dp.subspan(last.first, last.count),
                      dh.row(last.packed).subspan(last.first, last.count).begin());
  }
}

template <typename Body>
void for_each_row(const RaggedShape& shape, Body body) {
  parallel_for(shape.batch(), 1, [&](Range rows) {
    for (std::size_t r = rows.begin; r < rows.end; ++r) body(Row{shape, r});
  });
}

}  // namespace

std::string_view to_string(Pool pool) {
  switch (pool) {
    case Pool::kMax:
      return "max";
    case Pool::kMean:
      return "mean";
    case Pool::kLast:
      return "last";
  }
  return "?";
}

template <typename Real>
void Pooling<Real>::forward(const RaggedShape& shape, MatrixView<const Real> h, Record& record,
                            MatrixView<Real> p) const {
  const std::size_t H = h.columns();
  if (pool_ == Pool::kMax) record.at.resize(shape.batch() * H);
  for_each_row(shape, [&](Row row) {
    const std::span<Real> p_row = p.row(row.number);
    if (pool_ == Pool::kMax) {
      max_forward<Real>(row, h, std::span(record.at).subspan(row.number * H, H), p_row);
    } else if (pool_ == Pool::kMean) {
      mean_forward<Real>(row, h, p_row);
    } else {
      last_forward<Real>(row, directions_, h, p_row);
    }
  });
}

template <typename Real>
void Pooling<Real>::backward(const RaggedShape& shape, const Record& record,
                             MatrixView<const Real> dp, MatrixView<Real> dh) const {
  const std::size_t H = dh.columns();
  for_each_row(shape, [&](Row row) {
    const std::span<const Real> dp_row = dp.row(row.number);
    if (pool_ == Pool::kMax) {
      max_backward<Real>(row, std::span(record.at).subspan(row.number * H, H), dp_row, dh);
    } else if (pool_ == Pool::kMean) {
      mean_backward<Real>(row, dp_row, dh);
    } else {
      last_backward<Real>(row, directions_, dp_row, dh);
    }
  });
}

template class Pooling<float>;
template class Pooling<double>;

}  // namespace unroll
