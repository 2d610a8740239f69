#include "unroll/core/parallel.h"

#include <omp.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstdlib>
#include <exception>
#include <limits>

#include "unroll/core/processors.h"
#include "unroll/core/spin.h"
#include "unroll/core/thread_pool.h"

namespace unroll {

struct Team::Meeting {
  std::size_t size = 1;
  std::atomic<std::uint32_t> arrived{0};
  WaitedFor count;  ///< meetings so far
  std::atomic<bool> failed{false};
};

std::size_t Team::size() const noexcept {
  return meeting_.size;
}

namespace {

using namespace std::chrono_literals;

/// A thread that meets others waits so long awake: longer than any step that is worth sharing.
constexpr auto kMeetingSpin = 50us;
/// Ranges for each thread of a parallel_for: one that loses its processor holds up only one.
constexpr std::size_t kRangesPerThread = 4;

constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();
thread_local std::size_t limit_of_thread = kNoLimit;

/// OMP_NUM_THREADS decides if it is set, as OpenMP reads it. Otherwise the usable processors do.
std::size_t default_thread_count() {
  const std::size_t count = std::getenv("OMP_NUM_THREADS") == nullptr
                                ? usable_processors()
                                : static_cast<std::size_t>(omp_get_max_threads());
  const auto limit = static_cast<std::size_t>(omp_get_thread_limit());
  return std::clamp<std::size_t>(count, 1, std::min(limit, kMostThreads));
}

constinit std::atomic<std::size_t> process_count{0};  // 0: not known yet

/// The process's count. Without a lock, so that a child that is forked meanwhile finds none held.
std::size_t process_thread_count() {
  std::size_t count = process_count.load(std::memory_order_relaxed);
  if (count != 0) return count;
  const std::size_t found = default_thread_count();
  return process_count.compare_exchange_strong(count, found) ? found : count;
}

/// Ends a thread whose team has lost another one to an exception.
struct TeamEnded {};

/// A caller's job, with as many helpers besides the caller as the process has.
class Job {
 public:
  Job() : pool_(ThreadPool::instance()) {
    pool_.prepare(process_thread_count() - 1);
    if (pool_.helpers() > 0) slot_ = pool_.claim_slot();
  }
  ~Job() {
    if (slot_ != nullptr) slot_->release();
  }
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  /// Whether there are helpers to share it with.
  bool is_shared() const { return slot_ != nullptr; }
  /// Opens pieces first … last − 1, of which each thread likes `share` in a row.
  JobSlot& open(std::size_t first, std::size_t last, std::size_t share,
                FunctionRef<std::size_t> body) {
    slot_->open(first, last, share, body);
    pool_.announce(*slot_, (last - 1) / share);
    return *slot_;
  }
  bool has_idle_helpers() const { return pool_.has_idle_helper(); }

 private:
  ThreadPool& pool_;
  JobSlot* slot_ = nullptr;
};

/// On the calling thread, which is not inside: a single part may share its own work.
void run_alone(std::size_t parts, FunctionRef<std::size_t> body) {
  for (std::size_t part = 0; part < parts; ++part) body(part);
}

void run_as_team_of_one(FunctionRef<Team&> body) {
  Team::Meeting alone;
  Team team(alone, 0);
  body(team);
}

/// How many pieces of the set are below this one.
std::size_t rank_of(std::size_t piece, const PieceSet& set) {
  std::size_t rank = 0;
  for (std::size_t word = 0; word < piece / 64; ++word) rank += std::popcount(set[word]);
  const std::uint64_t below = (std::uint64_t{1} << (piece % 64)) - 1;
  return rank + static_cast<std::size_t>(std::popcount(set[piece / 64] & below));
}

/// A team while it gathers: whoever has taken a piece waits until it is known who else has.
class Gathering {
 public:
  explicit Gathering(FunctionRef<Team&> body) : body_(body) {}

  void begin(const PieceSet& members) {
    members_ = members;
    for (std::uint64_t word : members) meeting_.size += std::popcount(word);
    is_complete_.set(1);
  }
  void run(std::size_t piece) {
    is_complete_.wait_while(0, kMeetingSpin);
    take_part(1 + rank_of(piece, members_));
  }
  void take_part(std::size_t index) {
    try {
      Team team(meeting_, index);
      body_(team);
    } catch (const TeamEnded&) {
    } catch (...) {
      meeting_.failed = true;
      meeting_.count.add(1);  // so that those who wait look
      throw;
    }
  }

