// The text encoder's JSON inside a model file: what is read is written again as it was.
#include "tests/fuzz/target.h"
#include "unroll/text/encoder.h"

using namespace unroll;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  accept_errors([&] {
    const TextEncoder encoder = TextEncoder::from_json(text_of(data, size));
    const std::string json = encoder.to_json();
    require(TextEncoder::from_json(json).to_json() == json, "an encoder comes back as it was");
  });
  return 0;
}
