/// What a module of this folder (peers/cells/<peer>.so) offers to the race of bench/cells: another
/// library's recurrent layers, compiled apart and loaded as those of bench/peers/peer.h are.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace unroll::bench {

/// kGru resets after the product with W.
enum class CellPeerKind { kLstm, kGru, kTanhRnn, kSigmoidRnn, kReluRnn };

/// One layer in one direction on a dense batch, h_0 = C_0 = 0. G gates: an LSTM has 4, stacked f i
/// a o, a GRU 3, stacked r u h̃, an RNN 1. The arrays outlive what is made of them.
struct CellPeerProblem {
  CellPeerKind kind;
  bool train;          ///< also ∂L/∂U, ∂L/∂W, ∂L/∂b
  std::size_t steps;   ///< T
  std::size_t batch;   ///< B
  std::size_t input;   ///< I
  std::size_t hidden;  ///< H
  const float* U;      ///< (G·H, I)
  const float* W;      ///< (G·H, H)
  const float* b;      ///< (G·H)
  const float* d;      ///< (H) of a GRU, inside the reset; otherwise null
  const float* x;      ///< (T, B, I); null where it is to be read by ids
  const float* dh;     ///< (T, B, H), of a training step

  // From token ids, forward only: x_t is row ids_t of E. Before each pass the ids are others.
  const std::int32_t* ids;  ///< (T, B); null where x is given
  const float* E;           ///< (V, I)
  std::size_t vocabulary;   ///< V
};

inline std::size_t gates_of(const CellPeerProblem& problem) {
  switch (problem.kind) {
    case CellPeerKind::kLstm:
      return 4;
    case CellPeerKind::kGru:
      return 3;
    case CellPeerKind::kTanhRnn:
    case CellPeerKind::kSigmoidRnn:
    case CellPeerKind::kReluRnn:
      break;
  }
  return 1;
}

/// x (T·B, stride) of the ids, for a library that has no embedding of its own.
inline void gather_input(const CellPeerProblem& problem, float* x, std::size_t stride) {
  for (std::size_t n = 0; n < problem.steps * problem.batch; ++n) {
    const float* const row = problem.E + static_cast<std::size_t>(problem.ids[n]) * problem.input;
    std::copy_n(row, problem.input, x + n * stride);
  }
}

/// Where outputs go; the gradients are null unless the problem is to train, dd unless it is a GRU.
/// Each has the shape of its h, U, W, b or d.
struct CellPeerOutputs {
  float* h;
  float* dU;
  float* dW;
  float* db;
  float* dd;
};

struct CellPeer {
  const char* implementation;  ///< "onednn"
  const char* version;         ///< of the library
  /// A layer on so many threads of the library's own; null where it has none such.
  void* (*make)(const CellPeerProblem& problem, int threads);
  void (*run)(void* layer);
  void (*read)(void* layer, const CellPeerOutputs& outputs);  ///< of the last run
  void (*destroy)(void* layer);
};

/// A class with `static std::unique_ptr<Layer> make(problem, threads)`, run() and read(outputs).
template <typename Layer>
constexpr CellPeer cell_peer(const char* implementation, const char* version) {
  return {implementation,
          version,
          [](const CellPeerProblem& problem, int threads) -> void* {
            return Layer::make(problem, threads).release();
          },
          [](void* layer) { static_cast<Layer*>(layer)->run(); },
          [](void* layer, const CellPeerOutputs& outputs) {
            static_cast<Layer*>(layer)->read(outputs);
          },
          [](void* layer) { delete static_cast<Layer*>(layer); }};
}

/// `blocks`, one a gate, with the first two swapped, which leads there and back; one block stays.
/// An LSTM of PyTorch and oneDNN has i f a o where ours has f i a o, a GRU of oneDNN u r h̃.
inline std::vector<float> swap_first_gates(const float* blocks, std::size_t gates,
                                           std::size_t values) {
  const std::size_t block = values / gates;
  std::vector<float> swapped(blocks, blocks + values);
  if (gates > 1)
    std::swap_ranges(swapped.begin(), swapped.begin() + block, swapped.begin() + block);
  return swapped;
}

/// The name of the CellPeer that a module exports.
inline constexpr char kCellPeerSymbol[] = "unroll_bench_cell_peer";

}  // namespace unroll::bench

/// Exports a peer from a module.
#define UNROLL_EXPORT_CELL_PEER(peer)               \
  extern "C" __attribute__((visibility("default"))) \
  const unroll::bench::CellPeer unroll_bench_cell_peer = peer;
