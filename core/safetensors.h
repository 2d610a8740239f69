/// Model files: the safetensors format, with a checksum of every byte.
///
/// A safetensors file is an 8-byte little-endian header length, a JSON header, and raw
/// little-endian tensors; any language's reader opens it (docs/model-format.md). Ours begins with
///
///     {"__metadata__":{"checksum":"xxh3-128:<32 hexadecimal digits>", ...
///
/// where the digits are XXH3-128 of the whole file with these 32 digits written as zeros. So a
/// flipped bit anywhere, in the header or in the digits themselves, and any change of length is
/// found before anything is believed.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <variant>

#include "unroll/core/tensor.h"

namespace unroll {

using AnyTensor = std::variant<Tensor<float>, Tensor<double>>;

/// What such a file holds. Names are in byte order.
struct Safetensors {
  std::map<std::string, std::string> metadata;  ///< without the checksum
  std::map<std::string, AnyTensor> tensors;     ///< dtypes F32 and F64
};

/// A tensor to be written, borrowed.
template <typename Real>
using TensorsByName = std::map<std::string, const Tensor<Real>*>;

enum class Checksum {
  kRequired,  ///< a file without a checksum is foreign: our files always have one
  kIgnored,   ///< for files of other programs
};

/// Throws ModelError, which names the file and says what is wrong with it. Whatever the bytes are,
/// it throws nothing else.
Safetensors read_safetensors(const std::filesystem::path& path,
                             Checksum checksum = Checksum::kRequired);

/// Writes atomically (write_file). The key "checksum" of the metadata is reserved.
template <typename Real>
void write_safetensors(const std::filesystem::path& path,
                       const std::map<std::string, std::string>& metadata,
                       const TensorsByName<Real>& tensors);

/// The digits of the checksum of the file that write_safetensors would write.
template <typename Real>
std::string safetensors_checksum(const std::map<std::string, std::string>& metadata,
                                 const TensorsByName<Real>& tensors);

}  // namespace unroll
