/// The modules <peer>.so of a folder.
#pragma once

#include <filesystem>
#include <vector>

namespace unroll::bench {

/// What each module of the folder exports under this name, in the order of the files' names; none
/// if there is no such folder. Modules are loaded with RTLD_LOCAL, for good. Throws DataError for
/// one that can't be.
std::vector<const void*> load_modules(const std::filesystem::path& folder, const char* symbol);

}  // namespace unroll::bench
