/// Which columns of a TSV or CSV file hold the text and the label.
#pragma once

#include <cstddef>
#include <string>

#include "unroll/text/records.h"
#include "unroll/text/row.h"

namespace unroll {

/// Counted from 0.
struct Columns {
  std::size_t text = 0;
  std::size_t label = 0;  ///< the same as text, where labels were not asked for
};

/// Finds the columns by the names in the first row, or by number if no column has that name. Throws
/// DataError, which lists the columns, if a column is missing or its name occurs twice.
Columns columns_by_name(const Row& header, const ReadOptions& options, const std::string& file);

/// Finds the columns by number, for a file without header. Throws UsageError if the options hold
/// anything else.
Columns columns_by_number(const ReadOptions& options);

}  // namespace unroll
