#include "unroll/core/thread_pool.h"

#include <omp.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <new>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

namespace unroll {

namespace {

using namespace std::chrono_literals;

/// A helper without work spins for this long: steps of a training run call again sooner.
constexpr auto kIdleSpin = 100us;
/// A caller spins for this long for its last pieces: as long as an even share of them differs.
constexpr auto kFinishSpin = 50us;

thread_local bool is_inside_piece = false;

std::uint64_t bit_of(std::size_t piece) {
  return std::uint64_t{1} << (piece % 64);
}

/// Bits begin … end − 1 of word `word`.
std::uint64_t bits_between(std::size_t word, std::size_t begin, std::size_t end) {
  const auto below = [&](std::size_t piece) {
    const std::size_t bits = std::clamp(piece, word * 64, word * 64 + 64) - word * 64;
    return bits == 64 ? ~std::uint64_t{0} : bit_of(bits) - 1;
  };
  return below(end) & ~below(begin);
}

/// How many of `wanted` threads the system lets us have at once. OpenMP's runtime ends the program
/// where it can't make a thread, so somebody who can be refused asks first; and as what was free
/// may be gone a moment later, a quarter is left where not all can be had.
std::size_t available_threads(std::size_t wanted) {
  WaitedFor is_over;
  std::vector<std::thread> tried;
  try {
    tried.reserve(wanted);
    while (tried.size() < wanted) tried.emplace_back([&] { is_over.wait_while(0, 0ns); });
  } catch (const std::system_error&) {  // the system has no more than these
  } catch (const std::bad_alloc&) {     // nor the memory for them
  }
  is_over.set(1);
  for (std::thread& thread : tried) thread.join();
  return tried.size() == wanted ? wanted : tried.size() * 3 / 4;
}

/// While it lives, new threads are made without signals: those are for the program's own threads.
/// What a thread itself causes is left, so that a program's handlers of faults see it, and what
/// profilers send.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t blocked;
    sigfillset(&blocked);
    for (int own : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT, SIGPROF}) {
      sigdelset(&blocked, own);
    }
    pthread_sigmask(SIG_SETMASK, &blocked, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

}  // namespace

InsidePiece::InsidePiece() noexcept : before_(is_inside_piece) {
  is_inside_piece = true;
}

InsidePiece::~InsidePiece() {
  is_inside_piece = before_;
}

// --------------------------------------------------------------------------------------- a job

bool JobSlot::claim() noexcept {
  return !claimed_.load(std::memory_order_relaxed) &&
         !claimed_.exchange(true, std::memory_order_acquire);
}

void JobSlot::open(std::size_t first, std::size_t last, std::size_t share,
                   FunctionRef<std::size_t> body) noexcept {
  body_ = body;
  share_.store(share, std::memory_order_relaxed);
  failed_.store(false, std::memory_order_relaxed);
  unfinished_.set(static_cast<std::uint32_t>(last - first));
  for (std::size_t word = 0; word < open_.size(); ++word) {
    all_[word] = bits_between(word, first, last);
    open_[word].store(all_[word], std::memory_order_release);
  }
}

/// The first piece of a word that is open and `among` these.
std::size_t JobSlot::take_from(std::size_t word, std::uint64_t among) noexcept {
  while (const std::uint64_t left = open_[word].load(std::memory_order_relaxed) & among) {
    const auto first = static_cast<std::size_t>(std::countr_zero(left));
    if ((open_[word].fetch_and(~bit_of(first), std::memory_order_acq_rel) & bit_of(first)) != 0) {
      return word * 64 + first;
    }
  }
  return kMostPieces;
}

std::size_t JobSlot::take(std::size_t number) noexcept {
  const std::size_t home = number * share_.load(std::memory_order_relaxed) % kMostPieces;
  for (std::size_t n = 0; n <= open_.size();
       ++n) {  // the home's word twice: its end, its beginning
    const std::size_t word = (home / 64 + n) % open_.size();
    const std::uint64_t among = n == 0 ? ~(bit_of(home) - 1) : ~std::uint64_t{0};
    const std::size_t piece = take_from(word, among);
    if (piece != kMostPieces) return piece;
  }
  return kMostPieces;
}

void JobSlot::run(std::size_t piece) noexcept {
  const InsidePiece inside;
  try {
    (*body_)(piece);
  } catch (...) {
    if (!failed_.exchange(true)) failure_ = std::current_exception();
  }
}

PieceSet JobSlot::close() noexcept {
  PieceSet taken = all_;
  std::uint32_t left = 0;
  for (std::size_t word = 0; word < open_.size(); ++word) {
    const std::uint64_t open = open_[word].exchange(0, std::memory_order_acq_rel);
    taken[word] &= ~open;
    left += static_cast<std::uint32_t>(std::popcount(open));
  }
  if (left > 0) unfinished_.subtract(left);
  return taken;
}

void JobSlot::finish() {
  // Between one number and the next nobody is woken, but the sleeper looks for 0 alone.
  while (const std::uint32_t left = unfinished_.load()) unfinished_.wait_while(left, kFinishSpin);
  if (failed_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

std::size_t JobSlot::open_pieces() const noexcept {
  std::size_t count = 0;
  for (const std::atomic<std::uint64_t>& word : open_) count += std::popcount(word.load());
  return count;
}

// -------------------------------------------------------------------------------------- helpers

void AvoidedProcessor::avoid(pid_t woken) noexcept {
  const int own = ::sched_getcpu();
  is_set_ = own >= 0 && ::sched_getaffinity(woken, sizeof before_, &before_) == 0 &&
            CPU_ISSET(own, &before_) && CPU_COUNT(&before_) > 1;
  if (!is_set_) return;
  cpu_set_t others = before_;
  CPU_CLR(own, &others);
  is_set_ = ::sched_setaffinity(woken, sizeof others, &others) == 0;
}

void AvoidedProcessor::allow_again() noexcept {
  if (is_set_) ::sched_setaffinity(0, sizeof before_, &before_);
  is_set_ = false;
}

ThreadPool& ThreadPool::instance() {
  // Never destroyed: helpers may outlive main's last statement.
  static ThreadPool* const pool = new ThreadPool;
  return *pool;
}

namespace {

/// Made when the library is loaded: a process that forks while another thread makes the pool would
/// have a child that waits for that thread.
[[maybe_unused]] const ThreadPool& made_at_load = ThreadPool::instance();

}  // namespace

ThreadPool::ThreadPool() : states_(std::make_unique<std::array<Helper, kMostHelpers>>()) {
  // OpenMP's own handlers must come before ours, so that a fork takes our lock first: a host that
  // holds it asks OpenMP for threads.
  static_cast<void>(omp_get_thread_limit());
  pthread_atfork([] { instance().making_.lock(); }, [] { instance().making_.unlock(); },
                 [] { instance().forget_threads(); });
  std::atexit([] { instance().wait_for_arrivals(); });
}

bool ThreadPool::is_inside() noexcept {
  return is_inside_piece;
}

std::size_t ThreadPool::helpers() const noexcept {
  return std::min(limit_.load(std::memory_order_relaxed), made_.load(std::memory_order_acquire));
}

bool ThreadPool::has_idle_helper() const noexcept {
  const std::size_t last = helpers();
  for (std::size_t number = 1; number <= last; ++number) {
    if ((*states_)[number].state.load(std::memory_order_relaxed) == State::kIdle) return true;
  }
  return false;
}

/// In a forked child: its parent's threads, and what they were doing, do not exist here.
void ThreadPool::forget_threads() noexcept {
  new (&making_) std::mutex;
  for (JobSlot& slot : slots_) new (&slot) JobSlot;
  for (Helper& helper : *states_) new (&helper) Helper;
  made_ = 0;
  coming_ = 0;
  next_try_ = {};
}

void ThreadPool::prepare(std::size_t helpers) {
  helpers = std::min(helpers, kMostHelpers - 1);
  if (limit_.load(std::memory_order_relaxed) != helpers) limit_ = helpers;
  if (made_.load(std::memory_order_acquire) >= helpers) return;
  const std::unique_lock lock(making_, std::try_to_lock);
  if (lock && made_ < helpers && std::chrono::steady_clock::now() >= next_try_) grow(helpers);
}

/// One more host, with the helpers that are missing. Nobody ends threads: their number is small,
/// and to wait for one that works for another caller could take for ever.
void ThreadPool::grow(std::size_t helpers) noexcept {
  constexpr auto kPause = 1s;  // before the system is asked again for what it refused
  const SignalsBlocked blocked;
  try {
    const auto started = std::make_shared<WaitedFor>();  // the host may look at it longer than we
    std::thread([this, first = made_.load(), helpers, started] {
      host(first, helpers, *started);
    }).detach();
    started->wait_while(0, 0ns);
  } catch (const std::system_error&) {  // no thread may be made: callers work alone
  } catch (const std::bad_alloc&) {
  }
  if (made_ < helpers) next_try_ = std::chrono::steady_clock::now() + kPause;
}

/// Opens a region for helpers first + 1 … last, as many as can be had.
void ThreadPool::host(std::size_t first, std::size_t last, WaitedFor& started) noexcept {
  const std::size_t available = available_threads(last - first);
  if (available == 0) return started.set(1);
  omp_set_dynamic(0);
  coming_ += available;
#pragma omp parallel num_threads(static_cast<int>(available) + 1)
  if (omp_get_thread_num() == 0) {
    const std::size_t made = static_cast<std::size_t>(omp_get_num_threads()) - 1;
    coming_ -= available - made;
    made_ += made;
    started.set(1);
    while (true) ::pause();
  } else {
    help(first + static_cast<std::size_t>(omp_get_thread_num()));
  }
}

/// Called when the process exits. LLVM's OpenMP then frees what its threads need, and one that is
/// still on its way into its region crashes; within the region nobody needs it.
void ThreadPool::wait_for_arrivals() noexcept {
  constexpr auto kLongest = 1s;
  const auto end = std::chrono::steady_clock::now() + kLongest;
  while (coming_ > 0 && std::chrono::steady_clock::now() < end) std::this_thread::sleep_for(50us);
}

void ThreadPool::help(std::size_t number) noexcept {
  using Clock = std::chrono::steady_clock;
  const InsidePiece inside;
  (*states_)[number].thread = ::gettid();
  --coming_;
  for (Clock::time_point last_use = Clock::now(); true;) {
    const std::uint32_t seen = announced_.load();
    const bool may_help = number <= limit_.load(std::memory_order_relaxed);
    if (may_help && run_open_pieces(number)) {
      last_use = Clock::now();
      continue;
    }
    // Announcements that leave it nothing to do do not keep it awake.
    const auto left = last_use + kIdleSpin - Clock::now();
    const auto is_new = [&] { return announced_.load(std::memory_order_acquire) != seen; };
    const bool stays_awake = may_help && left > 0ns && spin_until(left, is_new);
    if (!stays_awake && sleep(number, seen)) last_use = Clock::now();
  }
}

/// Until somebody wakes it. False if there was an announcement since `seen`: then it does not
/// sleep.
bool ThreadPool::sleep(std::size_t number, std::uint32_t seen) noexcept {
  Helper& helper = (*states_)[number];
  std::atomic<State>& state = helper.state;
  state = State::kAsleep;  // before the last look; `announce` looks at the state afterwards
  State asleep = State::kAsleep;
  const bool has_news = announced_ != seen && number <= limit_;
  if (has_news && state.compare_exchange_strong(asleep, State::kIdle)) return false;
  state.wait(State::kAsleep);
  state.wait(State::kWaking);
  helper.avoided.allow_again();
  return true;
}

bool ThreadPool::run_open_pieces(std::size_t number) noexcept {
  std::atomic<State>& state = (*states_)[number].state;
  const std::size_t first = newest_.load(std::memory_order_relaxed);
  bool found = false;
  for (std::size_t k = 0; k < kSlots; ++k) {
    JobSlot& slot = slots_[(first + k) % kSlots];
    for (std::size_t piece; (piece = slot.take(number)) != kMostPieces; found = true) {
      state.store(State::kBusy, std::memory_order_relaxed);
      slot.run(piece);
      // Idle before its caller goes on: the next job is often one that it should join at once.
      state.store(State::kIdle, std::memory_order_relaxed);
      slot.count_as_run();
    }
  }
  return found;
}

JobSlot* ThreadPool::claim_slot() noexcept {
  const auto free = std::ranges::find_if(slots_, [](JobSlot& slot) { return slot.claim(); });
  return free == slots_.end() ? nullptr : &*free;
}

void ThreadPool::announce(const JobSlot& slot, std::size_t wanted) noexcept {
  newest_.store(static_cast<std::size_t>(&slot - slots_.data()), std::memory_order_relaxed);
  ++announced_;
  const std::size_t last = helpers();
  for (std::size_t number = 1; number <= last && wanted > 0; ++number) {
    Helper& helper = (*states_)[number];
    switch (helper.state.load()) {
      case State::kBusy:
        break;
      case State::kIdle:
      case State::kWaking:
        --wanted;
        break;
      case State::kAsleep:
        --wanted;
        wake(helper);
        break;
    }
  }
}

/// If no other caller does.
void ThreadPool::wake(Helper& helper) noexcept {
  State asleep = State::kAsleep;
  if (!helper.state.compare_exchange_strong(asleep, State::kWaking)) return;
  helper.avoided.avoid(helper.thread);
  helper.state = State::kIdle;
  helper.state.notify_one();
}

}  // namespace unroll
