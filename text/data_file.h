/// DataFile: a file of labelled texts, read whole, with what the reader understood of it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "unroll/text/records.h"

namespace unroll {

struct DataFile {
  std::string name;
  std::string format;                ///< "tsv", "csv", "json" …
  std::vector<std::string> columns;  ///< their names, if it has columns with names
  std::vector<Record> records;
  std::vector<std::string> groups;  ///< each record's value of the column of groups; or none
};

/// Reads as read_records does, and throws what that throws. `group_column` is the name or number of
/// a column besides, or "". Throws DataError if there is no such column.
DataFile read_data_file(const std::string& path, const ReadOptions& options, ReadReport& report,
                        const std::string& group_column = "");

}  // namespace unroll
