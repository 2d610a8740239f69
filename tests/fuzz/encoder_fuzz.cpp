// The text encoder's JSON inside a model file: what is read is written again as it was, and encodes
// a text as before, whatever scores its pieces and words have.
#include "tests/fuzz/target.h"
#include "unroll/text/encoder.h"

using namespace unroll;

namespace {

constexpr std::string_view kTexts[] = {"the good film, 3.14!", "研究生命起源, 王小明 very good",
                                       ""};

void check(const TextEncoder& encoder, const TextEncoder& again) {
  const auto ids = encoder.encode(kTexts);
  require(again.encode(kTexts) == ids, "and encodes texts as before");
  for (const std::int32_t id : ids.front())
    require(static_cast<std::size_t>(id) < encoder.vocabulary().size(), "ids of the vocabulary");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  accept_errors([&] {
    const TextEncoder encoder = TextEncoder::from_json(text_of(data, size));
    const std::string json = encoder.to_json();
    const TextEncoder again = TextEncoder::from_json(json);
    require(again.to_json() == json, "an encoder comes back as it was");
    check(encoder, again);
  });
  return 0;
}
