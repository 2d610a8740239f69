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

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "unroll/core/bfloat16.h"
#include "unroll/core/file.h"
#include "unroll/core/tensor.h"

namespace unroll {

using AnyTensor =
    std::variant<Tensor<float>, Tensor<double>, Tensor<BFloat16>, Tensor<std::uint32_t>>;

/// What the numbers of a tensor are: the format's F32, F64, BF16 and U32.
enum class NumberType { kFloat, kDouble, kBFloat16, kUint32 };

template <typename Number>
inline constexpr NumberType kNumberType = NumberType::kFloat;
template <>
inline constexpr NumberType kNumberType<double> = NumberType::kDouble;
template <>
inline constexpr NumberType kNumberType<BFloat16> = NumberType::kBFloat16;
template <>
inline constexpr NumberType kNumberType<std::uint32_t> = NumberType::kUint32;

/// What such a file holds. Names are in byte order.
struct Safetensors {
  std::map<std::string, std::string> metadata;  ///< without the checksum
  std::map<std::string, AnyTensor> tensors;
};

/// Tensors of one type to be written, borrowed.
template <typename Real>
using TensorsByName = std::map<std::string, const Tensor<Real>*>;

/// A tensor of any type to be written, borrowed.
struct StoredTensor {
  template <typename Number>
  StoredTensor(const Tensor<Number>& tensor)
      : type(kNumberType<Number>),
        shape(tensor.shape()),
        bytes(reinterpret_cast<const char*>(tensor.data()), tensor.size() * sizeof(Number)) {}

  NumberType type;
  Shape shape;
  std::string_view bytes;
};
using StoredTensors = std::map<std::string, StoredTensor>;

enum class Checksum {
  kRequired,  ///< a file without a checksum is foreign: our files always have one
  kIgnored,   ///< for files of other programs
};

/// A tensor as the header describes it.
struct TensorInfo {
  std::string name;
  Shape shape;
  NumberType type = NumberType::kFloat;
};

/// Reads a file once, from its begin to its end: first the header, then tensor after tensor, each
/// straight into the memory where it stays. Nothing is held twice.
///
///     SafetensorsReader file(path);
///     for (const TensorInfo& tensor : file.tensors()) file.read(memory_of(tensor));
///     file.finish();
///
/// The checksum covers all bytes, so it is known at the end: until `finish` has returned, what was
/// read may be damaged. The header's sizes are checked against the file's, so that even a damaged
/// one asks for no more memory than the file has bytes. Whoever finds something wrong before that
/// calls `finish` first, and says what it found only if that does not throw: a damaged file is
/// called damaged, whatever it looks like. All members throw ModelError, which names the file.
class SafetensorsReader {
 public:
  /// Reads the header.
  explicit SafetensorsReader(const std::filesystem::path& path,
                             Checksum checksum = Checksum::kRequired);
  explicit SafetensorsReader(InputFile file, Checksum checksum = Checksum::kRequired);
  ~SafetensorsReader();

  /// Hands the metadata over, without the checksum.
  std::map<std::string, std::string> take_metadata() { return std::move(metadata_); }
  /// In the order of their data, in which they are read.
  const std::vector<TensorInfo>& tensors() const { return tensors_; }
  /// Reads the next tensor into one of its shape and type.
  template <typename Real>
  void read(Tensor<Real>& tensor);
  /// Reads what is left, and throws if the checksum is not that of the file. May be repeated.
  void finish();

 private:
  class File;
  void read_header();

  std::unique_ptr<File> file_;
  std::map<std::string, std::string> metadata_;
  std::vector<TensorInfo> tensors_;
  std::size_t next_ = 0;
};

/// Throws ModelError, which names the file and says what is wrong with it. Whatever the bytes are,
/// it throws nothing else.
Safetensors read_safetensors(const std::filesystem::path& path,
                             Checksum checksum = Checksum::kRequired);

/// Writes atomically (write_file). The key "checksum" of the metadata is reserved.
void write_safetensors(const std::filesystem::path& path,
                       const std::map<std::string, std::string>& metadata,
                       const StoredTensors& tensors);
template <typename Real>
void write_safetensors(const std::filesystem::path& path,
                       const std::map<std::string, std::string>& metadata,
                       const TensorsByName<Real>& tensors);

/// The content of the file that write_safetensors would write.
std::string safetensors_bytes(const std::map<std::string, std::string>& metadata,
                              const StoredTensors& tensors);

/// The digits of the checksum of that file.
std::string safetensors_checksum(const std::map<std::string, std::string>& metadata,
                                 const StoredTensors& tensors);

}  // namespace unroll
