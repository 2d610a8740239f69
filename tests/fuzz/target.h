/// What every fuzz target shares. A target is one file with `LLVMFuzzerTestOneInput`; linked with
/// libFuzzer it looks for inputs that break it, linked with replay.cpp it runs the inputs of its
/// corpus as an ordinary test.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "unroll/core/error.h"

namespace unroll {

/// Ends the program: something that must hold for every input does not.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

/// Calls it. An input may be refused with an error of this library, and with nothing else.
template <typename Call>
void accept_errors(Call call) {
  try {
    call();
  } catch (const Error& error) {
    require(error.kind() != ErrorKind::kInternal, error.what());
  }
}

/// A file with the input, for readers that want a path. One per process, written anew each time.
inline std::string file_of(const std::uint8_t* data, std::size_t size) {
  static const std::string path = "/tmp/unroll-fuzz-" + std::to_string(::getpid());
  std::FILE* file = std::fopen(path.c_str(), "wb");
  require(file != nullptr, "the input can be written to a file");
  require(std::fwrite(data, 1, size, file) == size, "the input can be written to a file");
  std::fclose(file);
  return path;
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace unroll
