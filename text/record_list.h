/// RecordList: where the readers of all formats put their records; checks what holds for every
/// format.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "unroll/text/records.h"

namespace unroll {

class RecordList {
 public:
  /// `file` is the name in messages.
  RecordList(std::string file, bool labels) : file_(std::move(file)), labels_(labels) {}

  /// The label is trimmed; without labels it is ignored. Throws DataError if it is empty.
  void add(std::string text, std::string_view label, std::size_t line);
  /// All of them. Throws DataError if there is none.
  std::vector<Record> take();

  const std::string& file() const noexcept { return file_; }
  bool labels() const noexcept { return labels_; }

 private:
  std::string file_;
  bool labels_;
  std::vector<Record> records_;
};

}  // namespace unroll
