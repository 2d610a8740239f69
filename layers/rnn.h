/// The simple recurrent layer (Elman 1990), as in the homework:
///
///     z_t = U x_t + W h_{t−1} + b,   h_t = φ(z_t),   φ = tanh, σ or ReLU
///
/// and its backward pass, with δ_t = ∂L/∂h_t:
///
///     dz_t = δ_t ⊙ φ′(z_t),   δ_{t−1} = (∂L/∂h_{t−1} from above) + Wᵀ dz_t
///     dU = Σ_t dz_t x_tᵀ,   dW = Σ_t dz_t h_{t−1}ᵀ,   db = Σ_t dz_t,   dx_t = Uᵀ dz_t
///
/// The equations' columns are the code's rows: h_t (B, H) holds one h_t a row, so W h_{t−1} is the
/// product h_{t−1} Wᵀ.
#pragma once

#include "unroll/kernels/ops.h"
#include "unroll/layers/recurrent.h"

namespace unroll {

template <typename Real>
class Rnn final : public RecurrentLayer<Real> {
 public:
  Rnn(const std::string& name, std::size_t input, std::size_t hidden, Activation activation,
      Direction direction = Direction::kForward);
};

}  // namespace unroll
