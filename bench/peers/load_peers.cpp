#include "bench/peers/load_peers.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <span>
#include <utility>

#include "bench/peers/load_modules.h"
#include "unroll/kernels/isa.h"

namespace unroll::bench {
namespace {

bool can_run(const Peer& peer) {
  if (peer.isa == nullptr) return true;
  const std::vector<Isa> isas = available_isas();
  return std::ranges::any_of(isas, [&](Isa isa) { return to_string(isa) == peer.isa; });
}

std::map<std::string, ArrayFunction, std::less<>> named(const PeerFunctions& functions) {
  const std::pair<const char*, PeerFunction> all[] = {
      {"exp", functions.exp},   {"expm1", functions.expm1},     {"log", functions.log},
      {"tanh", functions.tanh}, {"sigmoid", functions.sigmoid}, {"relu", functions.relu},
  };
  std::map<std::string, ArrayFunction, std::less<>> present;
  for (const auto& [name, function] : all) {
    if (function != nullptr) present.emplace(name, function);
  }
  return present;
}

}  // namespace

Peers::Peers(const std::filesystem::path& folder) {
  for (const void* exported : load_modules(folder, kPeerListSymbol)) {
    const auto& list = *static_cast<const PeerList*>(exported);
    for (const Peer& peer : std::span(list.peers, list.count)) {
      if (can_run(peer)) add(peer);
    }
  }
}

void Peers::add(const Peer& peer) {
  std::function<void(std::size_t)> set_threads;
  if (peer.set_threads != nullptr) {
    set_threads = [&peer](std::size_t count) { peer.set_threads(static_cast<int>(count)); };
  }
  contenders_.push_back({.implementation = peer.implementation,
                         .isa = peer.isa != nullptr ? peer.isa : peer.chosen_isa(),
                         .functions = named(peer.functions),
                         .set_threads = std::move(set_threads)});
  if (std::ranges::find(versions_, peer.version) == versions_.end()) {
    versions_.emplace_back(peer.version);
  }
}

}  // namespace unroll::bench
