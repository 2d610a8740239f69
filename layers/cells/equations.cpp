#include "unroll/layers/cells/equations.h"

#include "unroll/layers/cells/gru.h"
#include "unroll/layers/cells/lstm.h"
#include "unroll/layers/cells/rnn.h"

namespace unroll {

template <typename Real>
void cell_forward(const CellKind& kind, const RecurrentStep<Real>& step, const GruStep<Real>& gru) {
  switch (kind.cell) {
    case Cell::kRnn:
      return rnn_forward(kind.activation, step);
    case Cell::kLstm:
      return lstm_forward(step);
    case Cell::kGru:
      return gru_forward(kind.reset, step, gru);
  }
}

template <typename Real>
void cell_backward(const CellKind& kind, const RecurrentStepBack<Real>& step,
                   const GruStepBack<Real>& gru) {
  switch (kind.cell) {
    case Cell::kRnn:
      return rnn_backward(kind.activation, step);
    case Cell::kLstm:
      return lstm_backward(step);
    case Cell::kGru:
      return gru_backward(kind.reset, step, gru);
  }
}

template <typename Real>
void cell_gradients(const CellKind& kind, const CellGradients<Real>& of) {
  switch (kind.cell) {
    case Cell::kRnn:
      return rnn_gradients(of);
    case Cell::kLstm:
      return lstm_gradients(of);
    case Cell::kGru:
      return gru_gradients(kind.reset, of);
  }
}

template <typename Real>
void cell_first_state(Cell cell, const FirstStateGradient<Real>& of) {
  switch (cell) {
    case Cell::kRnn:
      return rnn_first_state(of);
    case Cell::kLstm:
      return lstm_first_state(of);
    case Cell::kGru:
      return gru_first_state(of);
  }
}

#define UNROLL_INSTANTIATE(Real)                                                                 \
  template void cell_forward(const CellKind&, const RecurrentStep<Real>&, const GruStep<Real>&); \
  template void cell_backward(const CellKind&, const RecurrentStepBack<Real>&,                   \
                              const GruStepBack<Real>&);                                         \
  template void cell_gradients(const CellKind&, const CellGradients<Real>&);                     \
  template void cell_first_state(Cell, const FirstStateGradient<Real>&);
UNROLL_INSTANTIATE(float)
UNROLL_INSTANTIATE(double)
#undef UNROLL_INSTANTIATE

}  // namespace unroll
