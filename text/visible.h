/// Text as a message or a table shows it: what nobody sees is written out.
#pragma once

#include <string>
#include <string_view>

namespace unroll {

/// `text` with tab and line break as \t, \n, \r, other controls as \xNN, and characters
/// that are invisible, odd blanks or change the direction as \uNNNN. A byte that is no UTF-8 is
/// \xNN.
std::string visible(std::string_view text);

}  // namespace unroll
