/// Ranks that are threads of one process.
#pragma once

#include <gtest/gtest.h>

#include <barrier>
#include <cstring>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "unroll/core/ranks.h"

namespace unroll::test {

/// What ranks of one process share: what each one sends to each other one.
struct Room {
  explicit Room(std::size_t ranks) : sent(ranks, std::vector<Bytes>(ranks)), all(ranks) {}
  std::vector<std::vector<Bytes>> sent;
  std::barrier<> all;
};

class ThreadLink : public RankLink {
 public:
  ThreadLink(Room& room, std::size_t rank) : room_(room), rank_(rank) {}
  std::size_t rank() const noexcept override { return rank_; }
  std::size_t count() const noexcept override { return room_.sent.size(); }
  bool exchange(std::span<const Bytes> to, std::span<WritableBytes> from,
                const std::function<bool()>&) noexcept override {
    for (std::size_t r = 0; r < count(); ++r) room_.sent[rank_][r] = to[r];
    room_.all.arrive_and_wait();
    for (std::size_t r = 0; r < count(); ++r) {
      const Bytes bytes = room_.sent[r][rank_];
      if (r == rank_) continue;
      EXPECT_LE(bytes.size(), from[r].size());
      from[r] = from[r].first(bytes.size());
      if (!bytes.empty()) std::memcpy(from[r].data(), bytes.data(), bytes.size());
    }
    room_.all.arrive_and_wait();
    return true;
  }
  void part() noexcept override {}
  bool has_parted(std::size_t) noexcept override { return false; }
  void leave() noexcept override {}

 private:
  Room& room_;
  std::size_t rank_;
};

/// Calls body(ranks) on so many ranks at once.
template <typename Body>
void on_ranks(std::size_t count, Body body) {
  if (count == 1) {
    Ranks alone;
    return body(alone);
  }
  Room room(count);
  std::vector<std::thread> threads;
  for (std::size_t r = 0; r < count; ++r) {
    threads.emplace_back([&, r] {
      Ranks ranks(std::make_unique<ThreadLink>(room, r));
      body(ranks);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace unroll::test
