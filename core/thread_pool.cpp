#include "unroll/core/thread_pool.h"

#include <omp.h>
#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <bit>
#include <new>
#include <system_error>
#include <utility>
#include <vector>

#include "unroll/core/spin.h"

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
/// where it can't make a thread, so somebody who can be refused asks first.
std::size_t available_threads(std::size_t wanted) {
  std::atomic<std::uint32_t> is_over{0};
  std::vector<std::thread> tried;
  tried.reserve(wanted);
  try {
    while (tried.size() < wanted) tried.emplace_back([&] { is_over.wait(0); });
  } catch (const std::system_error&) {  // no more than these
  }
  is_over = 1;
  is_over.notify_all();
  for (std::thread& thread : tried) thread.join();
  return tried.size();
}

/// While it lives, new threads are made without signals: those are for the program's own threads.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

}  // namespace

Inside::Inside() noexcept : before_(is_inside_piece) {
  is_inside_piece = true;
}

Inside::~Inside() {
  is_inside_piece = before_;
}

// --------------------------------------------------------------------------------------- a job

void JobSlot::open(std::size_t first, std::size_t last, std::size_t share,
                   const FunctionRef<std::size_t>& body) noexcept {
  body_ = &body;
  share_.store(share, std::memory_order_relaxed);
  failed_.store(false, std::memory_order_relaxed);
  unfinished_.store(static_cast<std::uint32_t>(last - first), std::memory_order_relaxed);
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
  const Inside inside;
  try {
    (*body_)(piece);
  } catch (...) {
    if (!failed_.exchange(true)) failure_ = std::current_exception();
  }
  count_done(1);
}

void JobSlot::count_done(std::uint32_t pieces) noexcept {
  if (unfinished_.fetch_sub(pieces, std::memory_order_acq_rel) == pieces) unfinished_.notify_all();
}

PieceSet JobSlot::close() noexcept {
  PieceSet taken = all_;
  std::uint32_t left = 0;
  for (std::size_t word = 0; word < open_.size(); ++word) {
    const std::uint64_t open = open_[word].exchange(0, std::memory_order_acq_rel);
    taken[word] &= ~open;
    left += static_cast<std::uint32_t>(std::popcount(open));
  }
  if (left > 0) count_done(left);
  return taken;
}

void JobSlot::finish() {
  for (std::uint32_t left; (left = unfinished_.load(std::memory_order_acquire)) != 0;) {
    wait_while(unfinished_, left, kFinishSpin);
  }
  if (failed_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

bool JobSlot::is_taken() const noexcept {
  return std::ranges::all_of(open_, [](const auto& word) { return word.load() == 0; });
}

// -------------------------------------------------------------------------------------- helpers

ThreadPool& ThreadPool::instance() {
  // Never destroyed: helpers may outlive main's last statement.
  static ThreadPool* const pool = new ThreadPool;
  return *pool;
}

ThreadPool::ThreadPool() {
  pthread_atfork([] { instance().changing_.lock(); }, [] { instance().changing_.unlock(); },
                 [] { instance().forget_threads(); });
}

bool ThreadPool::is_inside() noexcept {
  return is_inside_piece;
}

bool ThreadPool::is_awake() const noexcept {
  return sleepers_.load(std::memory_order_relaxed) < helpers();
}

/// In a forked child: its parent's threads, and what they were doing, do not exist here.
void ThreadPool::forget_threads() noexcept {
  new (&changing_) std::mutex;
  static_cast<void>(host_.release());  // a handle of a thread that is nowhere can't be joined
  for (JobSlot& slot : slots_) new (&slot) JobSlot;
  helpers_ = 0, asked_for_ = 0;
  sleepers_ = 0, stopping_ = 0, started_ = 0;
}

void ThreadPool::prepare(std::size_t helpers) {
  if (asked_for_.load(std::memory_order_acquire) == helpers) return;
  const std::unique_lock lock(changing_, std::try_to_lock);
  if (!lock || asked_for_ == helpers) return;
  stop();
  if (helpers > 0) start(helpers);
  asked_for_.store(helpers, std::memory_order_release);
}

void ThreadPool::start(std::size_t helpers) {
  const SignalsBlocked blocked;
  try {
    host_ = std::make_unique<std::thread>([this, helpers] { host(helpers); });
  } catch (const std::system_error&) {
    return;  // no thread may be made: callers work alone
  }
  started_.wait(0);
}

void ThreadPool::stop() {
  if (!host_) return;
  stopping_ = 1;
  stopping_.notify_all();
  announced_.fetch_add(1);
  announced_.notify_all();
  host_->join();
  host_.reset();
  helpers_ = 0, stopping_ = 0, started_ = 0;
}

void ThreadPool::host(std::size_t helpers) {
  const auto begin_with = [this](std::size_t count) {
    helpers_.store(count, std::memory_order_release);
    started_ = 1;
    started_.notify_all();
  };
  const std::size_t available = available_threads(helpers);
  if (available == 0) return begin_with(0);
  omp_set_dynamic(0);
#pragma omp parallel num_threads(static_cast<int>(available) + 1)
  if (omp_get_thread_num() == 0) {
    begin_with(static_cast<std::size_t>(omp_get_num_threads()) - 1);
    stopping_.wait(0);
  } else {
    help(static_cast<std::size_t>(omp_get_thread_num()));
  }
}

void ThreadPool::help(std::size_t number) {
  const Inside inside;
  while (stopping_ == 0) {
    const std::uint32_t seen = announced_.load(std::memory_order_acquire);
    if (run_open_pieces(number)) continue;
    const auto is_new = [&] { return announced_.load(std::memory_order_acquire) != seen; };
    if (spin_until(kIdleSpin, is_new)) continue;
    ++sleepers_;  // before the last look at announced_, which `wait` takes; announce looks after it
    announced_.wait(seen);
    --sleepers_;
  }
}

bool ThreadPool::run_open_pieces(std::size_t number) noexcept {
  bool found = false;
  for (JobSlot& slot : slots_) {
    for (std::size_t piece; (piece = slot.take(number)) != kMostPieces; found = true) {
      slot.run(piece);
    }
  }
  return found;
}

JobSlot* ThreadPool::claim_slot() noexcept {
  const auto free = std::ranges::find_if(slots_, [](JobSlot& slot) { return slot.claim(); });
  return free == slots_.end() ? nullptr : &*free;
}

void ThreadPool::announce(std::size_t wanted) noexcept {
  ++announced_;
  for (std::size_t woken = std::min<std::size_t>(wanted, sleepers_); woken > 0; --woken) {
    announced_.notify_one();
  }
}

}  // namespace unroll
