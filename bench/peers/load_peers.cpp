#include "bench/peers/load_peers.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <span>
#include <utility>

#include "unroll/core/error.h"
#include "unroll/kernels/isa.h"

namespace unroll::bench {
namespace {

std::vector<std::filesystem::path> modules_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  if (!std::filesystem::is_directory(folder)) return paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".so") paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  return paths;
}

/// The peers of a module, which stays loaded.
std::span<const Peer> load(const std::filesystem::path& path) {
  void* const module = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  const void* const list = module != nullptr ? dlsym(module, kPeerListSymbol) : nullptr;
  if (list == nullptr) throw DataError(fmt::format("a peer can't be loaded: {}", dlerror()));
  const PeerList& found = *static_cast<const PeerList*>(list);
  return {found.peers, found.count};
}

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
  for (const std::filesystem::path& path : modules_in(folder)) {
    for (const Peer& peer : load(path)) {
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
