#include "tests/core/model_bytes.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>
#include <fstream>

#include "tests/support/temp_folder.h"
#include "unroll/core/error.h"
#include "unroll/core/file.h"

namespace unroll {

std::string small_model() {
  Tensor<float> U({4, 3});
  Tensor<float> b({4});
  for (std::size_t i = 0; i < U.size(); ++i) U[i] = 0.25F * static_cast<float>(i);
  b.fill(-1);
  const TempFolder folder;
  const std::map<std::string, std::string> metadata{{"unroll.format", "1"},
                                                    {"words", "循环 \"a\""}};
  write_safetensors<float>(folder.file("model"), metadata,
                           {{"rnn.0.forward.U", &U}, {"rnn.0.forward.b", &b}});
  return read_file(folder.file("model"));
}

std::string sealed(std::uint64_t header_length, std::string_view json, std::string_view data) {
  std::string bytes(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(header_length >> (8 * i));
  bytes.append(kModelPrefix).append(kDigitCount, '0').append(json).append(data);
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes.data(), bytes.size()));
  for (std::size_t i = 0; i < kDigitCount; ++i) {
    const unsigned byte = canonical.digest[i / 2];
    bytes[kDigitsOffset + i] = "0123456789abcdef"[i % 2 == 0 ? byte >> 4 : byte & 15];
  }
  return bytes;
}

std::string sealed(std::string_view json, std::string_view data) {
  return sealed(kModelPrefix.size() + kDigitCount + json.size(), json, data);
}

void write_quickly(const std::filesystem::path& path, std::string_view content) {
  std::filesystem::remove(path);  // ext4 syncs a file that is truncated and written again
  std::ofstream file(path, std::ios::binary);
  file.write(content.data(), static_cast<std::streamsize>(content.size()));
}

std::string outcome(std::string_view bytes, Checksum checksum) {
  static const TempFolder folder;
  write_quickly(folder.file("model"), bytes);
  try {
    read_safetensors(folder.file("model"), checksum);
    return std::string(kSuccess);
  } catch (const ModelError& error) {
    return error.what();
  } catch (const std::exception& error) {
    return std::string("NOT A MODEL ERROR: ") + error.what();
  }
}

}  // namespace unroll
