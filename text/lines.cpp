#include "unroll/text/lines.h"

#include <algorithm>

namespace unroll {

bool LineReader::next(Line& line) noexcept {
  if (rest_.empty()) return false;
  const std::size_t end = std::min(rest_.find('\n'), rest_.size());
  line.text = without_cr(rest_.substr(0, end));
  line.number = ++number_;
  rest_.remove_prefix(std::min(end + 1, rest_.size()));
  return true;
}

std::string_view without_cr(std::string_view line) noexcept {
  while (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::string_view first_line_of(std::string_view content) noexcept {
  return content.substr(0, content.find('\n'));
}

bool ends_lines_by_cr(std::string_view content) noexcept {
  std::size_t alone = 0, at = content.find('\r');
  for (; at != std::string_view::npos && at + 1 < content.size(); at = content.find('\r', at + 1))
    alone += content[at + 1] != '\n';
  if (alone == 0) return false;
  return alone > static_cast<std::size_t>(std::ranges::count(content, '\n'));
}

void end_lines_by_lf(std::string& content, std::size_t begin) noexcept {
  for (std::size_t at = content.find('\r', begin); at != std::string::npos;
       at = content.find('\r', at + 1)) {
    if (at + 1 == content.size() || content[at + 1] != '\n') content[at] = '\n';
  }
}

}  // namespace unroll
