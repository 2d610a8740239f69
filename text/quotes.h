/// Quotes between tabs: whether they are the file's, as a writer of CSV puts them around a field,
/// or the text's.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

namespace unroll {

struct QuoteEvidence {
  bool are_of_the_file = false;
  std::size_t in_doubt = 0;    ///< fields in quotes where that can't be told
  std::size_t first_line = 0;  ///< the first of these fields
};

/// They are the file's if every quote is where a writer of CSV puts one, and either a field in
/// quotes needs them (for a doubled quote, a separator or a line break), or the first row is in
/// quotes, or nearly all texts are.
/// `pause` is called now and then between two rows.
QuoteEvidence examine_quotes(std::string_view records, char separator,
                             const std::function<void()>& pause = {});

}  // namespace unroll
