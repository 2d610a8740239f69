/// The modules of this folder as contenders of the race.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "unroll/tools/lab/race/cell_contender.h"

namespace unroll::bench {

struct CellPeers {
  std::vector<CellContender> contenders;
  std::vector<std::string> versions;  ///< "oneDNN 2.6.3"
};

/// Every <peer>.so of the folder; none if there is no such folder. Throws DataError for one that
/// can't be loaded.
CellPeers load_cell_peers(const std::filesystem::path& folder);

}  // namespace unroll::bench
