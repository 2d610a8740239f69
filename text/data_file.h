/// DataFile: a file of labelled texts, read whole, with what the reader understood of it.
#pragma once

#include <cstddef>
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
  std::size_t left_out = 0;         ///< rows behind these, which are not held
};

/// Reads as read_records does, and throws what that throws. `group_column` is the name or number of
/// a column besides, or "". Throws DataError if there is no such column.
DataFile read_data_file(const std::string& path, const ReadOptions& options, ReadReport& report,
                        const std::string& group_column = "");

/// The first records, as many as have about `most_bytes` of text together. The rest of the file is
/// read, too, but not held: the file may be larger than memory if it is plain text.
DataFile read_beginning(const std::string& path, const ReadOptions& options, ReadReport& report,
                        std::size_t most_bytes);

}  // namespace unroll
