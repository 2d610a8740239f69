/// The helper threads of the process, and the jobs that callers share with them. Only parallel.cpp
/// uses this header; everybody else calls parallel_for and its siblings (parallel.h).
///
/// OpenMP makes the helpers, in regions that never end. At the end of a region libgomp would wait
/// by spinning for milliseconds, and only environment variables could change that. So no region
/// ends, and the waiting is ours (spin.h). A region belongs to a thread of its own, the host, not
/// to a caller: any thread may call, and a forked child, which has none of its parent's threads,
/// makes hosts and regions anew. Helpers have numbers from 1 on. Those above the present limit
/// sleep.
///
/// A job is a number of pieces. The caller takes pieces itself until none is left, helpers take
/// some meanwhile, and the caller waits only for pieces that a helper has begun. So a helper that
/// sleeps, that works for somebody else or that has no processor delays nobody.
#pragma once

#include <sched.h>
#include <sys/types.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>

#include "unroll/core/function_ref.h"
#include "unroll/core/spin.h"

namespace unroll {

/// Pieces of one job: bit k of word k / 64 is piece k.
inline constexpr std::size_t kMostPieces = 256;
using PieceSet = std::array<std::uint64_t, kMostPieces / 64>;

/// The place of one job at a time. It outlives the job, so a helper that is late may look at it.
class alignas(64) JobSlot {
 public:
  bool claim() noexcept;
  void release() noexcept { claimed_.store(false, std::memory_order_release); }

  /// Opens pieces first … last − 1 of a job; thread k begins with piece k · share.
  void open(std::size_t first, std::size_t last, std::size_t share,
            FunctionRef<std::size_t> body) noexcept;
  /// Takes a piece for thread `number` (0: the caller). It looks from its own pieces on, then from
  /// the beginning. kMostPieces: none is open.
  std::size_t take(std::size_t number) noexcept;
  /// Runs a piece that was taken; keeps the first exception. `count_as_run` comes next.
  void run(std::size_t piece) noexcept;
  void count_as_run() noexcept { unfinished_.subtract(1); }
  /// Takes all pieces that are still open, runs none of them, and says which were taken before.
  PieceSet close() noexcept;
  /// Waits for the pieces that helpers have taken; throws what a piece has thrown.
  void finish();
  std::size_t open_pieces() const noexcept;

 private:
  std::size_t take_from(std::size_t word, std::uint64_t among) noexcept;

  std::array<std::atomic<std::uint64_t>, kMostPieces / 64> open_{};
  std::atomic<std::size_t> share_{1};  ///< read before a piece is taken: only a hint
  std::optional<FunctionRef<std::size_t>> body_;
  alignas(64) WaitedFor unfinished_;
  std::atomic<bool> failed_{false};
  std::exception_ptr failure_;
  alignas(64) PieceSet all_{};
  std::atomic<bool> claimed_{false};
};

/// Keeps a thread that is about to be woken off the processor of the thread that wakes it. Linux
/// may choose that one, above all in virtual machines, where it takes an idle processor for one
/// that the host has given to somebody else. Then the woken thread waits for the end of the very
/// work that it was woken for.
class AvoidedProcessor {
 public:
  /// By the thread that wakes.
  void avoid(pid_t woken) noexcept;
  /// By the thread that was woken.
  void allow_again() noexcept;

 private:
  cpu_set_t before_;
  bool is_set_ = false;
};

class ThreadPool {
 public:
  /// The pool of the process.
  static ThreadPool& instance();

  /// Lets helpers 1 … `helpers` take part, and makes those that are missing, as far as the system
  /// allows. Where another thread is just making some, it returns at once.
  void prepare(std::size_t helpers);
  /// How many may take part.
  std::size_t helpers() const noexcept;
  /// Whether a helper is awake and runs no piece, and so can answer within a microsecond or two.
  bool has_idle_helper() const noexcept;

  /// A slot for a caller's job; null if there are too many callers at once.
  JobSlot* claim_slot() noexcept;
  /// Tells helpers that this slot has open pieces; wakes as many of them as are wanted and not
  /// idle.
  void announce(const JobSlot& slot, std::size_t wanted) noexcept;

  /// Whether the calling thread is running a piece.
  static bool is_inside() noexcept;

 private:
  enum class State : std::uint32_t { kIdle, kBusy, kAsleep, kWaking };  ///< busy: it runs a piece
  struct alignas(64) Helper {
    std::atomic<State> state{State::kIdle};
    pid_t thread = 0;
    AvoidedProcessor avoided;  ///< the one of the thread that wakes it
  };

  ThreadPool();
  void grow(std::size_t helpers) noexcept;
  void host(std::size_t first, std::size_t last, WaitedFor& started) noexcept;
  void help(std::size_t number) noexcept;
  void wait_for_arrivals() noexcept;
  bool run_open_pieces(std::size_t number) noexcept;
  bool sleep(std::size_t number, std::uint32_t seen) noexcept;
  static void wake(Helper& helper) noexcept;
  void forget_threads() noexcept;

  static constexpr std::size_t kSlots = 32;
  static constexpr std::size_t kMostHelpers = 1024;

  std::array<JobSlot, kSlots> slots_;
  std::unique_ptr<std::array<Helper, kMostHelpers>> states_;  // by number
  alignas(64) std::atomic<std::uint32_t> announced_{0};       ///< counts announcements
  std::atomic<std::size_t> newest_{0};  ///< the slot of the last announcement: helpers begin there
  alignas(64) std::atomic<std::size_t> limit_{0};  ///< the highest number that takes part
  std::atomic<std::size_t> made_{0};
  std::atomic<std::size_t> coming_{0};                ///< helpers on their way into their region
  std::mutex making_;                                 ///< held while helpers are made, and by fork
  std::chrono::steady_clock::time_point next_try_{};  ///< to make helpers that were refused
};

/// Marks the calling thread as one that runs a piece: work within it is serial.
class InsidePiece {
 public:
  InsidePiece() noexcept;
  ~InsidePiece();
  InsidePiece(const InsidePiece&) = delete;
  InsidePiece& operator=(const InsidePiece&) = delete;

 private:
  bool before_;
};

}  // namespace unroll
