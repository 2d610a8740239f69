#include "unroll/text/tokenizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "unroll/core/error.h"
#include "unroll/text/folding.h"
#include "unroll/text/grapheme_breaker.h"
#include "unroll/text/jieba_dictionary.h"
#include "unroll/text/subwords.h"
#include "unroll/text/unicode.h"
#include "unroll/text/utf8.h"
#include "unroll/text/word_breaker.h"

namespace unroll {

namespace {

using Tokens = std::vector<std::string>;

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

void append_code_points(std::string_view text, Tokens& tokens) {
  for (std::size_t begin = 0, end = 0; begin < text.size(); begin = end) {
    const auto character = next_character(text, end);
    if (!character) break;
    if (!is_white_space(*character)) tokens.emplace_back(text.substr(begin, end - begin));
  }
}

/// is_all_blank of ASCII, where all that is not printed is a control or white space.
bool is_blank_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c <= ' ' || c == '\x7F'; });
}

/// What most pieces of Chinese text are: folding changes nothing of them.
bool is_plain_asian(std::string_view text) {
  for (std::size_t offset = 0; offset < text.size();) {
    const auto character = next_character(text, offset);
    if (!character || !unroll::is_plain_asian(*character)) return false;
  }
  return true;
}

bool has_white_space(std::string_view text) {
  for (std::size_t offset = 0; offset < text.size();) {
    const auto character = next_character(text, offset);
    if (!character || is_white_space(*character)) return true;
  }
  return false;
}

/// The words of a folded piece. Nearly every piece is one, and then it is not copied.
void append_folded(std::string folded, Tokens& tokens) {
  if (folded.empty()) return;
  if (has_white_space(folded)) return append_words(folded, tokens);
  tokens.push_back(std::move(folded));
}

constexpr std::string_view kKeycap = "\u20E3";  // the frame around the digit before it

}  // namespace

std::string_view to_string(TokenizerKind kind) {
  switch (kind) {
    case TokenizerKind::kChar:
      return "char";
    case TokenizerKind::kSpace:
      return "space";
    case TokenizerKind::kIcu:
      return "icu";
    case TokenizerKind::kJieba:
      return "jieba";
    case TokenizerKind::kSubword:
      return "subword";
  }
  return "";
}

std::optional<TokenizerKind> tokenizer_kind(std::string_view name) {
  for (const auto kind : kAllTokenizers) {
    if (name == to_string(kind)) return kind;
  }
  return std::nullopt;
}

bool becomes_characters(std::string_view word, const TokenizerSettings& settings) {
  return is_unspaced(
      word, settings.rules >= kWholeCharacters ? ScriptMembers::kShared : ScriptMembers::kOwn);
}

struct Tokenizer::Implementation {
  explicit Implementation(const TokenizerSettings& wanted);

  Tokens tokens_of(std::string_view text);
  Tokens characters(std::string_view text);
  void append_character(std::string_view character, Tokens& tokens);
  const std::string& folded_code_point(std::string_view character);
  void append_pieces(const std::vector<std::string_view>& pieces, Tokens& tokens);
  void append_piece(std::string_view piece, Tokens& tokens);

  TokenizerSettings settings;
  FoldSettings folding;
  std::optional<WordBreaker> words;
  std::optional<GraphemeBreaker> graphemes;
  std::optional<JiebaCutter> jieba;
  std::optional<SubwordCutter> subwords;
  std::vector<std::string_view> found;                  // characters of a text
  std::unordered_map<std::string, std::string> folded;  // code points that were met
};

Tokenizer::Implementation::Implementation(const TokenizerSettings& wanted)
    : settings(wanted), folding(wanted.folding()) {
  if (settings.rules >= kWholeCharacters) graphemes.emplace();
  switch (settings.kind) {
    case TokenizerKind::kChar:
    case TokenizerKind::kSpace:
      break;
    case TokenizerKind::kIcu:
      words.emplace();
      break;
    case TokenizerKind::kJieba:
      jieba.emplace(settings.dictionary->cutter());
      break;
    case TokenizerKind::kSubword:
      subwords.emplace(*settings.subwords);
      break;
  }
}

