/// The parts of the Python module `unroll._unroll`, one file each. The package in
/// tools/python/unroll makes of them what people call.
#pragma once

#include <pybind11/pybind11.h>

namespace unroll {

void bind_errors(pybind11::module_& module);
void bind_model(pybind11::module_& module);
void bind_training(pybind11::module_& module);
void bind_layers(pybind11::module_& module);

/// Throws KeyboardInterrupt where Ctrl-C was pressed. Call it with the GIL.
inline void check_signals() {
  if (PyErr_CheckSignals() != 0) throw pybind11::error_already_set();
}

}  // namespace unroll
