#include "unroll/tools/program/ranks.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string_view>

#include "unroll/core/courier.h"
#include "unroll/core/parallel.h"
#include "unroll/core/processors.h"
#include "unroll/tools/program/output.h"

namespace unroll {

namespace {

/// Which one of how many processes this is.
struct Launch {
  std::size_t rank = 0;
  std::size_t count = 1;
};

std::optional<std::size_t> number_in(const char* variable) {
  const char* const text = std::getenv(variable);
  if (text == nullptr) return std::nullopt;
  const std::string_view digits(text);
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

/// What launchers set: Open MPI's mpirun, srun with PMIx, and those that speak PMI.
std::optional<Launch> find_launch() {
  constexpr std::array<std::array<const char*, 2>, 3> kVariables{
      {{"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"},
       {"PMIX_RANK", "SLURM_STEP_NUM_TASKS"},
       {"PMI_RANK", "PMI_SIZE"}}};
  for (const auto& [rank, count] : kVariables) {
    const auto own = number_in(rank), all = number_in(count);
    if (own && all && *all > 1) return Launch{*own, *all};
  }
  return std::nullopt;
}

/// The library of tools/mpi, next to the program or where it is installed.
std::optional<std::filesystem::path> mpi_library() {
  std::error_code ignored;
  const auto folder = std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
  for (const auto& path : {folder / "unroll_mpi.so", folder / UNROLL_MPI_FROM_PROGRAM}) {
    if (std::filesystem::exists(path, ignored)) return path;
  }
  return std::nullopt;
}

/// A function of that library, which stays loaded. MPI loads parts of itself, which must find it.
template <typename Function>
Function* function_of(const std::filesystem::path& library, const char* name) {
  void* const handle = ::dlopen(library.c_str(), RTLD_NOW | RTLD_GLOBAL);
  if (handle == nullptr) {
    throw UsageError(
        fmt::format("MPI can't be loaded: {}; is openmpi-bin installed?", ::dlerror()));
  }
  return reinterpret_cast<Function*>(::dlsym(handle, name));
}

std::unique_ptr<RankLink> link() {
  const auto library = mpi_library();
  if (!library) {
    throw UsageError(
        "a launcher has started several processes, but unroll was built without MPI: install "
        "libopenmpi-dev and openmpi-bin and build again, or start it without the launcher");
  }
  std::unique_ptr<RankLink> link(function_of<RankLink*()>(*library, "unroll_join_ranks")());
  if (link == nullptr) throw UsageError("MPI does not come up; its own message says why");
  return link;
}

/// All threads of a machine's ranks together are as many as one process would have.
void share_processors(const Ranks& ranks) {
  set_thread_count(std::max<std::size_t>(1, usable_processors() / ranks.mates()));
}

}  // namespace

void let_first_rank_speak() {
  const auto launch = find_launch();
  if (launch && launch->rank > 0) silence();
}

std::string launched_rank() {
  const Launch launch = find_launch().value_or(Launch());
  return fmt::format("rank {} of {} on {}", launch.rank, launch.count, host_name());
}

std::unique_ptr<Ranks> join_ranks(bool threads_are_chosen) {
  if (!find_launch()) return std::make_unique<Ranks>();
  auto ranks = std::make_unique<Ranks>(std::make_unique<Courier>(link));
  if (!threads_are_chosen && std::getenv("OMP_NUM_THREADS") == nullptr) share_processors(*ranks);
  return ranks;
}

std::string mpi_version() {
  const auto library = mpi_library();
  if (!library) return "";
  const std::string_view text = function_of<const char*()>(*library, "unroll_mpi_version")();
  return std::string(text.substr(0, text.find(',')));
}

}  // namespace unroll
