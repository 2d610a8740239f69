#include "bench/peers/load_modules.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>

#include "unroll/core/error.h"

namespace unroll::bench {
namespace {

std::vector<std::filesystem::path> modules_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  if (!std::filesystem::is_directory(folder)) return paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".so") paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  return paths;
}

}  // namespace

std::vector<const void*> load_modules(const std::filesystem::path& folder, const char* symbol) {
  std::vector<const void*> found;
  for (const std::filesystem::path& path : modules_in(folder)) {
    void* const module = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    const void* const exported = module != nullptr ? dlsym(module, symbol) : nullptr;
    if (exported == nullptr) throw DataError(fmt::format("a peer can't be loaded: {}", dlerror()));
    found.push_back(exported);
  }
  return found;
}

}  // namespace unroll::bench
