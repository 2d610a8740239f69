#include "unroll/text/lines.h"

#include <algorithm>

namespace unroll {

bool LineReader::next(Line& line) noexcept {
  if (rest_.empty()) return false;
  const std::size_t end = std::min(rest_.find('\n'), rest_.size());
  line.text = rest_.substr(0, end);
  if (line.text.ends_with('\r')) line.text.remove_suffix(1);
  line.number = ++number_;
  rest_.remove_prefix(std::min(end + 1, rest_.size()));
  return true;
}

}  // namespace unroll
