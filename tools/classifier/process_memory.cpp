#include "unroll/tools/classifier/process_memory.h"

#include <malloc.h>
#include <unistd.h>

#include <fstream>
#include <limits>
#include <string>

namespace unroll {

namespace {

std::size_t page_bytes() {
  return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

std::size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t all = 0, resident = 0;
  statm >> all >> resident;
  return resident * page_bytes();
}

/// Not from getrusage: there the peak of the program that called exec counts too.
std::size_t peak_resident_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string name; status >> name;) {
    std::size_t kibibytes = 0;
    if (name == "VmHWM:" && status >> kibibytes) return kibibytes * 1024;
    std::getline(status, name);
  }
  return 0;
}

std::size_t physical_memory() {
  const long pages = ::sysconf(_SC_PHYS_PAGES);
  return pages > 0 ? static_cast<std::size_t>(pages) * page_bytes()
                   : std::numeric_limits<std::size_t>::max();
}

void release_freed_memory() {
#ifdef __GLIBC__
  ::malloc_trim(0);
#endif
}

}  // namespace unroll
