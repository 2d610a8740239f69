#include "unroll/text/ascii_words.h"

#include "unroll/text/utf8.h"

namespace unroll {

namespace {

constexpr std::size_t kCharacters = 128;

}  // namespace

AsciiWords::AsciiWords(const std::function<bool(const std::string&)>& is_one) {
  for (std::size_t k = 0; k < kCharacters; ++k) {
    const char c = static_cast<char>(k);
    kinds_[k] = is_ascii_letter(c)  ? kLetter
                : is_ascii_digit(c) ? kDigit
                : c == '_'          ? kJoiner
                                    : kMark;
    if (kinds_[k] != kMark) continue;
    between_letters_[k] = is_one(std::string{'a', c, 'a'});
    between_digits_[k] = is_one(std::string{'1', c, '1'});
    repeats_[k] = is_one(std::string{c, c});
    const auto joins_next = [&](char of_word) {
      return is_one(std::string{c, of_word}) || is_one(std::string{of_word, c});
    };
    if (joins_next('a') || joins_next('1') || joins_next('_')) odd_ += c;
  }
}

bool AsciiWords::knows(std::string_view text) const {
  return is_ascii(text) && text.find_first_of(odd_) == text.npos;
}

void AsciiWords::operator()(std::string_view text, std::vector<std::string_view>& pieces) const {
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = end_of_piece(text, begin);
    pieces.push_back(text.substr(begin, end - begin));
    begin = end;
  }
}

std::size_t AsciiWords::end_of_piece(std::string_view text, std::size_t begin) const {
  const char first = text[begin];
  if (kind_of(first) != kMark) return end_of_word(text, begin);
  std::size_t end = begin + 1;
  if (first == '\r' && end < text.size() && text[end] == '\n') return end + 1;
  while (repeats_[static_cast<unsigned char>(first)] && end < text.size() && text[end] == first) {
    ++end;
  }
  return end;
}

std::size_t AsciiWords::end_of_word(std::string_view text, std::size_t begin) const {
  std::size_t end = begin + 1;
  while (end < text.size()) {
    if (kind_of(text[end]) != kMark) {
      ++end;
      continue;
    }
    const Kind before = kind_of(text[end - 1]);
    const bool goes_on = end + 1 < text.size() && kind_of(text[end + 1]) == before;
    if (!goes_on || !joins(text[end], before)) break;
    end += 2;
  }
  return end;
}

bool AsciiWords::joins(char mark, Kind kind) const {
  const auto k = static_cast<unsigned char>(mark);
  return kind == kLetter ? between_letters_[k] : kind == kDigit && between_digits_[k];
}

}  // namespace unroll
