#include "unroll/kernels/openblas.h"

#include <dlfcn.h>
#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "unroll/core/error.h"
#include "unroll/kernels/isa.h"

namespace unroll {

namespace {

constexpr const char* kThreadsVariable = "OPENBLAS_NUM_THREADS";
constexpr const char* kKernelsVariable = "OPENBLAS_CORETYPE";

/// An environment variable that has another value for a while.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    ::setenv(name, value, 1);
  }
  ~Variable() { before_ ? ::setenv(name_, before_->c_str(), 1) : ::unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  std::optional<std::string> before_;
};

/// The name under which every flavour of Debian's package has it, or the file with which this
/// library was built.
void* load() {
  const Variable no_threads(kThreadsVariable, "1");
  for (const char* name : {"libopenblas.so.0", UNROLL_OPENBLAS_FILE}) {
    if (void* library = ::dlopen(name, RTLD_NOW | RTLD_LOCAL)) return library;
  }
  const std::string why = ::dlerror();
  // Only these of the loader's words tell that the file is there and the memory is not.
  if (why.find("map segment") != std::string::npos || why.find("allocate") != std::string::npos) {
    throw MemoryError(fmt::format("there is not enough memory to load OpenBLAS: {}", why));
  }
  throw Error(ErrorKind::kRequirement,
              fmt::format("OpenBLAS can't be loaded: {}; install libopenblas0", why));
}

template <typename Function>
void find(void* library, const char* name, Function*& function) {
  function = reinterpret_cast<Function*>(::dlsym(library, name));
  if (function != nullptr) return;
  throw Error(ErrorKind::kRequirement,
              fmt::format("this OpenBLAS has no function {}; install Debian's libopenblas0", name));
}

OpenBlas functions_of(void* library) {
  OpenBlas blas;
  find(library, "cblas_sgemm", blas.sgemm);
  find(library, "cblas_dgemm", blas.dgemm);
  find(library, "cblas_sgemv", blas.sgemv);
  find(library, "cblas_dgemv", blas.dgemv);
  find(library, "openblas_get_config", blas.config);
  find(library, "openblas_get_corename", blas.core_name);
  find(library, "openblas_set_num_threads", blas.set_num_threads);
  find(library, "dgesvd_", blas.dgesvd);
  find(library, "dgeev_", blas.dgeev);
  return blas;
}

/// Kernels that use no AVX2: what OpenBLAS takes for a CPU that it does not know.
bool are_narrow(std::string_view kernels) {
  constexpr std::array kNarrow{"Generic",     "Prescott",  "Core2",       "Penryn",
                               "Dunnington",  "Nehalem",   "Sandybridge", "Atom",
                               "Barcelona",   "Bobcat",    "Bulldozer",   "Piledriver",
                               "Steamroller", "Excavator", "Katmai",      "Northwood"};
  return std::ranges::find(kNarrow, kernels) != kNarrow.end();
}

/// Kernels that every CPU with this CPU's instruction sets runs; null: nothing wider than narrow
/// ones.
const char* wide_kernels() {
  switch (available_isas().back()) {
    case Isa::kAvx512:
      return "SKYLAKEX";
    case Isa::kAvx2:
      return "HASWELL";
    case Isa::kSse2:
    case Isa::kScalar:
      return nullptr;
  }
  return nullptr;
}

/// OpenBLAS takes 128 MiB for itself at its first product, and where it can't have them it tries
/// again without end. So whether it can is tried before, with room for what the product itself
/// needs.
void require_room_for_buffers() {
  constexpr std::size_t kRoom = std::size_t{160} << 20;
  void* const room =
      ::mmap(nullptr, kRoom, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (room == MAP_FAILED) {
    throw MemoryError("there is not enough memory for OpenBLAS, which takes 128 MiB for itself");
  }
  ::munmap(room, kRoom);
}

OpenBlas load_for_this_cpu() {
  void* library = load();
  OpenBlas blas = functions_of(library);
  const char* wide = std::getenv(kKernelsVariable) == nullptr ? wide_kernels() : nullptr;
  if (wide != nullptr && are_narrow(blas.core_name())) {
    ::dlclose(library);  // the last one unloads it, unless the program has it for itself
    const Variable kernels(kKernelsVariable, wide);
    blas = functions_of(load());
  }
  // Also if the program had loaded it before. The flavour that is built on OpenMP would set the
  // number of OpenMP's threads instead, which are the program's.
  const bool has_own_threads =
      std::string_view(blas.config()).find("USE_OPENMP") == std::string::npos;
  if (has_own_threads) blas.set_num_threads(1);
  require_room_for_buffers();
  return blas;
}

}  // namespace

const OpenBlas& openblas() {
  static const OpenBlas blas = load_for_this_cpu();
  return blas;
}

}  // namespace unroll
