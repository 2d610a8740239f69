/// icu_pieces: a text in UTF-8 as the pieces between the boundaries that one of ICU's iterators
/// finds. Only .cpp files that use ICU include it.
#pragma once

#include <unicode/brkiter.h>
#include <unicode/locid.h>

#include <memory>
#include <string_view>
#include <vector>

namespace unroll {

/// The iterator of the root locale that `create` makes, such as
/// icu::BreakIterator::createWordInstance. Throws Error if ICU has no such rules, which are
/// `what`'s.
std::unique_ptr<icu::BreakIterator> make_break_iterator(
    icu::BreakIterator* (*create)(const icu::Locale&, UErrorCode&), std::string_view what);

/// Appends the pieces of valid `text`: put together they are the text. Throws DataError beyond the
/// 2 GiB that ICU can count.
void append_icu_pieces(icu::BreakIterator& iterator, std::string_view text,
                       std::vector<std::string_view>& pieces);

}  // namespace unroll
