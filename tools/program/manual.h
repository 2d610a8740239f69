/// The manual page, unroll(1), in the roff of man(7).
#pragma once

#include <string>

#include "unroll/tools/program/flag_table.h"

namespace unroll {

std::string manual_page(const CommandDescription& program);

}  // namespace unroll
