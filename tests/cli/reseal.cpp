// reseal FILE FOUND WRITTEN: a model file with other bytes of the same number, and a checksum that
// holds: what the program must notice is what the bytes say.
#include <cstring>

#include "tests/core/model_bytes.h"
#include "unroll/core/file.h"

int main(int count, char** arguments) {
  using namespace unroll;
  if (count != 4) return 2;
  std::string bytes = read_file(arguments[1]);
  const std::string_view found = arguments[2];
  const std::string_view written = arguments[3];
  const std::size_t place = bytes.find(found);
  if (place == std::string::npos || written.size() != found.size()) return 1;
  bytes.replace(place, found.size(), written);
  std::uint64_t header_length = 0;
  std::memcpy(&header_length, bytes.data(), sizeof header_length);
  write_quickly(arguments[1], sealed(header_length, bytes.substr(kDigitsOffset + kDigitCount), ""));
  return 0;
}