std::vector<std::string> Tokenizer::Implementation::tokens_of(std::string_view text) {
  Tokens tokens;
  switch (settings.kind) {
    case TokenizerKind::kChar:
      return characters(text);
    case TokenizerKind::kSpace:
      append_words(fold(text, folding), tokens);
      break;
    case TokenizerKind::kIcu:
      append_pieces((*words)(text), tokens);
      break;
    case TokenizerKind::kJieba:
      append_pieces((*jieba)(text), tokens);
      break;
    case TokenizerKind::kSubword:
      return (*subwords)(fold(text, folding));
  }
  return tokens;
}

/// By the first rules, characters are the code points of the folded text, as they are in ASCII.
Tokens Tokenizer::Implementation::characters(std::string_view text) {
  Tokens tokens;
  if (!graphemes || is_ascii(text)) {
    append_code_points(fold(text, folding), tokens);
    return tokens;
  }
  found.clear();
  (*graphemes)(text, found);
  tokens.reserve(found.size());
  for (const std::string_view character : found) append_character(character, tokens);
  return tokens;
}

/// A letter with its marks stays one token, whatever folding makes of it. One code point that
/// is several characters in a compatible form, such as ㎏, becomes these.
void Tokenizer::Implementation::append_character(std::string_view character, Tokens& tokens) {
  std::size_t size = 0;
  const char32_t first = next_character(character, size).value_or(U' ');
  if (is_white_space(first)) return;  // alone, or a carriage return before a line feed
  if (size < character.size()) {
    append_piece(character, tokens);
  } else if (unroll::is_plain_asian(first)) {
    tokens.emplace_back(character);
  } else {
    append_code_points(size == 1 ? fold(character, folding) : folded_code_point(character), tokens);
  }
}

/// ICU takes a fifth of a µs for one.
const std::string& Tokenizer::Implementation::folded_code_point(std::string_view character) {
  const auto [entry, is_new] = folded.try_emplace(std::string(character));
  if (is_new) entry->second = fold(character, folding);
  return entry->second;
}

void Tokenizer::Implementation::append_pieces(const std::vector<std::string_view>& pieces,
                                              Tokens& tokens) {
  tokens.reserve(pieces.size());
  for (const std::string_view piece : pieces) {
    if (is_ascii(piece)) {
      if (!is_blank_ascii(piece)) tokens.push_back(fold(piece, folding));
    } else if (is_plain_asian(piece)) {
      tokens.emplace_back(piece);
    } else if (is_all_blank(piece)) {
      continue;
    } else if (graphemes && piece.size() > kKeycap.size() && piece.find(kKeycap) != piece.npos) {
      found.clear();
      (*graphemes)(piece, found);
      for (const std::string_view character : found) append_piece(character, tokens);
    } else {
      append_piece(piece, tokens);
    }
  }
}

/// A folded piece can be empty (a soft hyphen) or hold white space (U+FDFA is a whole sentence), so
/// it is split again.
void Tokenizer::Implementation::append_piece(std::string_view piece, Tokens& tokens) {
  if (!folding.on) {
    tokens.emplace_back(piece);
  } else if (graphemes && is_joined_emoji(piece)) {
    tokens.push_back(without_variation_selectors(piece));
  } else {
    append_folded(fold(piece, folding), tokens);
  }
}

Tokenizer::Tokenizer(const TokenizerSettings& settings)
    : implementation_(std::make_unique<Implementation>(settings)) {}

Tokenizer::~Tokenizer() = default;
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;

std::vector<std::string> Tokenizer::operator()(std::string_view text) {
  require_utf8(text);
  return implementation_->tokens_of(text);
}

}  // namespace unroll
