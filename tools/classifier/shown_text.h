/// Text as a terminal shows it, where East Asian characters and emoji take two columns.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace unroll {

/// The columns that valid UTF-8 without line breaks takes on a terminal, where East Asian
/// characters take two.
std::size_t columns_of(std::string_view text);

/// `text` on one line of at most so many columns, an ellipsis where it was cut. Control characters
/// become blanks, so that no text moves the cursor or changes colours.
std::string shown(std::string_view text, std::size_t most_columns);

}  // namespace unroll
