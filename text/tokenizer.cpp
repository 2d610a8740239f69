#include "unroll/text/tokenizer.h"

#include <fmt/format.h>

#include "unroll/core/error.h"
#include "unroll/text/unicode.h"
#include "unroll/text/utf8.h"
#include "unroll/text/word_breaker.h"

namespace unroll {

namespace {

void require_utf8(std::string_view text) {
  const auto offset = invalid_utf8(text);
  if (offset) throw DataError(fmt::format("the text is not valid UTF-8 at byte {}", *offset));
}

bool is_all_blank(std::string_view text) {
  std::size_t offset = 0;
  while (offset < text.size()) {
    const auto character = next_character(text, offset);
    if (!character || !is_blank(*character)) return false;
  }
  return true;
}

std::vector<std::string> characters(std::string_view text) {
  std::vector<std::string> tokens;
  std::size_t offset = 0;
  while (offset < text.size()) {
    const std::size_t begin = offset;
    const auto character = next_character(text, offset);
    if (!character) break;
    if (!is_white_space(*character)) tokens.emplace_back(text.substr(begin, offset - begin));
  }
  return tokens;
}

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> tokens;
  append_words(text, tokens);
  return tokens;
}

/// A folded word can be empty (a soft hyphen) or hold white space (U+FDFA is a whole sentence), so
/// it is split again.
std::vector<std::string> broken_words(WordBreaker& breaker, std::string_view text, bool fold) {
  std::vector<std::string> tokens;
  for (const std::string_view piece : breaker(text)) {
    if (is_all_blank(piece)) continue;
    if (fold) {
      append_words(nfkc_casefold(piece), tokens);
    } else {
      tokens.emplace_back(piece);
    }
  }
  return tokens;
}

}  // namespace

std::string_view to_string(TokenizerKind kind) {
  switch (kind) {
    case TokenizerKind::kChar:
      return "char";
    case TokenizerKind::kSpace:
      return "space";
    case TokenizerKind::kIcu:
      return "icu";
  }
  return "";
}

std::optional<TokenizerKind> tokenizer_kind(std::string_view name) {
  for (const auto kind : {TokenizerKind::kChar, TokenizerKind::kSpace, TokenizerKind::kIcu}) {
    if (name == to_string(kind)) return kind;
  }
  return std::nullopt;
}

struct Tokenizer::Implementation {
  TokenizerSettings settings;
  std::optional<WordBreaker> breaker;  // only for kIcu
};

Tokenizer::Tokenizer(const TokenizerSettings& settings)
    : implementation_(std::make_unique<Implementation>()) {
  implementation_->settings = settings;
  if (settings.kind == TokenizerKind::kIcu) implementation_->breaker.emplace();
}

Tokenizer::~Tokenizer() = default;
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;

std::vector<std::string> Tokenizer::operator()(std::string_view text) {
  require_utf8(text);
  const TokenizerSettings& settings = implementation_->settings;
  if (auto& breaker = implementation_->breaker) return broken_words(*breaker, text, settings.fold);
  const std::string folded = settings.fold ? nfkc_casefold(text) : std::string(text);
  return settings.kind == TokenizerKind::kChar ? characters(folded) : words(folded);
}

}  // namespace unroll
