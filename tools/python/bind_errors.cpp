#include <exception>

#include "unroll/core/error.h"
#include "unroll/tools/python/bindings.h"
#include "unroll/tools/python/settings.h"

namespace py = pybind11;

namespace unroll {

namespace {

/// The class in unroll/errors.py for an error.
const char* class_of(const Error& error) {
  if (dynamic_cast<const ShapeError*>(&error) != nullptr) return "ShapeError";
  switch (error.kind()) {
    case ErrorKind::kInternal:
    case ErrorKind::kRequirement:
    case ErrorKind::kRank:
      return "Error";
    case ErrorKind::kUsage:
      return "UsageError";
    case ErrorKind::kData:
      return "DataError";
    case ErrorKind::kDiverged:
      return "DivergedError";
    case ErrorKind::kModel:
      return "ModelError";
    case ErrorKind::kDisk:
      return "DiskError";
    case ErrorKind::kMemory:
      return "OutOfMemoryError";
  }
  return "Error";
}

void raise(const Error& error) {
  const py::object type = py::module_::import("unroll.errors").attr(class_of(error));
  PyErr_SetString(type.ptr(), message_with_settings(error).c_str());
}

}  // namespace

void bind_errors(py::module_&) {
  py::register_exception_translator([](std::exception_ptr thrown) {
    try {
      if (thrown) std::rethrow_exception(thrown);
    } catch (const Error& error) {
      raise(error);
    }
  });
}

}  // namespace unroll