 private:
  FunctionRef<Team&> body_;
  PieceSet members_{};
  Team::Meeting meeting_;
  WaitedFor is_complete_;
};

/// Until all pieces are taken, or nobody has come for so long.
void await_helpers(const JobSlot& slot, std::chrono::nanoseconds patience) {
  std::size_t open = slot.open_pieces();
  const auto has_changed = [&] { return slot.open_pieces() != open; };
  while (open > 0 && spin_until(patience, has_changed)) open = slot.open_pieces();
}

}  // namespace

std::size_t thread_count() noexcept {
  if (ThreadPool::is_inside()) return 1;
  return std::min(limit_of_thread, process_thread_count());
}

void set_thread_count(std::size_t count) noexcept {
  process_count = std::clamp<std::size_t>(count, 1, kMostThreads);
}

ThreadLimit::ThreadLimit(std::size_t most) noexcept : before_(limit_of_thread) {
  limit_of_thread = std::clamp<std::size_t>(most, 1, before_);
}

ThreadLimit::~ThreadLimit() {
  limit_of_thread = before_;
}

Range part_of(std::size_t count, std::size_t part, std::size_t parts,
              std::size_t multiple) noexcept {
  const std::size_t blocks = (count + multiple - 1) / multiple;
  const auto cut = [&](std::size_t k) { return std::min(count, blocks * k / parts * multiple); };
  return {cut(part), cut(part + 1)};
}

void parallel_parts(std::size_t parts, FunctionRef<std::size_t> body) {
  const std::size_t threads = std::min({parts, thread_count(), kMostPieces});
  if (threads <= 1) return run_alone(parts, body);
  Job job;
  if (!job.is_shared()) return run_alone(parts, body);
  // A piece is a part, or a thread's turn at all that are left: then no more threads can take part
  // than there are pieces.
  const bool is_open_to_all = parts <= kMostPieces && threads == process_thread_count();
  const bool by_turns = parts > threads && !is_open_to_all;
  std::atomic<std::size_t> next{0};
  const auto turn = [&](std::size_t) {
    for (std::size_t part; (part = next++) < parts;) body(part);
  };
  const FunctionRef<std::size_t> pieces = by_turns ? FunctionRef<std::size_t>(turn) : body;
  const std::size_t count = by_turns ? threads : parts;
  JobSlot& slot = job.open(0, count, (count + threads - 1) / threads, pieces);
  for (std::size_t piece; (piece = slot.take(0)) != kMostPieces; slot.count_as_run()) {
    slot.run(piece);
  }
  slot.finish();
}

void parallel_for(std::size_t count, std::size_t grain, FunctionRef<Range> body) {
  const std::size_t most = std::max<std::size_t>(count / std::max<std::size_t>(grain, 1), 1);
  const std::size_t threads = thread_count();
  const std::size_t parts = threads == 1 ? 1 : std::min(most, threads * kRangesPerThread);
  parallel_parts(parts, [&](std::size_t part) { body(part_of(count, part, parts)); });
}

void parallel_shares(std::size_t count, std::size_t multiple, FunctionRef<Range> body) {
  const std::size_t blocks = (count + multiple - 1) / multiple;
  const std::size_t parts = std::min(blocks, thread_count());
  parallel_parts(parts, [&](std::size_t part) { body(part_of(count, part, parts, multiple)); });
}

void Team::meet() {
  if (meeting_.size == 1) return;
  const std::uint32_t now = meeting_.count.load();
  if (meeting_.failed.load(std::memory_order_acquire)) throw TeamEnded();
  if (meeting_.arrived.fetch_add(1, std::memory_order_acq_rel) + 1 == meeting_.size) {
    meeting_.arrived.store(0, std::memory_order_relaxed);
    meeting_.count.set(now + 1);
  } else {
    meeting_.count.wait_while(now, kMeetingSpin);
  }
  if (meeting_.failed.load(std::memory_order_acquire)) throw TeamEnded();
}

void parallel_team(std::size_t most, FunctionRef<Team&> body, std::chrono::nanoseconds patience) {
  const std::size_t threads = std::min({most, thread_count(), kMostPieces});
  if (threads <= 1) return run_as_team_of_one(body);
  Job job;
  if (!job.is_shared()) return run_as_team_of_one(body);
  Gathering team(body);
  const auto join = [&](std::size_t piece) { team.run(piece); };
  JobSlot& slot = job.open(1, threads, 1, join);
  if (job.has_idle_helpers()) await_helpers(slot, patience);
  team.begin(slot.close());
  std::exception_ptr failure;
  try {
    const InsidePiece inside;
    team.take_part(0);
  } catch (...) {
    failure = std::current_exception();
  }
  slot.finish();
  if (failure) std::rethrow_exception(failure);
}

}  // namespace unroll
