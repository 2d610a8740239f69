#include "unroll/text/jieba_cutter.h"

#include <algorithm>
#include <limits>

#include "unroll/core/error.h"
#include "unroll/text/utf8.h"

namespace unroll {

namespace {

bool is_letter_or_digit(char32_t c) {
  return is_ascii_digit(c) || is_ascii_letter(c);
}

/// What jieba's blocks are made of.
bool is_of_block(char32_t c) {
  return JiebaHmm::is_chinese(c) || is_letter_or_digit(c) ||
         std::u32string_view(U"+#&._%-").find(c) != std::u32string_view::npos;
}

/// The first place from `begin` on whose character is not of the kind.
template <typename Kind>
std::size_t end_of_run(std::u32string_view text, std::size_t begin, std::size_t end, Kind kind) {
  while (begin < end && kind(text[begin])) ++begin;
  return begin;
}

/// The end of a word of letters and digits, which may go on as a fraction, and with a per cent
/// sign: 3.14%, mp3.
std::size_t end_of_number(std::u32string_view text, std::size_t begin, std::size_t end) {
  std::size_t at = end_of_run(text, begin, end, is_letter_or_digit);
  if (at + 1 < end && text[at] == U'.' && is_ascii_digit(text[at + 1])) {
    at = end_of_run(text, at + 1, end, is_ascii_digit);
  }
  return at < end && text[at] == U'%' ? at + 1 : at;
}

}  // namespace

std::vector<std::string_view> JiebaCutter::operator()(std::string_view text) {
  decode(text);
  pieces_.clear();
  const std::size_t size = characters_.size();
  for (std::size_t begin = 0; begin < size;) {
    const std::size_t end = end_of_run(characters_, begin, size, is_of_block);
    if (end > begin) {
      cut_block(begin, end);
      begin = end;
    } else {
      emit(begin, begin + 1);
      ++begin;
    }
  }
  return std::move(pieces_);
}

void JiebaCutter::decode(std::string_view text) {
  if (text.size() > std::numeric_limits<std::uint32_t>::max()) {
    throw DataError(
        "a text of more than 4 GiB can't be split into words; cut it into smaller ones");
  }
  text_ = text;
  characters_.clear();
  offsets_.clear();
  for (std::size_t offset = 0; offset < text.size();) {
    offsets_.push_back(static_cast<std::uint32_t>(offset));
    const auto character = next_character(text, offset);
    if (!character) break;
    characters_ += *character;
  }
  offsets_.push_back(static_cast<std::uint32_t>(text.size()));
}

void JiebaCutter::cut_block(std::size_t begin, std::size_t end) {
  const std::u32string_view block = part(begin, end);
  best_.cut(block, words_, log_total_, 0, UnknownCharacter::kWhereNoWordBegins);
  std::size_t singles = 0;  // where the row of single characters begins
  for (std::size_t at = 0; at < block.size();) {
    const std::size_t next = best_.end_of(at);
    if (next - at > 1) {
      cut_singles(begin + singles, begin + at);
      emit(begin + at, begin + next);
      singles = next;
    }
    at = next;
  }
  cut_singles(begin + singles, end);
}

/// Characters in a row that the dictionary's best cut leaves single. If together they are a word,
/// they stay single, because the cut has preferred that.
void JiebaCutter::cut_singles(std::size_t begin, std::size_t end) {
  if (hmm_ == nullptr) return join_letters(begin, end);
  const bool is_word = end > begin && words_.weight(part(begin, end)) != WordTrie::kNoWord;
  end - begin < 2 || is_word ? emit_each(begin, end) : find_words(begin, end);
}

void JiebaCutter::join_letters(std::size_t begin, std::size_t end) {
  while (begin < end) {
    const std::size_t letters = end_of_run(characters_, begin, end, is_letter_or_digit);
    const std::size_t next = std::max(letters, begin + 1);
    emit(begin, next);
    begin = next;
  }
}

void JiebaCutter::find_words(std::size_t begin, std::size_t end) {
  while (begin < end) {
    const std::size_t chinese = end_of_run(characters_, begin, end, JiebaHmm::is_chinese);
    find_chinese_words(begin, chinese);
    begin =
        end_of_run(characters_, chinese, end, [](char32_t c) { return !JiebaHmm::is_chinese(c); });
    find_numbers(chinese, begin);
  }
}

void JiebaCutter::find_chinese_words(std::size_t begin, std::size_t end) {
  ends_.clear();
  hmm_->cut(part(begin, end), ends_);
  std::size_t word = begin;
  for (const std::size_t word_end : ends_) {
    const std::size_t next = begin + word_end;
    const bool split = split_ != nullptr && split_->contains(part(word, next));
    split ? emit_each(word, next) : emit(word, next);
    word = next;
  }
}

/// Words of letters and digits; what is between them stays in one piece.
void JiebaCutter::find_numbers(std::size_t begin, std::size_t end) {
  while (begin < end) {
    const std::size_t number =
        end_of_run(characters_, begin, end, [](char32_t c) { return !is_letter_or_digit(c); });
    emit(begin, number);
    begin = end_of_number(characters_, number, end);
    emit(number, begin);
  }
}

void JiebaCutter::emit(std::size_t begin, std::size_t end) {
  if (begin < end) {
    pieces_.push_back(text_.substr(offsets_[begin], offsets_[end] - offsets_[begin]));
  }
}

void JiebaCutter::emit_each(std::size_t begin, std::size_t end) {
  for (std::size_t at = begin; at < end; ++at) emit(at, at + 1);
}

std::u32string_view JiebaCutter::part(std::size_t begin, std::size_t end) const {
  return std::u32string_view(characters_).substr(begin, end - begin);
}

}  // namespace unroll
