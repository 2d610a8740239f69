#include "unroll/tools/classifier/divergence.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <string_view>

#include "unroll/layers/cells/cell.h"

namespace unroll {

namespace {

using Model = SequenceClassifier<float>;

constexpr auto is_bad = [](float value) { return !std::isfinite(value); };

/// Where a value of a tensor lies.
std::vector<std::size_t> index_in(const Shape& shape, std::size_t place) {
  std::vector<std::size_t> index(shape.rank());
  for (std::size_t k = shape.rank(); k-- > 0;) {
    index[k] = place % shape[k];
    place /= shape[k];
  }
  return index;
}

/// The letter of the gate that this row of U, W or b belongs to; "" of other tensors.
std::string gate_of(const Model& model, const std::string& name, std::size_t row) {
  if (name.starts_with("embedding") || name.starts_with("output")) return "";
  const SequenceClassifierConfig& config = model.config();
  const std::string_view gates = describe({config.cell, config.activation, config.gru_reset}).gates;
  const std::size_t gate = row / config.hidden;
  return gate < gates.size() && !name.ends_with(".d") ? std::string(1, gates[gate]) : "";
}

std::optional<Divergence> find_in(const Model& model, const std::string& name,
                                  const std::string& shown, const Tensor<float>& tensor) {
  const auto bad = std::ranges::find_if(tensor.values(), is_bad);
  if (bad == tensor.values().end()) return std::nullopt;
  const auto place = static_cast<std::size_t>(bad - tensor.values().begin());
  Divergence found{.tensor = shown, .index = index_in(tensor.shape(), place), .value = *bad};
  found.gate = gate_of(model, name, found.index.front());
  return found;
}

/// Looks through what a step computed once more.
class Search {
 public:
  Search(Model& model, const RaggedShape& shape, const Model::Pass& pass)
      : model_(model),
        shape_(shape),
        seen_(model.inspect(pass)),
        cells_(model.stack().inspect(shape, pass.stack)) {}

  std::optional<Divergence> run() {
    for (std::size_t token = 0; token < shape_.tokens() && !found_; ++token) {
      look("embedding.x", "", seen_.x.matrix().row(token), token);
    }
    const std::size_t layers = model_.config().layers;
    for (std::size_t l = 0; l < layers; ++l) look_forward(l);
    look_at_rows("p", seen_.p);
    look_at_rows("O", seen_.O);
    look_at_rows("∂L/∂O", seen_.dO);
    look_at_rows("∂L/∂p", seen_.dp);
    for (std::size_t l = layers; l-- > 0;) look_back(l);
    for (const Parameter<float>* parameter : model_.parameters()) {
      if (!found_)
        found_ = find_in(model_, parameter->name, "∂L/∂" + parameter->name, parameter->grad);
    }
    return found_;
  }

 private:
  std::size_t directions() const { return model_.stack().directions(); }
  std::size_t cell_of(std::size_t l, std::size_t direction) const {
    return l * directions() + direction;
  }
  std::string name_of(std::size_t l, std::size_t direction) const {
    return fmt::format("{}.{}.{}", to_string(model_.config().cell), l,
                       direction == 0 ? "forward" : "backward");
  }

  /// Notes the first bad one of a token's values, or of a row's.
  void look(const std::string& tensor, std::string_view gates, std::span<const float> values,
            std::size_t token) {
    const auto bad = std::ranges::find_if(values, is_bad);
    if (found_ || bad == values.end()) return;
    const auto place = static_cast<std::size_t>(bad - values.begin());
    const std::size_t units = gates.empty() ? values.size() : values.size() / gates.size();
    found_ = Divergence{.tensor = tensor, .index = {place % units}, .value = *bad};
    if (!gates.empty()) found_->gate = gates[place / units];
    found_->time_step = step_of(token);
    found_->row = token - shape_.offset(*found_->time_step);
  }

  std::size_t step_of(std::size_t token) const {
    std::size_t t = 0;
    while (token >= shape_.offset(t) + shape_.active(t)) ++t;
    return t;
  }

  void look_at_rows(const std::string& tensor, const Tensor<float>& values) {
    if (values.empty()) return;
    for (std::size_t row = 0; row < values.shape()[0] && !found_; ++row) {
      look(tensor, "", values.matrix().row(row), row);
      if (found_) found_->time_step.reset();
    }
  }

