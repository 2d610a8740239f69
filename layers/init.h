/// Initial values of weights. Each tensor draws from a random stream of its own name, so that a
/// layer's values do not depend on which other layers exist.
#pragma once

#include <cstdint>
#include <string_view>

#include "unroll/core/parameter.h"
#include "unroll/layers/recurrent.h"

namespace unroll {

/// Every value uniform in ±bound.
template <typename Real>
void init_uniform(Parameter<Real>& parameter, double bound, std::uint64_t seed);

/// Every value normal with mean 0 and this standard deviation.
template <typename Real>
void init_normal(Parameter<Real>& parameter, double deviation, std::uint64_t seed);

/// Glorot & Bengio 2010: uniform in ±√(6 / (fan in + fan out)). A matrix (blocks·R, C) of stacked
/// blocks has fans C and R.
template <typename Real>
void init_glorot(Parameter<Real>& parameter, std::uint64_t seed, std::size_t blocks = 1);

/// Each of the stacked blocks (R, C) has orthonormal columns (R ≥ C) or rows: Q of a Gaussian
/// matrix (Saxe et al. 2014).
template <typename Real>
void init_orthogonal(Parameter<Real>& parameter, std::uint64_t seed, std::size_t blocks = 1);

/// How a recurrent layer starts.
enum class RecurrentInit {
  kUniform,     ///< U, W, b uniform in ±1/√H (PyTorch's)
  kGlorot,      ///< U, W Glorot, b = 0
  kOrthogonal,  ///< U Glorot, W orthogonal, b = 0
  kIdentity,    ///< U normal with deviation 1e-3, W = identity, b = 0: IRNN (Le, Jaitly & Hinton
                ///< 2015), for ReLU
};
std::string_view to_string(RecurrentInit init);

/// An LSTM's forget biases are then set to `forget_bias`, which keeps C at first (Gers et al. 2000;
/// Jozefowicz et al. 2015 found 1 to help). Without meaning for the RNN.
template <typename Real>
void init_recurrent(RecurrentLayer<Real>& layer, RecurrentInit init, double forget_bias,
                    std::uint64_t seed);

}  // namespace unroll
