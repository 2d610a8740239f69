// Words of the languages that ICU cuts by a dictionary or a network: some hundred real ones each,
// then strings of the script's letters and marks at random, with what is among them in texts.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace unroll::test {

/// Japanese, Chinese, Thai, Lao, Khmer, Burmese, Korean.
std::vector<std::string_view> dictionary_languages();

/// The first `count` words of a language: the same in every run.
std::vector<std::string> words_of(std::string_view language, std::size_t count);

}  // namespace unroll::test