  /// Calls body(token) in the order in which the direction walks, or against it.
  template <typename Body>
  void walk(bool rising, Body body) {
    for (std::size_t k = 0; k < shape_.steps() && !found_; ++k) {
      const std::size_t t = rising ? k : shape_.steps() - 1 - k;
      for (std::size_t row = 0; row < shape_.active(t) && !found_; ++row)
        body(shape_.index(t, row));
    }
  }

  std::string_view gates() const {
    const SequenceClassifierConfig& config = model_.config();
    return describe({config.cell, config.activation, config.gru_reset}).saved;
  }

  void look_forward(std::size_t l) {
    const std::size_t H = model_.config().hidden;
    for (std::size_t d = 0; d < directions(); ++d) {
      const RecurrentInspection<float>& cell = cells_[cell_of(l, d)];
      const std::string name = name_of(l, d);
      walk(d == 0, [&](std::size_t token) {
        look(name, gates(), cell.gates.matrix().row(token), token);
        if (!cell.C.empty()) look(name + ".C", "", cell.C.matrix().row(token), token);
        look(name + ".h", "", seen_.h[l].matrix().row(token).subspan(d * H, H), token);
      });
    }
  }

  void look_back(std::size_t l) {
    const std::size_t H = model_.config().hidden;
    for (std::size_t d = 0; d < directions(); ++d) {
      const RecurrentInspection<float>& cell = cells_[cell_of(l, d)];
      const Tensor<float>& dh = seen_.dh[l];
      const std::string name = name_of(l, d);
      walk(d != 0, [&](std::size_t token) {
        if (!dh.empty())
          look("∂L/∂h of " + name, "", dh.matrix().row(token).subspan(d * H, H), token);
        if (!cell.dz.empty()) look("∂L/∂z of " + name, gates(), cell.dz.matrix().row(token), token);
      });
    }
  }

  Model& model_;
  const RaggedShape& shape_;
  Model::Inspection seen_;
  std::vector<RecurrentInspection<float>> cells_;
  std::optional<Divergence> found_;
};

std::string word_text(std::size_t id, const Vocabulary& vocabulary) {
  return fmt::format("word \"{}\"", vocabulary.token(static_cast<std::int32_t>(id)));
}

/// "lstm.0.forward.W[9, 4] (gate i)", "embedding.E[17, 3] (word "good")".
std::string parameter_text(const Divergence& at, const Vocabulary& vocabulary) {
  const std::string place = fmt::format("{}[{}]", at.tensor, fmt::join(at.index, ", "));
  if (at.tensor.ends_with("embedding.E")) {
    return fmt::format("{} ({})", place, word_text(at.index.front(), vocabulary));
  }
  return at.gate.empty() ? place : fmt::format("{} (gate {})", place, at.gate);
}

}  // namespace

std::optional<Divergence> find_in_parameters(const Model& model) {
  for (const Parameter<float>* parameter : model.parameters()) {
    if (const auto found = find_in(model, parameter->name, parameter->name, parameter->value)) {
      return found;
    }
  }
  return std::nullopt;
}

std::optional<Divergence> find_in_step(Model& model, const Batch& batch,
                                       const Model::Targets& targets,
                                       const DropoutSource& dropout) {
  Model::Pass pass;  // not planned: it keeps all that it computes
  zero_grad(model.trainable_parameters());
  model.loss_and_gradients(batch.shape, batch.ids, targets, pass, &dropout);
  return Search(model, batch.shape, pass).run();
}

std::string to_string(const Divergence& found, const Vocabulary& vocabulary) {
  if (!found.row) return fmt::format("{} is {}", parameter_text(found, vocabulary), found.value);
  const std::string gate = found.gate.empty() ? "" : fmt::format("gate {} of ", found.gate);
  const std::string time =
      found.time_step ? fmt::format("time step {} of ", *found.time_step + 1) : "";
  return fmt::format("{}{} is {} at {}row {} of the batch, unit {}", gate, found.tensor,
                     found.value, time, *found.row + 1, found.index.front());
}

std::string largest_weight(const Model& model, const Vocabulary& vocabulary) {
  Divergence largest;
  for (const Parameter<float>* parameter : model.parameters()) {
    const auto values = parameter->value.values();
    for (std::size_t k = 0; k < values.size(); ++k) {
      if (is_bad(values[k]) || std::abs(values[k]) <= std::abs(largest.value)) continue;
      largest = {.tensor = parameter->name,
                 .index = index_in(parameter->value.shape(), k),
                 .value = values[k]};
      largest.gate = gate_of(model, parameter->name, largest.index.front());
    }
  }
  return fmt::format("the largest weight is {:.3g}, {}", largest.value,
                     parameter_text(largest, vocabulary));
}

}  // namespace unroll
