/// A jieba of a few words, laid out as the installed one is, for tests that have none.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "tests/support/temp_folder.h"
#include "unroll/text/jieba_files.h"

namespace unroll::test {

inline constexpr std::string_view kJiebaWords =
    "研究 100 v\n研究生 80 n\n生命 90 n\n命 5 n\n起源 40 n\n南京市 30 ns\n市长 50 n\n"
    "长江大桥 20 ns\n长江 35 ns\n大桥 25 n\n的 500 uj\n酒店 60 n\n不 200 d\n错 9 v\n很 150 d\n"
    "c++ 7 nz\n人们 12 n\n";

/// Writes the folder of a jieba and returns its path.
inline std::string write_jieba(const TempFolder& folder) {
  std::filesystem::create_directory(folder.file("finalseg"));
  folder.write("dict.txt", kJiebaWords);
  folder.write("finalseg/prob_start.py", "P={'B': -0.25, 'E': -3.14e+100, 'S': -1.5}");
  folder.write("finalseg/prob_trans.py",
               "P={'B': {'E': -0.510825623765990, 'M': -0.916290731874155},\n"
               " 'E': {'B': -0.5897149736854513, 'S': -0.8085250474669937},\n"
               " 'M': {'E': -0.33344856811948514, 'M': -1.2603623820268226},\n"
               " 'S': {'B': -0.7211965654669841, 'S': -0.6658631448798212}}\n");
  folder.write("finalseg/prob_emit.py",
               "from __future__ import unicode_literals\n\n"
               "P={'B': {'\\u5c0f': -2.0, '\\u738b': -2.5, '\\u4e0d': -6.0, '\\u5f20': -2.0},\n"
               "   'M': {'\\u5c0f': -6.0, '\\u660e': -3.0},\n"
               "   'E': {'\\u660e': -2.0, '\\u9519': -4.0, '\\u4e3d': -1.0},\n"
               "   'S': {'\\u5c0f': -5.0, '\\u660e': -6.0, '\\u4e0d': -2.0, '\\u9519': -5.0,\n"
               "         '\\u5f88': -2.0}}\n");
  return folder.path().string();
}

inline JiebaDictionary small_jieba(const std::string& user_dictionary = "") {
  const TempFolder folder;
  return read_jieba({write_jieba(folder), user_dictionary});
}

}  // namespace unroll::test
