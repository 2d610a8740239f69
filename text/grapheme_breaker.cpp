#include "unroll/text/grapheme_breaker.h"

#include <unicode/brkiter.h>
#include <unicode/uchar.h>

#include "unroll/text/icu_pieces-inl.h"
#include "unroll/text/utf8.h"

namespace unroll {

namespace {

std::unique_ptr<icu::BreakIterator> grapheme_iterator() {
  return make_break_iterator(icu::BreakIterator::createCharacterInstance, "character");
}

bool is_often_met(char32_t c) {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3001 && c <= 0x3020) ||
         (c >= 0x3041 && c <= 0x3096) || (c >= 0x30A0 && c <= 0x30FF) ||
         (c >= 0xFF01 && c <= 0xFF60);
}

/// Whether a code point neither joins what is before it nor what follows, unless that joins it.
/// Between two of these is always a boundary.
bool is_plain_character(char32_t c) noexcept {
  constexpr char32_t kFirstMark = 0x300;  // of the marks that join a letter
  if (c < kFirstMark) return c != '\r';
  return is_often_met(c) || u_getIntPropertyValue(static_cast<UChar32>(c),
                                                  UCHAR_GRAPHEME_CLUSTER_BREAK) == U_GCB_OTHER;
}

}  // namespace

struct GraphemeBreaker::Implementation {
  std::unique_ptr<icu::BreakIterator> iterator = grapheme_iterator();
};

GraphemeBreaker::GraphemeBreaker() : implementation_(std::make_unique<Implementation>()) {}
GraphemeBreaker::~GraphemeBreaker() = default;
GraphemeBreaker::GraphemeBreaker(GraphemeBreaker&&) noexcept = default;
GraphemeBreaker& GraphemeBreaker::operator=(GraphemeBreaker&&) noexcept = default;

/// ICU gets only the stretches between two plain characters where something may join: it takes ten
/// times as long as a look at each character.
void GraphemeBreaker::operator()(std::string_view text, std::vector<std::string_view>& characters) {
  std::size_t stretch = 0;  // where it begins
  bool may_join = false, was_plain = true;
  for (std::size_t begin = 0, end = 0; begin < text.size(); begin = end) {
    const auto c = next_character(text, end);
    const bool is_plain = is_plain_character(c.value_or(0));
    if (is_plain && was_plain) {
      add_stretch(text.substr(stretch, begin - stretch), may_join, characters);
      stretch = begin;
      may_join = false;
    }
    may_join = may_join || !is_plain;
    was_plain = is_plain;
  }
  add_stretch(text.substr(stretch), may_join, characters);
}

void GraphemeBreaker::add_stretch(std::string_view stretch, bool may_join,
                                  std::vector<std::string_view>& characters) {
  if (may_join) {
    append_icu_pieces(*implementation_->iterator, stretch, characters);
  } else if (!stretch.empty()) {
    characters.push_back(stretch);
  }
}

}  // namespace unroll
