#include "unroll/text/word_breaker.h"

#include <unicode/brkiter.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>
#include <unicode/uscript.h>

#include <mutex>
#include <string>

#include "unroll/text/ascii_words.h"
#include "unroll/text/icu_pieces-inl.h"
#include "unroll/text/utf8.h"

namespace unroll {

namespace {

std::unique_ptr<icu::BreakIterator> word_iterator() {
  return make_break_iterator(icu::BreakIterator::createWordInstance, "word");
}

/// A letter of every script twice: ICU asks no engine about a single UTF-16 unit.
icu::UnicodeString letters_of_all_scripts() {
  icu::UnicodeString letters;
  for (int script = 0; script <= u_getIntPropertyMaxValue(UCHAR_SCRIPT); ++script) {
    const icu::UnicodeString letter =
        uscript_getSampleUnicodeString(static_cast<UScriptCode>(script));
    letters += letter;
    letters += letter;
  }
  return letters;
}

/// ICU loads the engine of a script, a dictionary or a network, when the process first cuts a
/// letter of it. Some engines also take characters that belong to no script, such as the prolonged
/// sound mark ー, and these are cut otherwise before such an engine is there (ICU4N#100).
void load_engines() {
  const icu::UnicodeString letters = letters_of_all_scripts();  // the iterator looks into it
  const auto iterator = word_iterator();
  iterator->setText(letters);
  while (iterator->next() != icu::BreakIterator::DONE) {
  }
}

/// An iterator that has cut nothing, in a process that has every engine.
std::unique_ptr<icu::BreakIterator> make_unused_iterator() {
  static std::once_flag loaded;
  std::call_once(loaded, load_engines);
  return word_iterator();
}

AsciiWords made_ascii_words() {
  const auto unused = word_iterator();
  return AsciiWords([&](const std::string& text) {
    std::vector<std::string_view> pieces;
    append_icu_pieces(*std::unique_ptr<icu::BreakIterator>(unused->clone()), text, pieces);
    return pieces.size() == 1;
  });
}

/// Made once, by some hundred texts.
const AsciiWords& ascii_words() {
  static const AsciiWords words = made_ascii_words();
  return words;
}

}  // namespace

struct WordBreaker::Implementation {
  std::unique_ptr<icu::BreakIterator> unused;  // made for the first text that is not ASCII
};

WordBreaker::WordBreaker() : implementation_(std::make_unique<Implementation>()) {}
WordBreaker::~WordBreaker() = default;
WordBreaker::WordBreaker(WordBreaker&&) noexcept = default;
WordBreaker& WordBreaker::operator=(WordBreaker&&) noexcept = default;

std::vector<std::string_view> WordBreaker::operator()(std::string_view text) {
  std::vector<std::string_view> pieces;
  if (is_ascii(text) && ascii_words().knows(text)) {
    ascii_words()(text, pieces);
    return pieces;
  }
  if (!implementation_->unused) implementation_->unused = make_unused_iterator();
  // An iterator keeps a list of the scripts it met that have no engine, and then leaves ー to that
  // list too. So each text has an iterator that has met nothing; a clone takes a third of a µs.
  const std::unique_ptr<icu::BreakIterator> iterator(implementation_->unused->clone());
  append_icu_pieces(*iterator, text, pieces);
  return pieces;
}

}  // namespace unroll
