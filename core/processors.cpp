#include "unroll/core/processors.h"

#include <omp.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace unroll {

namespace {

using Path = std::filesystem::path;

std::vector<std::string> fields_of(std::string_view text, char separator) {
  std::vector<std::string> fields;
  std::istringstream stream{std::string(text)};
  for (std::string field; std::getline(stream, field, separator);) fields.push_back(field);
  return fields;
}

bool has_field(std::string_view text, std::string_view name) {
  const auto fields = fields_of(text, ',');
  return std::ranges::find(fields, name) != fields.end();
}

/// A path as mountinfo has it, where blanks and backslashes are octal numbers: "\040".
Path unescaped(std::string_view text) {
  std::string path;
  for (std::size_t k = 0; k < text.size(); ++k) {
    const bool is_escape = text[k] == '\\' && k + 3 < text.size();
    path += is_escape ? static_cast<char>(std::stoi(std::string(text.substr(k + 1, 3)), nullptr, 8))
                      : text[k];
    if (is_escape) k += 3;
  }
  return path;
}

/// A hierarchy of control groups that counts processor time: where it is mounted, and the group
/// that is to be seen there as its root.
struct Hierarchy {
  bool is_unified = false;  ///< version 2
  Path mount;
  Path root;
};

/// The hierarchies of a line of mountinfo: "ID PARENT DEVICE ROOT MOUNT OPTIONS… - TYPE SOURCE
/// MORE-OPTIONS" (man 5 proc).
std::optional<Hierarchy> hierarchy_of(const std::string& line) {
  const std::size_t dash = line.find(" - ");
  if (dash == std::string::npos) return std::nullopt;
  const auto mount = fields_of(std::string_view(line).substr(0, dash), ' ');
  const auto type = fields_of(std::string_view(line).substr(dash + 3), ' ');
  if (mount.size() < 5 || type.size() < 3) return std::nullopt;
  const bool is_unified = type[0] == "cgroup2";
  if (!is_unified && (type[0] != "cgroup" || !has_field(type[2], "cpu"))) return std::nullopt;
  return Hierarchy{is_unified, unescaped(mount[4]), unescaped(mount[3])};
}

/// The process's group in a hierarchy, from lines "ID:CONTROLLERS:PATH" (man 7 cgroups).
std::optional<Path> group_in(const Hierarchy& hierarchy, const Path& process) {
  std::ifstream file(process / "cgroup");
  for (std::string line; std::getline(file, line);) {
    const std::size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const bool is_it = hierarchy.is_unified ? controllers.empty() : has_field(controllers, "cpu");
    if (is_it) return Path(line.substr(second + 1));
  }
  return std::nullopt;
}

/// The quota of one group, from "QUOTA PERIOD" or from two files.
std::optional<double> quota_of(const Hierarchy& hierarchy, const Path& group) {
  std::string quota;
  double period = 0;
  if (hierarchy.is_unified) {
    std::ifstream(group / "cpu.max") >> quota >> period;
  } else {
    std::ifstream(group / "cpu.cfs_quota_us") >> quota;
    std::ifstream(group / "cpu.cfs_period_us") >> period;
  }
  const double microseconds = std::strtod(quota.c_str(), nullptr);  // of "max" and of nothing: 0
  if (microseconds <= 0 || period <= 0) return std::nullopt;
  return microseconds / period;
}

void take_lesser(std::optional<double>& least, std::optional<double> quota) {
  if (quota && (!least || *quota < *least)) least = quota;
}

/// Whether the mount shows the group or one that is above it. In a container whose groups have
/// other names outside, the group's path leads out of the root ("/../x"), and the mount is its own.
bool shows(const Hierarchy& hierarchy, const Path& group) {
  if (group.native().starts_with("/..")) return true;
  const Path below = group.lexically_relative(hierarchy.root);
  return !below.empty() && *below.begin() != "..";
}

/// The least quota on the way from the mount to the group.
std::optional<double> least_quota(const Hierarchy& hierarchy, const Path& group) {
  if (!shows(hierarchy, group)) return std::nullopt;
  const Path below = group.lexically_relative(hierarchy.root);
  const bool is_below = !below.empty() && *below.begin() != "..";
  std::optional<double> least = quota_of(hierarchy, hierarchy.mount);
  Path at = hierarchy.mount;
  for (const Path& name : is_below ? below : Path()) {
    at /= name;
    take_lesser(least, quota_of(hierarchy, at));
  }
  return least;
}

std::size_t count_affinity(std::size_t online) {
  // The kernel refuses a set that is too small for the processors that it could have.
  for (std::size_t most = 1024; most <= (1U << 20); most *= 2) {
    cpu_set_t* const set = CPU_ALLOC(most);
    if (set == nullptr) break;
    const std::size_t bytes = CPU_ALLOC_SIZE(most);
    const bool is_known = ::sched_getaffinity(::getpid(), bytes, set) == 0;  // of the main thread
    const auto count = is_known ? static_cast<std::size_t>(CPU_COUNT_S(bytes, set)) : 0;
    CPU_FREE(set);
    if (is_known) return count;
  }
  return online;
}

}  // namespace

std::size_t Processors::usable() const {
  const auto whole = quota ? static_cast<std::size_t>(*quota) : affinity;
  return std::max<std::size_t>(std::min(affinity, whole), 1);
}

std::optional<double> cpu_quota(const Path& process) {
  std::optional<double> least;
  std::ifstream mounts(process / "mountinfo");
  for (std::string line; std::getline(mounts, line);) {
    const auto hierarchy = hierarchy_of(line);
    const auto group = hierarchy ? group_in(*hierarchy, process) : std::nullopt;
    if (group) take_lesser(least, least_quota(*hierarchy, *group));
  }
  return least;
}

Processors find_processors() {
  const auto online = static_cast<std::size_t>(std::max(::sysconf(_SC_NPROCESSORS_ONLN), 1L));
  std::size_t affinity = count_affinity(online);
  // OpenMP binds the main thread to one place of many, and remembers how many there were.
  const bool is_bound = omp_get_proc_bind() != omp_proc_bind_false;
  if (is_bound) affinity = std::max(affinity, static_cast<std::size_t>(omp_get_num_procs()));
  return {.online = online, .affinity = affinity, .quota = cpu_quota()};
}

std::size_t usable_processors() {
  return find_processors().usable();
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "host";
}

}  // namespace unroll
