// The model file: as it is, and with a checksum that holds, so that what is behind it is tried,
// too.
#include <cstring>

#include "tests/core/model_bytes.h"
#include "tests/fuzz/target.h"
#include "unroll/tools/classifier/text_predictor.h"

using namespace unroll;

namespace {

/// The file with the checksum of what it holds, if it is long enough to have one.
std::string resealed(const std::string& bytes) {
  if (bytes.size() < kDigitsOffset + kDigitCount) return bytes;
  std::uint64_t header_length = 0;
  std::memcpy(&header_length, bytes.data(), sizeof header_length);
  return sealed(header_length, bytes.substr(kDigitsOffset + kDigitCount), "");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string bytes(text_of(data, size));
  for (const bool sealed : {false, true}) {
    if (sealed) bytes = resealed(bytes);
    accept_errors([&] {
      const auto predictor = TextPredictor::load(
          file_of(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()));
      predictor.predict("this film is good. 好");
    });
  }
  return 0;
}
