/// The modules of this folder as contenders of the race.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "bench/peers/peer.h"
#include "unroll/tools/lab/race/activation_race.h"

namespace unroll::bench {

class Peers {
 public:
  /// Loads every <peer>.so of the folder that this CPU can run, for good; none if there is no such
  /// folder. Throws DataError for one that can't be loaded.
  explicit Peers(const std::filesystem::path& folder);

  const std::vector<ActivationContender>& contenders() const noexcept { return contenders_; }

  /// "SLEEF 3.5.1", each once.
  const std::vector<std::string>& versions() const noexcept { return versions_; }

 private:
  void add(const Peer& peer);

  std::vector<ActivationContender> contenders_;
  std::vector<std::string> versions_;
};

}  // namespace unroll::bench
