#include "unroll/text/jieba_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <vector>

#include "unroll/core/error.h"
#include "unroll/text/lines.h"
#include "unroll/text/source.h"
#include "unroll/text/unicode.h"
#include "unroll/text/utf8.h"

namespace unroll {

namespace {

namespace fs = std::filesystem;

constexpr const char* kDictionary = "dict.txt";
constexpr const char* kTables = "finalseg/prob_emit.py";

/// The folders `prefix`/python3*/{dist,site}-packages/jieba that exist, the latest Python first.
void append_packages(const fs::path& prefix, std::vector<fs::path>& packages) {
  std::vector<fs::path> pythons;
  std::error_code missing;
  for (const auto& entry : fs::directory_iterator(prefix, missing)) {
    if (entry.path().filename().string().starts_with("python3")) pythons.push_back(entry.path());
  }
  std::ranges::sort(pythons, std::greater<>());
  for (const fs::path& python : pythons) {
    for (const char* kind : {"site-packages", "dist-packages"}) {
      const fs::path package = python / kind / "jieba";
      if (fs::exists(package / kTables, missing)) packages.push_back(package);
    }
  }
}

}  // namespace

std::optional<std::string> installed_jieba() {
  std::vector<fs::path> packages;
  for (const char* environment : {"VIRTUAL_ENV", "CONDA_PREFIX"}) {
    if (const char* active = std::getenv(environment)) {
      append_packages(fs::path(active) / "lib", packages);
    }
  }
  if (const char* home = std::getenv("HOME")) {
    append_packages(fs::path(home) / ".local/lib", packages);
  }
  append_packages("/usr/local/lib", packages);
  append_packages("/usr/lib", packages);
  return packages.empty() ? std::nullopt : std::optional(packages.front().string());
}

namespace {

fs::path require_installed(const std::string& what) {
  if (const auto package = installed_jieba()) return *package;
  throw mended_by({"dictionary"}, DataError(fmt::format(
                                      "{} is missing: no jieba was found among Python's packages; "
                                      "install Debian's python3-jieba or PyPI's jieba, or name its "
                                      "folder",
                                      what)));
}

/// Where the dictionary is, and the package whose tables go with it.
struct Places {
  fs::path words;
  fs::path package;
};

Places find_places(const std::string& dictionary) {
  if (dictionary.empty()) {
    const fs::path package = require_installed("jieba's dictionary");
    return {package / kDictionary, package};
  }
  const fs::path named(dictionary);
  if (fs::is_directory(named)) return {named / kDictionary, named};
  const fs::path around = named.parent_path();
  if (fs::exists(around / kTables)) return {named, around};
  return {named, require_installed("the table of jieba's hidden Markov model")};
}

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.begin(), text.end(), number);
  if (text.empty() || error != std::errc() || end != text.end()) return std::nullopt;
  return number;
}

/// One of jieba's Python files, "P={'B': {'\u4e00': -3.65, …": JSON but for the quotes.
std::string read_table(const fs::path& file) {
  const Source source = read_source(file.string());
  const std::size_t begin = source.content.find('{');
  if (begin == std::string::npos) {
    throw DataError(fmt::format("{}: this is not a table of jieba's", file.string()));
  }
  std::string table(source.content.substr(begin));
  std::ranges::replace(table, '\'', '"');
  return table;
}

JiebaHmm read_hmm(const fs::path& package) {
  const fs::path folder = package / fs::path(kTables).parent_path();
  const std::string json =
      fmt::format(R"({{"start":{},"trans":{},"emit":{}}})", read_table(folder / "prob_start.py"),
                  read_table(folder / "prob_trans.py"), read_table(folder / "prob_emit.py"));
  try {
    return hmm_from_json(json);
  } catch (const ModelError& error) {
    throw DataError(fmt::format("{}: {}", folder.string(), error.what()));
  }
}

[[noreturn]] void refuse_line(const std::string& file, const Line& line) {
  throw DataError({.file = file, .line = line.number},
                  fmt::format("{} is not a word and its count, as in \"学校 3\"; is this a "
                              "dictionary of jieba?",
                              in_quotes(line.text)));
}

/// Throws DataError if a count makes their sum larger than a double holds exactly: the cut divides
/// by it.
void require_countable(std::uint64_t count, const JiebaCounts& counts, const std::string& file,
                       const Line& line) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 53;
  if (count <= kMost && count + counts.total() <= kMost) return;
  throw DataError({.file = file, .line = line.number},
                  fmt::format("with {} the counts of the words are more than {} together",
                              in_quotes(line.text), kMost));
}

void read_words(const std::string& file, JiebaCounts& counts) {
  const Source source = read_source(file);
  LineReader lines(source.content);
  for (Line line; lines.next(line);) {
    const std::string_view text = trim(line.text);
    const std::size_t blank = text.find(' ');
    if (blank == text.npos) refuse_line(file, line);
    const std::string_view rest = text.substr(blank + 1);
    const auto count = number_in(rest.substr(0, rest.find(' ')));
    if (!count) refuse_line(file, line);
    require_countable(*count, counts, file, line);
    counts.add(std::string(text.substr(0, blank)), *count);
  }
  if (counts.total() == 0)
    throw DataError(fmt::format("{}: no word of this dictionary has a count above 0", file));
}

bool is_tag(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= 'a' && c <= 'z'; });
}

/// Takes the last of several parts that blanks separate off `text`; "" if there is but one.
std::string_view take_last(std::string_view& text) {
  const std::size_t blank = text.rfind(' ');
  if (blank == text.npos || blank == 0) return {};
  const std::string_view last = text.substr(blank + 1);
  text = text.substr(0, blank);
  return last;
}

/// A word may hold blanks itself; only a last part that looks like a tag, and one before it that
/// is a number, are none of it.
void add_users_line(const std::string& file, const Line& line, JiebaCounts& counts) {
  const std::string_view text = trim(line.text);
  if (text.empty()) return;
  std::string_view word = text;
  std::string_view shorter = text;
  if (is_tag(take_last(shorter))) word = shorter;
  shorter = word;
  const auto count = number_in(take_last(shorter));
  require_countable(count.value_or(0), counts, file, line);
  counts.add_users(std::string(count ? shorter : word), count);
}

void read_users_words(const std::string& file, JiebaCounts& counts) {
  const Source source = read_source(file);
  LineReader lines(source.content);
  for (Line line; lines.next(line);) add_users_line(file, line, counts);
}

}  // namespace

JiebaDictionary read_jieba(const JiebaFiles& files) {
  const Places places = find_places(files.dictionary);
  JiebaHmm hmm = read_hmm(places.package);
  JiebaCounts counts;
  read_words(places.words.string(), counts);
  if (!files.user_dictionary.empty()) read_users_words(files.user_dictionary, counts);
  return {counts, std::move(hmm)};
}

}  // namespace unroll
