// Numbers of an independent implementation (tests/golden/README.md).
#pragma once

#include <filesystem>
#include <string>

#include "unroll/core/safetensors.h"

namespace unroll::test {

class Golden {
 public:
  explicit Golden(const std::string& name)
      : file_(read_safetensors(
            std::filesystem::path(UNROLL_TEST_DATA) / "golden" / (name + ".safetensors"),
            Checksum::kIgnored)) {}
  const Tensor<double>& operator[](const std::string& name) const {
    return std::get<Tensor<double>>(file_.tensors.at(name));
  }

 private:
  Safetensors file_;
};

}  // namespace unroll::test
