#include "unroll/tools/lab/proofs/naive_network.h"

namespace unroll {

naive::Matrix naive_matrix(const Tensor<double>& tensor) {
  naive::Matrix rows;
  for (std::size_t r = 0; r < tensor.matrix().rows(); ++r) {
    const auto row = tensor.matrix().row(r);
    rows.emplace_back(row.begin(), row.end());
  }
  return rows;
}

naive::Network naive_network(const RecurrentLayer<double>& layer) {
  const auto d = layer.d.value.values();
  return {.U = naive_matrix(layer.U.value),
          .W = naive_matrix(layer.W.value),
          .b = naive_matrix(layer.b.value)[0],
          .V = {},
          .c = {},
          .h_0 = naive::Vector(layer.hidden_size()),
          .C_0 = naive::Vector(layer.hidden_size()),
          .phi = layer.kind().activation,
          .reset = layer.kind().reset,
          .d = {d.begin(), d.end()}};
}

}  // namespace unroll
