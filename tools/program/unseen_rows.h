/// Rows whose labels training lacks: however well a model does, they count as wrong.
#pragma once

#include <cstddef>
#include <set>
#include <span>
#include <string>

#include "unroll/text/records.h"

namespace unroll {

class Terminal;

class UnseenRows {
 public:
  /// `known` are in byte order, and outlive it.
  explicit UnseenRows(std::span<const std::string> known) : known_(known) {}

  void add(const Record& record);
  /// One warning, however many rows and labels there are: the first one tells where to look.
  void warn(const std::string& file, Terminal& terminal) const;

 private:
  std::span<const std::string> known_;
  std::size_t rows_ = 0, line_ = 0;
  std::string label_;  // the first
  std::set<std::string> labels_;
};

}  // namespace unroll
