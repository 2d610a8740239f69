/// Which columns of a TSV or CSV file hold the text, the label and the weight.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/text/records.h"
#include "unroll/text/row.h"

namespace unroll {

/// Counted from 0.
struct Columns {
  std::vector<std::size_t> texts;  ///< at least one
  std::size_t label = 0;           ///< the first text's, where labels were not asked for
  std::optional<std::size_t> weight;
  std::size_t most = 0;  ///< the largest of these
};

/// Finds the columns by the names in the first row, or by number if no column has that name. Throws
/// DataError, which lists the columns, if a column is missing, if its name occurs twice, or if two
/// of text, label and weight are one column. `warning` is set if a name is that of one column and
/// the number of another.
Columns columns_by_name(const Row& header, const ReadOptions& options, const std::string& file,
                        std::string& warning);

/// Finds the columns by number, for a file without header. Throws UsageError if the options hold
/// anything else, or the same number twice.
Columns columns_by_number(const ReadOptions& options);

/// Whether the wanted columns, by name, are all among these cells.
bool are_named(const std::vector<std::string>& cells, const ReadOptions& options);

/// Whether the options name columns by number alone.
bool are_numbers(const ReadOptions& options);

/// The cells of a line, without the quotes and blanks around them. A separator in quotes cuts, too.
std::vector<std::string> cells_of(std::string_view line, char separator);

/// The line (from 1) among the first ones whose cells have the wanted names, whatever separates
/// them; 0 if there is none.
std::size_t line_of_names(std::string_view content, const ReadOptions& options);

/// What is between the wanted names where a line is nothing but them; "" if it is not.
std::string between_names(std::string_view line, const ReadOptions& options);

/// The first names, in quotes, and how many there are, as a message lists them.
std::string list_of_names(const std::vector<std::string>& names);

/// The parts of "title,body".
std::vector<std::string> parts_of(std::string_view names);

}  // namespace unroll
