/// The helper threads of the process, and the jobs that callers share with them. Only parallel.cpp
/// uses this header; everybody else calls parallel_for and its siblings (parallel.h).
///
/// OpenMP makes the helpers: one region that lasts until the number of threads changes. libgomp
/// itself waits at the end of every region by spinning for milliseconds, and takes no other setting
/// than its environment's; so no region ends while there is work, and the waiting is ours (spin.h).
/// The region belongs to a thread of its own, the host, not to a caller: any thread may call, and a
/// forked child, which has none of its parent's threads, makes a host and a region anew.
///
/// A job is a number of pieces. The caller takes pieces itself until none is left, helpers take
/// some meanwhile, and the caller waits only for pieces that a helper has begun. So a helper that
/// sleeps, that works for somebody else or that has no processor delays nobody.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>

#include "unroll/core/function_ref.h"

namespace unroll {

/// Pieces of one job: bit k of word k / 64 is piece k.
inline constexpr std::size_t kMostPieces = 256;
using PieceSet = std::array<std::uint64_t, kMostPieces / 64>;

/// The place of one job at a time. It outlives the job, so a helper that is late may look at it.
class alignas(64) JobSlot {
 public:
  bool claim() noexcept { return !claimed_.exchange(true, std::memory_order_acquire); }
  void release() noexcept { claimed_.store(false, std::memory_order_release); }

  /// Opens pieces first … last − 1 of a job; thread k likes those from k · share on. `body` must
  /// live until `finish`.
  void open(std::size_t first, std::size_t last, std::size_t share,
            const FunctionRef<std::size_t>& body) noexcept;
  /// Takes a piece for thread `number` (0: the caller): the first open one of those that it likes
  /// and that follow, or else of all. kMostPieces: none is open.
  std::size_t take(std::size_t number) noexcept;
  /// Runs a piece that was taken; keeps the first exception.
  void run(std::size_t piece) noexcept;
  /// Takes all pieces that are still open, runs none of them, and says which were taken before.
  PieceSet close() noexcept;
  /// Waits for the pieces that helpers have taken; throws what a piece has thrown.
  void finish();
  /// Whether every open piece has been taken.
  bool is_taken() const noexcept;

 private:
  std::size_t take_from(std::size_t word, std::uint64_t among) noexcept;
  void count_done(std::uint32_t pieces) noexcept;

  std::array<std::atomic<std::uint64_t>, kMostPieces / 64> open_{};
  std::atomic<std::size_t> share_{1};  ///< read before a piece is taken: only a hint
  PieceSet all_{};
  const FunctionRef<std::size_t>* body_ = nullptr;
  alignas(64) std::atomic<std::uint32_t> unfinished_{0};
  std::atomic<bool> failed_{false};
  std::exception_ptr failure_;
  std::atomic<bool> claimed_{false};
};

class ThreadPool {
 public:
  /// The process's.
  static ThreadPool& instance();

  /// Makes as many helpers as this, or as the system allows; a different number is made anew. Not
  /// to be called by a helper. Where another thread is just making them, it returns at once.
  void prepare(std::size_t helpers);
  std::size_t helpers() const noexcept { return helpers_.load(std::memory_order_acquire); }
  /// Whether a helper is awake, and so can answer within a microsecond.
  bool is_awake() const noexcept;

  /// A slot for a caller's job; null if there are too many callers at once.
  JobSlot* claim_slot() noexcept;
  /// Tells helpers that a slot has open pieces; wakes `wanted` of them if they sleep.
  void announce(std::size_t wanted) noexcept;

  /// Whether the calling thread is running a piece.
  static bool is_inside() noexcept;

 private:
  /// While one lives, its thread is inside.
  friend class Inside;

  ThreadPool();
  void start(std::size_t helpers);
  void stop();
  void host(std::size_t helpers);
  void help(std::size_t number);
  bool run_open_pieces(std::size_t number) noexcept;
  void forget_threads() noexcept;

  static constexpr std::size_t kSlots = 32;

  std::array<JobSlot, kSlots> slots_;
  alignas(64) std::atomic<std::uint32_t> announced_{0};  ///< counts announcements
  std::atomic<std::uint32_t> sleepers_{0};
  alignas(64) std::atomic<std::size_t> helpers_{0};
  std::atomic<std::size_t> asked_for_{0};
  std::atomic<std::uint32_t> stopping_{0}, started_{0};
  std::mutex changing_;  ///< held while helpers are made or ended, and by fork
  std::unique_ptr<std::thread> host_;
};

/// Marks the calling thread as one that runs a piece: work within it is serial.
class Inside {
 public:
  Inside() noexcept;
  ~Inside();
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

 private:
  bool before_;
};

}  // namespace unroll
