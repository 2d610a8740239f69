#include "unroll/core/ranks.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/thread_ranks.h"
#include "unroll/core/courier.h"

namespace unroll {
namespace {

using namespace std::chrono_literals;
using test::on_ranks;

TEST(Ranks, AgreeOnWhatIsTheSame) {
  on_ranks(3, [](Ranks& ranks) {
    EXPECT_EQ(agree(ranks, {"texts", "copy them"}, [] { return "abc"; }), "abc");
    const std::vector<std::string> all = ranks.share(std::string(ranks.rank(), 'x'));
    EXPECT_EQ(all, (std::vector<std::string>{"", "x", "xx"}));
    EXPECT_EQ(ranks.from_first(ranks.is_first() ? "first" : "other"), "first");
  });
}

TEST(Ranks, RefuseOtherValuesThanTheFirstOnes) {
  on_ranks(3, [](Ranks& ranks) {
    try {
      agree(ranks, {"texts", "copy them"}, [&] { return ranks.rank() == 2 ? "abd" : "abc"; });
      FAIL() << "rank " << ranks.rank();
    } catch (const DataError& error) {
      const std::string what = error.what();
      EXPECT_TRUE(what.starts_with("rank 2 (")) << what;
      EXPECT_NE(what.find(" has other texts than rank 0 ("), std::string::npos) << what;
      EXPECT_TRUE(what.ends_with("): copy them")) << what;
    }
  });
}

TEST(Ranks, TellAllOfTheErrorOfOne) {
  on_ranks(3, [](Ranks& ranks) {
    try {
      agree(ranks, {"texts", "copy them"}, [&]() -> std::string {
        if (ranks.rank() == 1) throw DiskError("no such file");
        return "abc";
      });
      FAIL() << "rank " << ranks.rank();
    } catch (const Error& error) {
      const std::string what = error.what();
      EXPECT_TRUE(what.ends_with(ranks.rank() == 1 ? "no such file" : "): no such file")) << what;
    }
  });
}

TEST(Ranks, OfAProcessAloneExchangeNothing) {
  Ranks alone;
  EXPECT_TRUE(alone.is_first());
  EXPECT_EQ(alone.count(), 1);
  EXPECT_EQ(alone.mates(), 1);
  EXPECT_TRUE(alone.is_first_here());
  EXPECT_EQ(agree(alone, {"texts", "copy them"}, [] { return "abc"; }), "abc");
  EXPECT_EQ(alone.bytes_sent(), 0);
}

TEST(Ranks, KnowWhoSharesTheirProcessors) {
  on_ranks(3, [](Ranks& ranks) {
    EXPECT_EQ(ranks.mates(), 3);
    EXPECT_EQ(ranks.is_first_here(), ranks.is_first());
  });
}

/// A link whose exchange waits for ever, whatever it is told, until the test is over.
class StuckLink : public RankLink {
 public:
  explicit StuckLink(std::shared_future<void> end) : end_(std::move(end)) {}
  std::size_t rank() const noexcept override { return 0; }
  std::size_t count() const noexcept override { return 2; }
  bool exchange(std::span<const Bytes>, std::span<WritableBytes>,
                const std::function<bool()>&) noexcept override {
    end_.wait();
    return true;
  }
  void part() noexcept override {}
  bool has_parted(std::size_t) noexcept override { return false; }
  void leave() noexcept override {}

 private:
  std::shared_future<void> end_;
};

TEST(Courier, ComesBackFromALinkThatDoesNot) {
  std::promise<void> end;
  {
    Courier courier(
        [future = end.get_future().share()] { return std::make_unique<StuckLink>(future); });
    EXPECT_EQ(courier.count(), 2);
    const std::vector<Bytes> to(2);
    std::vector<WritableBytes> from(2);
    const auto begun = std::chrono::steady_clock::now();
    const auto gives_up = [&] { return std::chrono::steady_clock::now() - begun > 30ms; };
    EXPECT_FALSE(courier.exchange(to, from, gives_up));
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);
    EXPECT_FALSE(courier.exchange(to, from, gives_up)) << "of a thread that is stuck";
    EXPECT_FALSE(courier.has_parted(1));
  }
  end.set_value();
}

TEST(Courier, LooksAroundWhileNothingIsExchanged) {
  std::promise<void> end;
  end.set_value();
  std::atomic<int> looks = 0;
  Courier courier(
      [future = end.get_future().share()] { return std::make_unique<StuckLink>(future); });
  courier.between_exchanges([&] { ++looks; });
  const auto begun = std::chrono::steady_clock::now();
  while (looks < 2 && std::chrono::steady_clock::now() - begun < 10s) {
    std::this_thread::sleep_for(5ms);
  }
  EXPECT_GE(looks, 2);
  courier.between_exchanges({});
}

TEST(Courier, ThrowsWhatTheMakingOfTheLinkThrows) {
  EXPECT_THROW(Courier([]() -> std::unique_ptr<RankLink> { throw UsageError("no MPI"); }),
               UsageError);
}

}  // namespace
}  // namespace unroll
