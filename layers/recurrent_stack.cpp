#include "unroll/layers/recurrent_stack.h"

#include <algorithm>
#include <utility>

#include "unroll/core/parallel.h"

namespace unroll {

namespace {

template <typename Real>
std::unique_ptr<RecurrentLayer<Real>> make_cell(const RecurrentStackConfig& config, std::size_t l,
                                                std::size_t input, Direction direction) {
  const std::string name =
      std::string(to_string(config.cell)) + "." + std::to_string(l) + "." + to_string(direction);
  return std::make_unique<RecurrentLayer<Real>>(
      name, input, config.hidden, CellKind(config.cell, config.activation, config.gru_reset),
      direction);
}

/// With two threads each takes a direction, without ever waiting for the other; with more, one
/// direction comes after the other, each on all threads (recurrent.cpp).
bool directions_run_apart(std::size_t directions) {
  return directions == 2 && thread_count() == 2;
}

/// Runs body(d) for each direction.
void for_each_direction(std::size_t directions, FunctionRef<std::size_t> body) {
  if (directions_run_apart(directions)) {
    parallel_parts(directions, body);
  } else {
    for (std::size_t d = 0; d < directions; ++d) body(d);
  }
}

}  // namespace

template <typename Real>
RecurrentStack<Real>::RecurrentStack(const RecurrentStackConfig& config) : config_(config) {
  for (std::size_t l = 0; l < config.layers; ++l) {
    const std::size_t input = l == 0 ? config.input : output_size();
    cells_.push_back(make_cell<Real>(config, l, input, Direction::kForward));
    if (config.bidirectional) {
      cells_.push_back(make_cell<Real>(config, l, input, Direction::kBackward));
    }
    if (l + 1 < config.layers) {
      dropouts_.emplace_back("dropout/stack." + std::to_string(l), config.dropout);
    }
  }
}

template <typename Real>
typename RecurrentStack<Real>::States RecurrentStack<Real>::zero_states(std::size_t batch) const {
  States states;
  set_zero(batch, states);
  return states;
}

template <typename Real>
void RecurrentStack<Real>::set_precision(Precision precision) {
  for (const auto& cell : cells_) cell->set_precision(precision);
}

template <typename Real>
Precision RecurrentStack<Real>::precision_of(const Weights& weights) const {
  for (std::size_t k = 0; k < cells_.size(); ++k) {
    const Precision precision = cells_[k]->precision_of(weights.cells[k]);
    if (precision != Precision::kFull) return precision;
  }
  return Precision::kFull;
}

template <typename Real>
void RecurrentStack<Real>::set_plain(bool plain) {
  for (const auto& cell : cells_) cell->set_plain(plain);
}

template <typename Real>
void RecurrentStack<Real>::set_zero(std::size_t batch, States& states) const {
  states.resize(cells_.size());
  for (RecurrentState<Real>& state : states) {
    state.h.resize({batch, config_.hidden});
    state.h.fill(0);
    if (!describe(config_.cell).has_C) continue;
    state.C.resize({batch, config_.hidden});
    state.C.fill(0);
  }
}

template <typename Real>
void RecurrentStack<Real>::plan(const BatchLimits& limits, LayerUse use, Pass& pass,
                                MemoryPlan& plan) const {
  const Shape h{limits.tokens, output_size()};
  prepare(pass);
  use.threads = directions_run_apart(directions()) ? 1 : thread_count();
  const LayerUse above{.dx = true, .threads = use.threads};
  for (std::size_t k = 0; k < cells_.size(); ++k) {
    cells_[k]->plan(limits, k < directions() ? use : above, pass.cells[k], plan);
  }
  plan.begin_part(kForwardPart);
  for (Tensor<Real>& one : pass.h) plan.add(one, h);
  for (std::size_t l = 0; l < dropouts_.size(); ++l) {
    if (dropouts_[l].active()) plan.add(pass.masks[l], h);
  }
  plan.begin_part(kBackwardPart);
  for (Tensor<Real>& one : pass.dh) plan.add(one, h);
  if (directions() < 2) return;
  const Shape dx{use.shared ? limits.distinct : limits.tokens, use.dx ? config_.input : 0};
  plan.add(pass.dx, config_.layers > 1 && h.size() > dx.size() ? h : dx);
}

template <typename Real>
void RecurrentStack<Real>::plan(const BatchLimits& limits, States& states, MemoryPlan& plan) const {
  states.resize(cells_.size());
  for (RecurrentState<Real>& state : states) {
    plan.add(state.h, {limits.rows, config_.hidden});
    if (describe(config_.cell).has_C) plan.add(state.C, {limits.rows, config_.hidden});
  }
}

template <typename Real>
void RecurrentStack<Real>::plan(Weights& weights, MemoryPlan& plan) const {
  weights.cells.resize(cells_.size());
  for (std::size_t k = 0; k < cells_.size(); ++k) cells_[k]->plan(weights.cells[k], plan);
}

template <typename Real>
void RecurrentStack<Real>::plan(const BatchLimits& limits, Scratch& scratch,
                                MemoryPlan& plan) const {
  scratch.cells.resize(cells_.size());
  for (std::size_t k = 0; k < cells_.size(); ++k) {
    cells_[k]->plan(limits, {.shared = k < directions()}, scratch.cells[k], plan);
  }
  const std::size_t widths = std::min<std::size_t>(config_.layers, 2);
  for (std::size_t l = 0; l < widths; ++l) {
    plan.add(scratch.h[l], {limits.tokens, output_size()});
  }
}

template <typename Real>
void RecurrentStack<Real>::init(RecurrentInit init, double forget_bias, std::uint64_t seed) {
  for (const auto& cell : cells_) init_recurrent(*cell, init, forget_bias, seed);
}

template <typename Real>
RecurrentInput<Real> RecurrentStack<Real>::input_of(std::size_t l, const RecurrentInput<Real>& x,
                                                    const Pass& pass) const {
  // [STACK-x] x^(l)_t = h^(l−1)_t
  return l == 0 ? x : RecurrentInput<Real>(pass.h[l - 1].matrix());
}

/// Gives a pass what there is one of for each cell, layer and dropout.
template <typename Real>
void RecurrentStack<Real>::prepare(Pass& pass) const {
  pass.cells.resize(cells_.size());
  for (RecurrentPass<Real>& cell : pass.cells) cell.record.once = pass.once;
  pass.h.resize(config_.layers);
  pass.masks.resize(dropouts_.size());
  pass.dh.resize(dropouts_.size());
}

template <typename Real>
void RecurrentStack<Real>::forward(const RaggedShape& shape, const RecurrentInput<Real>& x,
                                   States& states, Pass& pass, const DropoutSource* dropout) const {
  prepare(pass);
  for (std::size_t l = 0; l < config_.layers; ++l) {
    pass.h[l].resize({shape.tokens(), output_size()});
    const RecurrentInput<Real> input = input_of(l, x, pass);
    const MatrixView<Real> h = pass.h[l].matrix();
    for_each_direction(directions(), [&](std::size_t d) {
      const std::size_t k = l * directions() + d;
      // [BI-h] h_t = [h→_t ; h←_t]: each direction writes its own columns
      cells_[k]->forward(shape, input, states[k], pass.cells[k],
                         h.column_range(d * config_.hidden, config_.hidden));
    });
    if (dropout != nullptr && l < dropouts_.size())
      dropouts_[l].forward(*dropout, pass.masks[l], h);
  }
}

template <typename Real>
void RecurrentStack<Real>::backward(const RaggedShape& shape, const RecurrentInput<Real>& x,
                                    Pass& pass, MatrixView<const Real> dh, States& dstates,
                                    MatrixView<Real> dx, bool dropout) {
  for (std::size_t l = config_.layers; l-- > 0;) {
    const MatrixView<const Real> dh_l = l + 1 == config_.layers ? dh : pass.dh[l].matrix();
    if (l == 0) {
      backward_layer(l, shape, x, pass, dh_l, dstates, dx);
      continue;
    }
    pass.dh[l - 1].resize({shape.tokens(), output_size()});
    const MatrixView<Real> below = pass.dh[l - 1].matrix();
    // [STACK-dh] ∂L/∂h^(l−1)_t = U^(l)ᵀ dz^(l)_t: the dx of layer l
    backward_layer(l, shape, input_of(l, x, pass), pass, dh_l, dstates, below);
    if (dropout) dropouts_[l - 1].backward(pass.masks[l - 1], below);
  }
}

template <typename Real>
void RecurrentStack<Real>::backward_layer(std::size_t l, const RaggedShape& shape,
                                          const RecurrentInput<Real>& x, Pass& pass,
                                          MatrixView<const Real> dh, States& dstates,
                                          MatrixView<Real> dx) {
  for_each_direction(directions(), [&](std::size_t d) {
    const std::size_t k = l * directions() + d;
    // The first direction writes to dx itself, the second to a buffer that is then added.
    MatrixView<Real> dx_d = dx;
    if (d == 1 && !dx.empty()) {
      pass.dx.resize(dx.shape());
      dx_d = pass.dx.matrix();
    }
    cells_[k]->backward(shape, x, pass.cells[k],
                        dh.column_range(d * config_.hidden, config_.hidden), dstates[k], dx_d);
  });
  // [BI-dx] ∂L/∂x_t = U→ᵀ dz→_t + U←ᵀ dz←_t
  if (directions() == 2 && !dx.empty()) {
    for (std::size_t r = 0; r < dx.rows(); ++r) {
      add<Real>(std::as_const(pass.dx).matrix().row(r), dx.row(r));
    }
  }
}

/// The input of a layer above the first is an h.
template <typename Real>
double RecurrentStack<Real>::largest_input(std::size_t k, double largest_x) const {
  return k < directions() ? largest_x : largest_h(cells_[k]->kind());
}

template <typename Real>
std::vector<std::string> RecurrentStack<Real>::beyond_float16(double largest_x) const {
  std::vector<std::string> names;
  for (std::size_t k = 0; k < cells_.size(); ++k) {
    for (std::string& name : cells_[k]->beyond_float16(largest_input(k, largest_x))) {
      names.push_back(std::move(name));
    }
  }
  return names;
}

template <typename Real>
typename RecurrentStack<Real>::Weights RecurrentStack<Real>::pack(MatrixView<const Real> table,
                                                                  double largest_x) const {
  Weights weights;
  for (std::size_t k = 0; k < cells_.size(); ++k) {
    weights.cells.push_back(cells_[k]->pack(largest_input(k, largest_x)));
  }
  for (std::size_t d = 0; d < directions() && !table.empty(); ++d) {
    weights.projected.emplace_back(Shape{table.rows(), cells_[d]->gate_count() * config_.hidden});
    cells_[d]->project(table, weights.cells[d], weights.projected[d].matrix());
  }
  return weights;
}

template <typename Real>
MatrixView<const Real> RecurrentStack<Real>::infer(const RaggedShape& shape,
                                                   const RecurrentInput<Real>& x,
                                                   const Weights& weights, States& states,
                                                   Scratch& scratch) const {
  scratch.cells.resize(cells_.size());
  for (std::size_t l = 0; l < config_.layers; ++l) {
    const Tensor<Real>& below = scratch.h[(l + 1) % 2];
    const RecurrentInput<Real> input = l == 0 ? x : RecurrentInput<Real>(below.matrix());
    scratch.h[l % 2].resize({shape.tokens(), output_size()});
    const MatrixView<Real> h = scratch.h[l % 2].matrix();
    for_each_direction(directions(), [&](std::size_t d) {
      const std::size_t k = l * directions() + d;
      const bool known = l == 0 && !weights.projected.empty();
      const auto projected = known ? weights.projected[d].matrix() : MatrixView<const Real>();
      cells_[k]->infer(shape, input, weights.cells[k], projected, states[k], scratch.cells[k],
                       h.column_range(d * config_.hidden, config_.hidden));
    });
  }
  return std::as_const(scratch.h[(config_.layers - 1) % 2]).matrix();
}

template <typename Real>
std::vector<RecurrentInspection<Real>> RecurrentStack<Real>::inspect(const RaggedShape& shape,
                                                                     const Pass& pass) const {
  std::vector<RecurrentInspection<Real>> all;
  for (std::size_t k = 0; k < cells_.size(); ++k) {
    all.push_back(cells_[k]->inspect(shape, pass.cells[k]));
  }
  return all;
}

template <typename Real>
ParameterList<Real> RecurrentStack<Real>::parameters() {
  ParameterList<Real> list;
  for (const auto& cell : cells_) {
    for (Parameter<Real>* parameter : cell->parameters()) list.push_back(parameter);
  }
  return list;
}

template class RecurrentStack<float>;
template class RecurrentStack<double>;

}  // namespace unroll
