/// Numbers that cross between C++ and Python by the buffer protocol. numpy reads them without a
/// copy (numpy.asarray), and Python without numpy as memoryviews; so the module itself needs no
/// numpy.
#pragma once

#include <pybind11/pybind11.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "unroll/core/error.h"
#include "unroll/core/tensor.h"

namespace unroll {

namespace py = pybind11;

/// Memory with a shape, and who owns it.
template <typename Real>
struct Array {
  std::shared_ptr<Real> data;
  std::vector<py::ssize_t> shape;

  /// Takes the tensor over.
  explicit Array(Tensor<Real> tensor) {
    const auto owner = std::make_shared<Tensor<Real>>(std::move(tensor));
    *this = Array(owner, *owner);
  }
  /// A tensor that lives as long as `owner`.
  template <typename Owner>
  Array(const std::shared_ptr<Owner>& owner, Tensor<Real>& tensor)
      : data(owner, tensor.data()), shape(tensor.shape().begin(), tensor.shape().end()) {}

  py::buffer_info buffer() const {
    std::vector<py::ssize_t> strides(shape.size(), static_cast<py::ssize_t>(sizeof(Real)));
    for (std::size_t axis = shape.size(); axis-- > 1;)
      strides[axis - 1] = strides[axis] * shape[axis];
    return {data.get(),
            static_cast<py::ssize_t>(sizeof(Real)),
            py::format_descriptor<Real>::format(),
            static_cast<py::ssize_t>(shape.size()),
            shape,
            strides};
  }
};

template <typename Real>
void bind_array(py::module_& module, const char* name) {
  py::class_<Array<Real>>(module, name, py::buffer_protocol())
      .def_buffer([](const Array<Real>& array) { return array.buffer(); });
}

/// A copy of what Python has: Real numbers in C order.
template <typename Real>
Tensor<Real> tensor_of(const py::buffer& buffer) {
  const py::buffer_info info = buffer.request();
  const bool is_real =
      info.itemsize == sizeof(Real) && info.format == py::format_descriptor<Real>::format();
  if (!is_real || PyBuffer_IsContiguous(info.view(), 'C') == 0) {
    throw UsageError("expected an array of " + py::format_descriptor<Real>::format() +
                     " in C order, found " + info.format);
  }
  Tensor<Real> tensor(Shape(info.shape.begin(), info.shape.end()));
  std::copy_n(static_cast<const Real*>(info.ptr), tensor.size(), tensor.data());
  return tensor;
}

}  // namespace unroll
