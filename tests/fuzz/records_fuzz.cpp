// The reader of labelled texts, whatever its format: it reads an input or refuses it; texts and
// labels are UTF-8, and their lines rise.
#include <span>
#include <vector>

#include "tests/fuzz/target.h"
#include "unroll/text/records.h"
#include "unroll/text/utf8.h"

using namespace unroll;

namespace {

/// The first byte chooses the columns.
ReadOptions options_of(std::uint8_t choice) {
  ReadOptions options;
  options.header = (choice & 1) == 0;
  options.labels = (choice & 2) == 0;
  options.text_column = (choice & 4) != 0 || !options.header ? "2" : "text";
  options.label_column = (choice & 4) != 0 || !options.header ? "1" : "label";
  return options;
}

void check(std::span<const Record> records, bool labels) {
  std::size_t line = 0;
  for (const Record& record : records) {
    require(!invalid_utf8(record.text) && !invalid_utf8(record.label), "records are UTF-8");
    require(labels != record.label.empty(), "there is a label where one was asked for");
    require(record.line >= line && record.line > 0, "lines rise");
    line = record.line;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  accept_errors([&] {
    const ReadOptions options = options_of(data[0]);
    const std::vector<Record> records = read_records(file_of(data + 1, size - 1), options);
    check(records, options.labels);
  });
  return 0;
}
