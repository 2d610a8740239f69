#include "bench/peers/cells/load_cell_peers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <memory>
#include <utility>
#include <vector>

#include "bench/peers/cells/cell_peer.h"
#include "bench/peers/load_modules.h"
#include "unroll/core/error.h"

namespace unroll::bench {
namespace {

CellPeerKind kind_of(Activation activation) {
  switch (activation) {
    case Activation::kTanh:
      return CellPeerKind::kTanhRnn;
    case Activation::kSigmoid:
      return CellPeerKind::kSigmoidRnn;
    case Activation::kRelu:
      return CellPeerKind::kReluRnn;
  }
  return CellPeerKind::kTanhRnn;
}

CellPeerKind kind_of(const CellCase& at) {
  switch (at.cell) {
    case Cell::kRnn:
      return kind_of(at.activation);
    case Cell::kLstm:
      return CellPeerKind::kLstm;
    case Cell::kGru:
      return CellPeerKind::kGru;
  }
  return CellPeerKind::kLstm;
}

CellPeerProblem as_peers_see_it(const CellProblem& problem, const std::vector<std::int32_t>& ids) {
  const CellCase& at = problem.at;
  return {.kind = kind_of(at),
          .train = at.pass == CellPass::kTrain,
          .steps = at.steps,
          .batch = at.batch,
          .input = at.input,
          .hidden = at.hidden,
          .U = problem.U.data(),
          .W = problem.W.data(),
          .b = problem.b.data(),
          .d = problem.d.values().empty() ? nullptr : problem.d.data(),
          .x = ids.empty() ? problem.x.data() : nullptr,
          .dh = problem.dh.data(),
          .ids = ids.empty() ? nullptr : ids.data(),
          .E = problem.E.data(),
          .vocabulary = at.vocabulary};
}

class PeerRunner : public CellRunner {
 public:
  using Layer = std::unique_ptr<void, void (*)(void*)>;

  /// `ids`: where the layer reads them.
  PeerRunner(const CellPeer& peer, const CellProblem& problem, std::vector<std::int32_t> ids,
             Layer layer)
      : peer_(peer), problem_(problem), ids_(std::move(ids)), layer_(std::move(layer)) {}

  void run() override {
    std::ranges::copy(problem_.ids_of(pass_++), ids_.begin());
    peer_.run(layer_.get());
  }

  CellOutputs outputs() const override {
    CellOutputs out;
    out.h.resize(problem_.dh.shape());
    if (problem_.at.pass == CellPass::kTrain) {
      out.dU.resize(problem_.U.shape());
      out.dW.resize(problem_.W.shape());
      out.db.resize(problem_.b.shape());
      out.dd.resize(problem_.d.shape());
    }
    float* const dd = out.dd.values().empty() ? nullptr : out.dd.data();
    peer_.read(layer_.get(), {out.h.data(), out.dU.data(), out.dW.data(), out.db.data(), dd});
    return out;
  }

 private:
  const CellPeer& peer_;
  const CellProblem& problem_;
  std::vector<std::int32_t> ids_;
  std::size_t pass_ = 0;
  Layer layer_;
};

CellContender contender(const CellPeer& peer) {
  const auto make = [&peer](const CellProblem& problem,
                            std::size_t threads) -> std::unique_ptr<CellRunner> {
    try {
      std::vector<std::int32_t> ids(problem.ids_of(0).size());
      PeerRunner::Layer layer(peer.make(as_peers_see_it(problem, ids), static_cast<int>(threads)),
                              peer.destroy);
      if (!layer) return nullptr;
      return std::make_unique<PeerRunner>(peer, problem, std::move(ids), std::move(layer));
    } catch (const std::exception& error) {
      throw DataError(
          fmt::format("{}, {}: {}", peer.implementation, to_string(problem.at), error.what()));
    }
  };
  return {peer.implementation, make};
}

}  // namespace

CellPeers load_cell_peers(const std::filesystem::path& folder) {
  CellPeers found;
  for (const void* exported : load_modules(folder, kCellPeerSymbol)) {
    const auto& peer = *static_cast<const CellPeer*>(exported);
    found.contenders.push_back(contender(peer));
    found.versions.emplace_back(peer.version);
  }
  return found;
}

}  // namespace unroll::bench
