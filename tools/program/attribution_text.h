/// What `unroll why` prints about one text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "unroll/tools/classifier/attribution.h"

namespace unroll {

struct AttributionForm {
  std::size_t width = 80;  ///< columns of a line
  std::size_t top = 10;    ///< n-grams, and with colours also tokens, that are listed
  bool colors = false;     ///< the text itself is shown, coloured by what speaks for the label
};

/// For people: the decision, the text or all of its tokens, the n-grams, and how the parts add up.
std::string to_text(const Attribution& attribution, std::string_view text,
                    const AttributionForm& form);

/// One JSON object.
std::string to_json(const Attribution& attribution, std::string_view text);

}  // namespace unroll
