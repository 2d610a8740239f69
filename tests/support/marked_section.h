// A file that holds a generated part between two lines, `<!-- NAME:begin -->` and `<!-- NAME:end
// -->`.
#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>

#include "unroll/core/error.h"
#include "unroll/core/file.h"

namespace unroll::test {

class MarkedSection {
 public:
  /// Reads the file: better a missing marker now than after an hour. Throws DataError.
  MarkedSection(std::string path, const std::string& name)
      : path_(std::move(path)), content_(read_file(path_)) {
    const std::string begin = fmt::format("<!-- {}:begin -->\n", name);
    const std::string end = fmt::format("<!-- {}:end -->", name);
    begin_ = content_.find(begin);
    end_ = content_.find(end);
    if (begin_ == std::string::npos || end_ == std::string::npos || end_ < begin_) {
      throw DataError(fmt::format("{}: expected the lines {}{}", path_, begin, end));
    }
    begin_ += begin.size();
  }

  /// The file anew, with this text between the lines.
  void write(const std::string& text) const {
    write_file(path_, content_.substr(0, begin_) + text + content_.substr(end_));
  }

 private:
  std::string path_;
  std::string content_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace unroll::test
