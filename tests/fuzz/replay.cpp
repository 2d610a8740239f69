// The main of a fuzz target without libFuzzer: runs it once on each file that is named, and once on
// each beginning of a small one.
#include <cstdint>
#include <filesystem>
#include <iostream>

#include "unroll/core/file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr std::size_t kBeginnings = 64;  // at most, of a file

void run(const std::string& bytes) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

void replay(const std::filesystem::path& path) {
  const std::string bytes = unroll::read_file(path);
  run(bytes);
  const std::size_t step = bytes.size() / kBeginnings + 1;
  for (std::size_t size = 0; size < bytes.size(); size += step) run(bytes.substr(0, size));
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t files = 0;
  for (int k = 1; k < argc; ++k) {
    for (const auto& entry : std::filesystem::directory_iterator(argv[k])) {
      replay(entry.path());
      ++files;
    }
  }
  std::cout << files << " inputs\n";
  return files > 0 ? 0 : 1;
}
