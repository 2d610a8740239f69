#include "unroll/text/stop_words.h"

#include <fmt/format.h>

#include <span>
#include <utility>

#include "unroll/core/error.h"
#include "unroll/text/folding.h"
#include "unroll/text/lines.h"
#include "unroll/text/source.h"
#include "unroll/text/stop_word_lists.h"
#include "unroll/text/unicode.h"

namespace unroll {

namespace {

using Words = std::set<std::string, std::less<>>;

Words folded(std::span<const std::string_view> words, const FoldSettings& folding) {
  Words result;
  for (const std::string_view word : words) result.insert(fold(word, folding));
  return result;
}

Source read_list(const std::string& path) {
  try {
    return read_source(path);
  } catch (const DataError& error) {
    throw DataError(fmt::format(
        "stop words: {} (expected none, zh, en or the path of a UTF-8 file, one word a line)",
        error.what()));
  }
}

Words read_words(const std::string& path, const FoldSettings& folding) {
  const Source source = read_list(path);
  Words result;
  LineReader lines(source.content);
  for (Line line; lines.next(line);) {
    const std::string_view word = trim(line.text);
    if (!word.empty()) result.insert(fold(word, folding));
  }
  return result;
}

}  // namespace

StopWords StopWords::load(const std::string& name_or_path, const FoldSettings& folding) {
  if (name_or_path == "none") return StopWords();
  if (name_or_path == "zh") return StopWords(folded(chinese_stop_words(), folding));
  if (name_or_path == "en") return StopWords(folded(english_stop_words(), folding));
  return StopWords(read_words(name_or_path, folding));
}

StopWords StopWords::load(const std::string& name_or_path) {
  return load(name_or_path, {});
}

}  // namespace unroll
