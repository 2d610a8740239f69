/// What a module of this folder (<peer>.so) offers to the race of bench/activations.
///
/// A peer is another library's functions, compiled apart and loaded with RTLD_LOCAL: neither its
/// flags nor what it links (another OpenMP, another oneDNN) reach ours or the other peers.
#pragma once

#include <cstddef>

namespace unroll::bench {

/// y (n) = f(x (n)); n a multiple of 16, both arrays aligned to 64 bytes and apart.
using PeerFunction = void (*)(std::size_t n, const float* x, float* y);

/// Null where the library has no such function.
struct PeerFunctions {
  PeerFunction exp = nullptr;
  PeerFunction expm1 = nullptr;
  PeerFunction log = nullptr;
  PeerFunction tanh = nullptr;
  PeerFunction sigmoid = nullptr;
  PeerFunction relu = nullptr;
};

struct Peer {
  const char* implementation = nullptr;  ///< as in the table: "sleef-u10"
  const char* version = nullptr;         ///< of the library: "SLEEF 3.5.1"
  const char* isa = nullptr;             ///< "avx2", "avx512"; null: the library chooses one
  PeerFunctions functions;
  const char* (*chosen_isa)() = nullptr;  ///< where isa is null: the one chosen on this CPU
  /// Null: a function runs on the thread that calls it, and any thread may call it. Else it divides
  /// the array among so many threads of its own, and one thread at a time may call it.
  void (*set_threads)(int count) = nullptr;
};

/// Data, not a function: whether this CPU can run a module is known before any of its code runs.
struct PeerList {
  const Peer* peers;
  std::size_t count;
};

/// The name of the PeerList that a module exports.
inline constexpr char kPeerListSymbol[] = "unroll_bench_peers";

}  // namespace unroll::bench

/// A macro's value as text.
#define UNROLL_TEXT_OF(x) #x
#define UNROLL_TEXT(x) UNROLL_TEXT_OF(x)

/// Exports an array of peers from a module.
#define UNROLL_EXPORT_PEERS(array)                  \
  extern "C" __attribute__((visibility("default"))) \
  const unroll::bench::PeerList unroll_bench_peers = {array, sizeof(array) / sizeof(array[0])};
