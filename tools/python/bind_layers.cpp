#include <fmt/format.h>
#include <pybind11/stl.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "unroll/core/error.h"
#include "unroll/tools/classifier/model_config.h"
#include "unroll/tools/python/array_layer.h"
#include "unroll/tools/python/arrays.h"
#include "unroll/tools/python/bindings.h"

namespace unroll {

namespace {

/// The value of an enumeration with this name.
template <typename Enum>
Enum named(const char* what, const std::string& name) {
  if (const auto value = from_name<Enum>(name)) return *value;
  std::string names;
  for (const Enum value : kAll<Enum>) names += fmt::format(" {}", to_string(value));
  throw UsageError(fmt::format("{} is {}, expected one of:{}", what, name, names));
}

template <typename Real>
std::shared_ptr<ArrayLayer<Real>> make_layer(const std::string& cell, std::size_t input,
                                             std::size_t hidden, std::size_t layers,
                                             bool bidirectional, const std::string& activation,
                                             const std::string& reset, const std::string& init,
                                             double forget_bias, std::uint64_t seed) {
  if (input == 0 || hidden == 0 || layers == 0) {
    throw UsageError("input_size, hidden_size and num_layers are 1 or more");
  }
  const RecurrentStackConfig config{.cell = named<Cell>("cell", cell),
                                    .activation = named<Activation>("activation", activation),
                                    .gru_reset = named<GruReset>("reset", reset),
                                    .input = input,
                                    .hidden = hidden,
                                    .layers = layers,
                                    .bidirectional = bidirectional};
  return std::make_shared<ArrayLayer<Real>>(config, named<RecurrentInit>("init", init), forget_bias,
                                            seed);
}

/// The states that Python gave; those that it did not give are zeros.
template <typename Real>
ArrayStates<Real> states_of(const ArrayLayer<Real>& layer, std::size_t batch,
                            const std::optional<py::buffer>& h,
                            const std::optional<py::buffer>& C) {
  ArrayStates<Real> states = layer.zero_states(batch);
  if (h) states.h = tensor_of<Real>(*h);
  if (C) states.C = tensor_of<Real>(*C);
  return states;
}

template <typename Real>
py::tuple arrays_of(Tensor<Real> first, ArrayStates<Real> states) {
  return py::make_tuple(Array<Real>(std::move(first)), Array<Real>(std::move(states.h)),
                        Array<Real>(std::move(states.C)));
}

/// The second axis of an array (T, B, ·).
template <typename Real>
std::size_t rows_of(const Tensor<Real>& array) {
  return array.shape().rank() == 3 ? array.shape()[1] : 0;
}

template <typename Real>
py::tuple forward(ArrayLayer<Real>& layer, const py::buffer& x, std::vector<std::size_t> lengths,
                  const std::optional<py::buffer>& h_0, const std::optional<py::buffer>& C_0) {
  const Tensor<Real> input = tensor_of<Real>(x);
  ArrayStates<Real> states = states_of(layer, rows_of(input), h_0, C_0);
  Tensor<Real> h;
  {
    const py::gil_scoped_release others;
    h = layer.forward(input, std::move(lengths), states);
  }
  return arrays_of(std::move(h), std::move(states));
}

template <typename Real>
py::tuple backward(ArrayLayer<Real>& layer, const py::buffer& dh,
                   const std::optional<py::buffer>& dh_T, const std::optional<py::buffer>& dC_T) {
  const Tensor<Real> gradient = tensor_of<Real>(dh);
  ArrayStates<Real> states = states_of(layer, rows_of(gradient), dh_T, dC_T);
  Tensor<Real> dx;
  {
    const py::gil_scoped_release others;
    dx = layer.backward(gradient, states);
  }
  return arrays_of(std::move(dx), std::move(states));
}

/// Views of the layer's own memory, by the names of the parameters.
template <typename Real>
py::dict views(const std::shared_ptr<ArrayLayer<Real>>& layer,
               Tensor<Real> Parameter<Real>::*which) {
  py::dict result;
  for (Parameter<Real>* parameter : layer->parameters()) {
    result[py::str(parameter->name)] = Array<Real>(layer, parameter->*which);
  }
  return result;
}

template <typename Real>
void bind_layer(py::module_& module, const char* name) {
  using Layer = ArrayLayer<Real>;
  using Pointer = std::shared_ptr<Layer>;
  py::class_<Layer, Pointer>(module, name)
      .def(py::init(&make_layer<Real>))
      .def("forward", &forward<Real>)
      .def("backward", &backward<Real>)
      .def("parameters", [](const Pointer& self) { return views(self, &Parameter<Real>::value); })
      .def("gradients", [](const Pointer& self) { return views(self, &Parameter<Real>::grad); })
      .def("zero_grad", [](Layer& self) { zero_grad(self.parameters()); });
}

}  // namespace

void bind_layers(py::module_& module) {
  bind_layer<float>(module, "FloatLayer");
  bind_layer<double>(module, "DoubleLayer");
}

}  // namespace unroll
