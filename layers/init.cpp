#include "unroll/layers/init.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "unroll/core/random.h"

namespace unroll {

namespace {

template <typename Real>
Random stream_of(const Parameter<Real>& parameter, std::uint64_t seed) {
  return Random(seed, "init/" + parameter.name);
}

/// A matrix in double, by columns.
using Columns = std::vector<std::vector<double>>;

Columns gaussian_columns(std::size_t rows, std::size_t columns, Random& random) {
  Columns matrix(columns, std::vector<double>(rows));
  for (auto& column : matrix) {
    for (double& value : column) value = random.normal();
  }
  return matrix;
}

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// Gram–Schmidt, each column twice: once leaves errors of the condition number times 1e-16.
void orthonormalize(Columns& matrix) {
  for (std::size_t j = 0; j < matrix.size(); ++j) {
    for (int pass = 0; pass < 2; ++pass) {
      for (std::size_t k = 0; k < j; ++k) {
        const double along = dot(matrix[j], matrix[k]);
        for (std::size_t i = 0; i < matrix[j].size(); ++i) matrix[j][i] -= along * matrix[k][i];
      }
    }
    const double length = std::sqrt(dot(matrix[j], matrix[j]));
    for (double& value : matrix[j]) value /= length;
  }
}

template <typename Real>
void fill_orthogonal(MatrixView<Real> block, Random& random) {
  const bool tall = block.rows() >= block.columns();
  const std::size_t longer = std::max(block.rows(), block.columns());
  const std::size_t shorter = std::min(block.rows(), block.columns());
  Columns q = gaussian_columns(longer, shorter, random);
  orthonormalize(q);
  for (std::size_t r = 0; r < block.rows(); ++r) {
    for (std::size_t c = 0; c < block.columns(); ++c) {
      block(r, c) = static_cast<Real>(tall ? q[c][r] : q[r][c]);
    }
  }
}

template <typename Real>
void fill_identity(MatrixView<Real> block) {
  for (std::size_t r = 0; r < block.rows(); ++r) {
    for (std::size_t c = 0; c < block.columns(); ++c) block(r, c) = r == c ? 1 : 0;
  }
}

/// Block `index` of `count` stacked ones.
template <typename Real>
MatrixView<Real> block_of(Parameter<Real>& parameter, std::size_t index, std::size_t count) {
  const std::size_t rows = parameter.value.shape()[0] / count;
  return parameter.value.matrix().row_range(index * rows, rows);
}

}  // namespace

template <typename Real>
void init_uniform(Parameter<Real>& parameter, double bound, std::uint64_t seed) {
  Random random = stream_of(parameter, seed);
  for (Real& value : parameter.value.values())
    value = static_cast<Real>(random.uniform(-bound, bound));
}

template <typename Real>
void init_normal(Parameter<Real>& parameter, double deviation, std::uint64_t seed) {
  Random random = stream_of(parameter, seed);
  for (Real& value : parameter.value.values())
    value = static_cast<Real>(deviation * random.normal());
}

template <typename Real>
void init_glorot(Parameter<Real>& parameter, std::uint64_t seed, std::size_t blocks) {
  const Shape& shape = parameter.value.shape();
  const double fans = static_cast<double>(shape[0] / blocks + shape[1]);
  init_uniform(parameter, std::sqrt(6 / fans), seed);
}

template <typename Real>
void init_orthogonal(Parameter<Real>& parameter, std::uint64_t seed, std::size_t blocks) {
  Random random = stream_of(parameter, seed);
  for (std::size_t k = 0; k < blocks; ++k) fill_orthogonal(block_of(parameter, k, blocks), random);
}

std::string_view to_string(RecurrentInit init) {
  switch (init) {
    case RecurrentInit::kUniform:
      return "uniform";
    case RecurrentInit::kGlorot:
      return "glorot";
    case RecurrentInit::kOrthogonal:
      return "orthogonal";
    case RecurrentInit::kIdentity:
      return "identity";
  }
  return "?";
}

template <typename Real>
void init_recurrent(RecurrentLayer<Real>& layer, RecurrentInit init, double forget_bias,
                    std::uint64_t seed) {
  const std::size_t gates = layer.gate_count();
  layer.b.value.fill(0);
  layer.d.value.fill(0);
  switch (init) {
    case RecurrentInit::kUniform: {
      const double bound = 1 / std::sqrt(static_cast<double>(layer.hidden_size()));
      for (auto* parameter : layer.parameters()) init_uniform(*parameter, bound, seed);
      break;
    }
    case RecurrentInit::kGlorot:
      init_glorot(layer.U, seed, gates);
      init_glorot(layer.W, seed, gates);
      break;
    case RecurrentInit::kOrthogonal:
      init_glorot(layer.U, seed, gates);
      init_orthogonal(layer.W, seed, gates);
      break;
    case RecurrentInit::kIdentity:
      init_normal(layer.U, 1e-3, seed);
      for (std::size_t k = 0; k < gates; ++k) fill_identity(block_of(layer.W, k, gates));
      break;
  }
  switch (layer.kind().cell) {
    case Cell::kRnn:
    case Cell::kGru:
      break;
    case Cell::kLstm:  // the forget gate is the first
      std::ranges::fill(layer.b.value.values().first(layer.hidden_size()),
                        static_cast<Real>(forget_bias));
      break;
  }
}

#define UNROLL_INSTANTIATE(Real)                                               \
  template void init_uniform(Parameter<Real>&, double, std::uint64_t);         \
  template void init_normal(Parameter<Real>&, double, std::uint64_t);          \
  template void init_glorot(Parameter<Real>&, std::uint64_t, std::size_t);     \
  template void init_orthogonal(Parameter<Real>&, std::uint64_t, std::size_t); \
  template void init_recurrent(RecurrentLayer<Real>&, RecurrentInit, double, std::uint64_t);
UNROLL_INSTANTIATE(float)
UNROLL_INSTANTIATE(double)
#undef UNROLL_INSTANTIATE

}  // namespace unroll
