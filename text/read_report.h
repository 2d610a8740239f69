/// ReadReport: what a reader met that changes no record, but that somebody should know.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace unroll {

struct Remark {
  bool is_warning = false;  ///< important enough to be shown to who asked for silence
  std::string text;
};

struct ReadReport {
  std::vector<Remark> remarks;
  std::size_t bad_rows = 0;  ///< skipped

  void note(std::string text) { remarks.push_back({false, std::move(text)}); }
  void warn(std::string text) { remarks.push_back({true, std::move(text)}); }
};

}  // namespace unroll
