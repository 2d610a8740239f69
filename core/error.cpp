#include "unroll/core/error.h"

#include <cerrno>
#include <system_error>

namespace unroll {

std::string errno_text() {
  return std::generic_category().message(errno);
}

std::string to_string(const Place& place) {
  std::string text = place.file;
  if (place.line > 0) text.append(":").append(std::to_string(place.line));
  if (place.line > 0 && place.column > 0) text.append(":").append(std::to_string(place.column));
  return text;
}

}  // namespace unroll
