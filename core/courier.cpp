#include "unroll/core/courier.h"

#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace unroll {

namespace {

/// How often whoever waits asks whether it still makes sense.
constexpr std::chrono::milliseconds kBetweenDoubts{5};

/// How often the thread looks around while it has nothing to do.
constexpr std::chrono::milliseconds kBetweenLooks{20};

/// Words of farewell, or a look for those of others.
constexpr std::chrono::milliseconds kShortErrand{200};

std::function<bool()> after(std::chrono::milliseconds time) {
  return [end = std::chrono::steady_clock::now() + time] {
    return std::chrono::steady_clock::now() > end;
  };
}

}  // namespace

/// It outlives the Courier where the thread did not come back.
struct Courier::Desk {
  std::mutex mutex;
  std::condition_variable changed;
  Errand errand;           // that waits to be run
  bool is_running = true;  // the making of the link is the first errand
  bool is_closed = false;
  bool is_given_up = false;
  std::vector<bool> has_parted;  // each rank
  std::unique_ptr<RankLink> link;
  std::exception_ptr failure;
  std::function<void()> look;
  bool is_looking = false;

  /// In the thread, while it waits for others: whether it is to come back.
  bool looks_up() {
    std::vector<bool> found(link->count());
    for (std::size_t r = 0; r < found.size(); ++r) {
      found[r] = r != link->rank() && link->has_parted(r);
    }
    const std::lock_guard lock(mutex);
    has_parted = std::move(found);
    return is_given_up;
  }

  void wait_for_errand(std::unique_lock<std::mutex>& lock) {
    while (!changed.wait_for(lock, kBetweenLooks, [&] { return is_closed || errand; })) {
      if (!look) continue;
      is_looking = true;
      lock.unlock();
      looks_up();
      look();
      lock.lock();
      is_looking = false;
      changed.notify_all();
    }
  }

  void work(const std::function<std::unique_ptr<RankLink>()>& make) {
    try {
      link = make();
    } catch (...) {
      failure = std::current_exception();
    }
    std::unique_lock lock(mutex);
    for (;;) {
      is_running = false;
      changed.notify_all();
      wait_for_errand(lock);
      if (is_closed) return;
      const Errand next = std::exchange(errand, {});
      lock.unlock();
      next(*link);
      lock.lock();
    }
  }
};

Courier::Courier(const std::function<std::unique_ptr<RankLink>()>& make)
    : desk_(std::make_shared<Desk>()) {
  std::thread thread([desk = desk_, make] { desk->work(make); });
  thread_ = thread.get_id();
  thread.detach();
  std::unique_lock lock(desk_->mutex);
  desk_->changed.wait(lock, [&] { return !desk_->is_running; });
  if (desk_->failure) std::rethrow_exception(desk_->failure);
  rank_ = desk_->link->rank();
  count_ = desk_->link->count();
  desk_->has_parted.resize(count_);
}

Courier::~Courier() {
  const std::lock_guard lock(desk_->mutex);
  desk_->is_closed = true;
  desk_->changed.notify_all();
}

/// False if it was given up, now or before: then the thread is not free any more.
bool Courier::run(Errand errand, const std::function<bool()>& gives_up) const {
  std::unique_lock lock(desk_->mutex);
  if (desk_->is_given_up) return false;
  desk_->errand = std::move(errand);
  desk_->is_running = true;
  desk_->changed.notify_all();
  while (!desk_->changed.wait_for(lock, kBetweenDoubts, [&] { return !desk_->is_running; })) {
    lock.unlock();
    const bool gave_up = gives_up();
    lock.lock();
    if (!gave_up || !desk_->is_running) continue;
    desk_->is_given_up = true;
    // It comes back at once, unless it is stuck.
    desk_->changed.wait_for(lock, 4 * kBetweenDoubts, [&] { return !desk_->is_running; });
    return false;
  }
  return true;
}

bool Courier::exchange(std::span<const Bytes> to, std::span<WritableBytes> from,
                       const std::function<bool()>& gives_up) noexcept {
  const auto done = std::make_shared<bool>(false);
  const auto looks_up = [desk = desk_.get()] { return desk->looks_up(); };
  return run([=](RankLink& link) { *done = link.exchange(to, from, looks_up); }, gives_up) && *done;
}

void Courier::part() noexcept {
  run([](RankLink& link) { link.part(); }, after(kShortErrand));
}

/// During an exchange the thread looks; otherwise it is sent.
bool Courier::has_parted(std::size_t rank) noexcept {
  std::unique_lock lock(desk_->mutex);
  const bool is_free = !desk_->is_running && std::this_thread::get_id() != thread_;
  lock.unlock();
  if (is_free) run([desk = desk_.get()](RankLink&) { desk->looks_up(); }, after(kShortErrand));
  lock.lock();
  return desk_->has_parted[rank];
}

void Courier::between_exchanges(std::function<void()> look) {
  std::unique_lock lock(desk_->mutex);
  desk_->changed.wait(lock, [&] { return !desk_->is_looking; });
  desk_->look = std::move(look);
}

/// Whoever ends after that is not lost.
void Courier::leave() noexcept {
  between_exchanges({});
  run([](RankLink& link) { link.leave(); }, [] { return false; });
}

}  // namespace unroll
