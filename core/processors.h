/// Processors: how many there are, and how many of them this process may use.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

namespace unroll {

struct Processors {
  std::size_t online = 1;    ///< of the machine
  std::size_t affinity = 1;  ///< on which this process may run (taskset, cpusets of containers)
  std::optional<double>
      quota;  ///< processors' worth of time that control groups grant; none: no limit

  /// The affinity or the quota rounded down, whichever is less; at least 1.
  std::size_t usable() const;
};

Processors find_processors();

/// find_processors().usable()
std::size_t usable_processors();

/// The machine's name in its network; "host" where it has none.
std::string host_name();

/// The least quota of the process's control group and of all groups above it, of version 1
/// (cpu.cfs_quota_us) and version 2 (cpu.max). `process`: its folder, which says in which groups it
/// is and where they are mounted. What can't be read sets no limit.
std::optional<double> cpu_quota(const std::filesystem::path& process = "/proc/self");

}  // namespace unroll
