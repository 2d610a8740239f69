/// jieba's files: the dictionary and the tables of an installed jieba, Debian's python3-jieba or
/// PyPI's jieba, and dictionaries that users have written for it.
#pragma once

#include <optional>
#include <string>

#include "unroll/text/jieba_dictionary.h"

namespace unroll {

struct JiebaFiles {
  /// The folder of a jieba, or a dictionary in the format of its dict.txt, lines "word count tag";
  /// "": the dictionary of the installed one.
  std::string dictionary;
  /// Lines "word count tag", count and tag optional, as jieba's load_userdict reads them; "": none.
  std::string user_dictionary;
};

/// The folder of the jieba that is found first in the active Python environment, the user's and
/// the system's packages.
std::optional<std::string> installed_jieba();

/// The tables of the hidden Markov model are those next to the dictionary, or of the installed
/// jieba. Throws DataError for files that are missing or not of this kind.
JiebaDictionary read_jieba(const JiebaFiles& files);

}  // namespace unroll
