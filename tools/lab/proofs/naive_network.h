/// The values of layers, copied into the naive code's form.
#pragma once

#include "unroll/layers/linear.h"
#include "unroll/layers/recurrent.h"
#include "unroll/tools/lab/proofs/naive.h"

namespace unroll {

/// The rows of a tensor's matrix.
naive::Matrix naive_matrix(const Tensor<double>& tensor);

/// U, W, b of a layer of either cell and either direction, h_0 = C_0 = 0, no output layer. `phi` is
/// the RNN's.
naive::Network naive_network(const RecurrentLayer<double>& layer, Activation phi);

}  // namespace unroll
