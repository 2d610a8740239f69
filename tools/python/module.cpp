#include "unroll/core/parallel.h"
#include "unroll/kernels/openblas.h"
#include "unroll/tools/classifier/version.h"
#include "unroll/tools/python/arrays.h"
#include "unroll/tools/python/bindings.h"

PYBIND11_MODULE(_unroll, module) {
  // Ahead of numpy, which may load the same OpenBLAS, and that chooses its kernels once.
  unroll::openblas();
  module.attr("__version__") = unroll::kVersion;
  unroll::bind_errors(module);
  unroll::bind_array<float>(module, "FloatArray");
  unroll::bind_array<double>(module, "DoubleArray");
  unroll::bind_model(module);
  unroll::bind_training(module);
  unroll::bind_layers(module);
  module.attr("MOST_THREADS") = unroll::kMostThreads;
  module.def("threads", [] { return unroll::thread_count(); });
  module.def("set_threads", [](std::size_t count) { unroll::set_thread_count(count); });
}
