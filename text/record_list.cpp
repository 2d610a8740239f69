#include "unroll/text/record_list.h"

#include <fmt/format.h>

#include "unroll/core/error.h"
#include "unroll/text/unicode.h"

namespace unroll {

void RecordList::add(std::string text, std::string_view label, std::size_t line) {
  const std::string_view name = labels_ ? trim(label) : std::string_view();
  if (labels_ && name.empty()) {
    throw DataError({file_, line}, "the label is empty; give the record a label or remove it");
  }
  records_.push_back({std::move(text), std::string(name), line});
}

std::vector<Record> RecordList::take() {
  if (records_.empty()) throw DataError(fmt::format("{}: the file holds no records", file_));
  return std::move(records_);
}

}  // namespace unroll
