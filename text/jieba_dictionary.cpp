#include "unroll/text/jieba_dictionary.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "unroll/core/error.h"
#include "unroll/text/lines.h"
#include "unroll/text/packed_text.h"
#include "unroll/text/utf8.h"

namespace unroll {

namespace {

using HmmJson = nlohmann::json;

[[noreturn]] void refuse_dictionary(const char* what) {
  throw ModelError(fmt::format("jieba's {}", what));
}

/// The number of a state, by the letter that is its key.
std::size_t state_of(const std::string& key) {
  const std::size_t state = key.size() == 1 ? JiebaHmm::kLetters.find(key) : key.npos;
  if (state == key.npos) refuse_dictionary("tables have a state that is not B, M, E or S");
  return state;
}

char32_t character_of(const std::string& key) {
  const std::u32string characters = to_utf32(key);
  if (characters.size() != 1) refuse_dictionary("tables have a key that is not one character");
  return characters.front();
}

/// jieba's table also has characters that its cut never asks for, such as a middle dot.
void read_emissions(const HmmJson& row, std::size_t state, JiebaHmm::Tables& tables) {
  for (const auto& [key, value] : row.items()) {
    const char32_t character = character_of(key);
    if (!JiebaHmm::is_chinese(character)) continue;
    tables.emission[character - JiebaHmm::kFirst][state] = value.get<double>();
  }
}

JiebaHmm::Tables tables_from(const HmmJson& json) {
  JiebaHmm::Tables tables;
  for (const auto& [state, value] : json.at("start").items()) {
    tables.start[state_of(state)] = value.get<double>();
  }
  for (const auto& [from, row] : json.at("trans").items()) {
    for (const auto& [to, value] : row.items()) {
      tables.transition[state_of(from)][state_of(to)] = value.get<double>();
    }
  }
  for (const auto& [state, row] : json.at("emit").items()) {
    read_emissions(row, state_of(state), tables);
  }
  return tables;
}

std::string letter(std::size_t state) {
  return std::string(JiebaHmm::kLetters.substr(state, 1));
}

std::string to_utf8(char32_t c) {  // of the three bytes that a Chinese character has
  return {static_cast<char>(0xE0 | (c >> 12)), static_cast<char>(0x80 | ((c >> 6) & 0x3F)),
          static_cast<char>(0x80 | (c & 0x3F))};
}

/// What is as good as impossible is left out, as it is in jieba's tables.
void set_if_possible(HmmJson& object, const std::string& key, double value) {
  if (value != JiebaHmm::kImpossible) object[key] = value;
}

std::string lines_of(const JiebaCounts& counts) {
  std::string lines;
  for (const auto& [word, count] : counts.words()) lines += fmt::format("{} {}\n", word, count);
  return lines;
}

}  // namespace

JiebaHmm hmm_from_json(std::string_view text) {
  try {
    return JiebaHmm(tables_from(HmmJson::parse(text)));
  } catch (const HmmJson::exception& error) {
    throw ModelError(fmt::format("jieba's tables can't be read: {}", error.what()));
  }
}

std::string to_json(const JiebaHmm& hmm) {
  const JiebaHmm::Tables& tables = hmm.tables();
  HmmJson json;
  for (std::size_t k = 0; k < JiebaHmm::kStates; ++k) {
    set_if_possible(json["start"], letter(k), tables.start[k]);
    HmmJson& row = json["trans"][letter(k)] = HmmJson::object();
    for (std::size_t to = 0; to < JiebaHmm::kStates; ++to) {
      set_if_possible(row, letter(to), tables.transition[k][to]);
    }
    HmmJson& emitted = json["emit"][letter(k)] = HmmJson::object();
    for (char32_t c = JiebaHmm::kFirst; c <= JiebaHmm::kLast; ++c) {
      set_if_possible(emitted, to_utf8(c), tables.emission[c - JiebaHmm::kFirst][k]);
    }
  }
  return json.dump();
}

JiebaDictionary::JiebaDictionary(const JiebaCounts& counts, JiebaHmm hmm)
    : total_(counts.total()), hmm_(std::move(hmm)) {
  const std::string lines = lines_of(counts);
  fill(lines);
  packed_words_ = pack_text(lines);
  packed_hmm_ = pack_text(to_json(hmm_));
}

JiebaDictionary JiebaDictionary::unpack(std::uint64_t total, std::string words, std::string hmm) {
  JiebaDictionary dictionary(total, hmm_from_json(unpack_text(hmm)));
  dictionary.fill(unpack_text(words));
  dictionary.packed_words_ = std::move(words);
  dictionary.packed_hmm_ = std::move(hmm);
  return dictionary;
}

std::size_t JiebaDictionary::bytes() const noexcept {
  const JiebaHmm::Tables& tables = hmm_.tables();
  return words_.bytes() + packed_bytes() + tables.emission.size() * sizeof(tables.emission[0]);
}

void JiebaDictionary::fill(std::string_view lines) {
  LineReader reader(lines);
  for (Line line; reader.next(line);) {
    const std::size_t blank = line.text.rfind(' ');
    if (blank == line.text.npos || blank == 0)
      refuse_dictionary("words are not lines of a word and its count");
    const std::string_view digits = line.text.substr(blank + 1);
    std::uint64_t count = 0;
    const auto [end, error] = std::from_chars(digits.begin(), digits.end(), count);
    if (error != std::errc() || end != digits.end())
      refuse_dictionary("words have a count that is no number");
    add(line.text.substr(0, blank), count);
  }
}

void JiebaDictionary::add(std::string_view word, std::uint64_t count) {
  if (invalid_utf8(word)) refuse_dictionary("words are not valid UTF-8");
  std::u32string characters = to_utf32(word);
  if (count > 0) {
    words_.set(characters, std::log(static_cast<double>(count)));
  } else {
    split_.insert(std::move(characters));
  }
  ++size_;
}

}  // namespace unroll
