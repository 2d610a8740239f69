// Lines of texts, packed or not, as `predict` reads them: the stream and the whole file agree.
#include "tests/fuzz/target.h"
#include "unroll/text/line_stream.h"
#include "unroll/text/records.h"

using namespace unroll;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string path = file_of(data, size);
  std::vector<std::string> streamed;
  bool is_refused = false;
  try {
    LineStream lines(path);
    for (auto block = lines.read(7); !block.empty(); block = lines.read(7))
      for (const Line& line : block) streamed.emplace_back(line.text);
  } catch (const DataError&) {
    is_refused = true;
  }
  try {
    const std::vector<std::string> whole = read_lines(path);
    require(!is_refused && whole == streamed, "the stream and the whole file have the same lines");
  } catch (const DataError&) {
    require(is_refused, "the stream refuses what the whole file is refused for");
  }
  return 0;
}
