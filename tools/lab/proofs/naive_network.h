/// The values of layers, copied into the naive code's form.
#pragma once

#include "unroll/layers/linear.h"
#include "unroll/layers/recurrent.h"
#include "unroll/tools/lab/proofs/naive.h"

namespace unroll {

/// The rows of a tensor's matrix.
naive::Matrix naive_matrix(const Tensor<double>& tensor);

/// U, W, b, d of a layer of any cell and either direction, h_0 = C_0 = 0, no output layer.
naive::Network naive_network(const RecurrentLayer<double>& layer);

}  // namespace unroll
