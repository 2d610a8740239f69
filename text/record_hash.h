/// RecordHash: what tells whether two runs have the same records, whatever file they come from.
#pragma once

#include <fmt/format.h>

#include <bit>
#include <cstdint>
#include <span>
#include <string>

#include "unroll/core/hash.h"
#include "unroll/text/records.h"

namespace unroll {

/// Labels and text of each record, and how much it counts; not the line where it was found.
class RecordHash {
 public:
  void add(const Record& record) {
    hash_.add_text(record.text);
    hash_.add_text(record.label);
    hash_.add_text(fmt::format("{} {}", record.more_labels.size(),
                               std::bit_cast<std::uint32_t>(record.weight)));
    for (const std::string& label : record.more_labels) hash_.add_text(label);
  }
  void add(std::span<const Record> records) {
    for (const Record& record : records) add(record);
  }
  std::string digits() const { return hash_.digits(); }

 private:
  Hash hash_;
};

}  // namespace unroll
