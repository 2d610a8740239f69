/// The worked example on paper: as a sheet of formulas with numbers in them, and as CSV.
#pragma once

#include <string>
#include <vector>

#include "unroll/tools/lab/sheets/sheet.h"
#include "unroll/tools/lab/sheets/worked_example.h"

namespace unroll {

/// What a reader knows the sequence by.
struct WorkedExampleNames {
  std::string title;
  std::vector<std::string> tokens;  ///< (T)
  std::vector<std::string> labels;  ///< (K)
};

/// In the order of reading: forward, output and loss, backward, gradients, paths. The first `units`
/// components of each column are shown. Steps that no path visits are given by their results only.
Sheet to_sheet(const WorkedExample& example, const WorkedExampleNames& names, std::size_t units);

/// Every value in full, a line each: name,step,row,column,value. Steps (of the text), rows and
/// columns count from 1 and are empty where a value has none. The gates of an LSTM are apart
/// (z_f, dW_o, …). Paths: dz_path, dW_path, dU_path with step k (dz_f_path, …), then dW_part,
/// dU_part, db_part.
std::string to_csv(const WorkedExample& example);

}  // namespace unroll
