/// Ranks: the processes that train one model together.
///
/// All of them run the same program on the same data and know the same things; each has a number,
/// its rank, from 0 on. Where they have to exchange something, all of them call the same function,
/// equally often and in the same order. A process on its own is the one rank 0 of 1, and its
/// exchanges do nothing.
///
///     Ranks ranks(std::move(link));      // made by whoever knows how bytes travel (tools/mpi)
///     agree(ranks, {"texts", "give them equal copies"}, hash);
///     ranks.exchange(to, from);
///
/// A rank that dies would let the others wait for ever. Whoever waits asks now and then whether it
/// still makes sense, and otherwise gets a LostRankError, which names the rank as far as it is
/// known.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/core/error.h"

namespace unroll {

using Bytes = std::span<const std::byte>;
using WritableBytes = std::span<std::byte>;

/// What carries bytes between the ranks.
class RankLink {
 public:
  virtual ~RankLink() = default;
  virtual std::size_t rank() const noexcept = 0;
  virtual std::size_t count() const noexcept = 0;
  /// Sends to[r] to each other rank r, and receives what it sends into from[r]: at most as much as
  /// from[r] has room for, and from[r] then is what came. While it waits it asks `gives_up` every
  /// few milliseconds. False: it was told to give up, or the link is broken.
  virtual bool exchange(std::span<const Bytes> to, std::span<WritableBytes> from,
                        const std::function<bool()>& gives_up) noexcept = 0;
  /// Tells all others that this rank ends because of an error, which it tells itself.
  virtual void part() noexcept = 0;
  virtual bool has_parted(std::size_t rank) noexcept = 0;
  /// From now on calls `look` many times a second while nothing is exchanged, in another thread: if
  /// the link has one.
  virtual void between_exchanges(std::function<void()> look) { static_cast<void>(look); }
  /// The ranks end in peace: to be called by all of them. Who ends without it has failed, and the
  /// launcher ends the others.
  virtual void leave() noexcept = 0;
};

/// Another rank is gone, or sends nothing any more.
class LostRankError : public Error {
 public:
  explicit LostRankError(const std::string& message) : Error(ErrorKind::kRank, message) {}
};

class Ranks {
 public:
  /// This process alone.
  Ranks() = default;
  /// Makes the ranks known to each other.
  explicit Ranks(std::unique_ptr<RankLink> link);
  ~Ranks();
  Ranks(const Ranks&) = delete;
  Ranks& operator=(const Ranks&) = delete;

  std::size_t rank() const noexcept { return link_ ? link_->rank() : 0; }
  std::size_t count() const noexcept { return link_ ? link_->count() : 1; }
  bool is_first() const noexcept { return rank() == 0; }

  /// As RankLink::exchange. `to` and `from` have an element for each rank; a rank's own does not
  /// count. Throws LostRankError.
  void exchange(std::span<const Bytes> to, std::span<WritableBytes> from);
  /// What each rank gives here. For small things: it takes two exchanges.
  std::vector<std::string> share(std::string_view own);
  /// What the first rank gives here.
  std::string from_first(std::string own);
  void leave() noexcept;
  /// To be called ahead of an error's end. Waits a moment for the first rank to do so, too: true if
  /// it has, and so tells of the same error, most likely.
  bool part_and_first_parts() noexcept;

  /// Tells whether this process was asked to end: whoever ends a run, ends all of its ranks. Then a
  /// rank waits for others only for a moment.
  void end_when(std::function<bool()> is_asked) { is_asked_to_end_ = std::move(is_asked); }
  /// From now on `tell` gets what the LostRankError will say, as soon as it is known and whatever
  /// this rank is doing then: the launcher leaves little time. Only the first rank that is left
  /// tells.
  void when_lost(std::function<void(const std::string&)> tell);

  /// "rank 1 (node7, process 4711)"
  std::string name_of(std::size_t rank) const;
  /// Whether no rank before this one runs on this machine.
  bool is_first_here() const noexcept;
  /// How many ranks run on this machine and may use the same processors, this one included.
  std::size_t mates() const noexcept;
  /// Bytes that this rank has sent.
  std::uint64_t bytes_sent() const noexcept { return bytes_sent_; }

 private:
  /// Where a rank runs.
  struct Place {
    std::string host;
    std::string machine;     ///< the same for processes that see each other
    std::string processors;  ///< on which it may run
    pid_t process = 0;
  };
  static std::string describe_this();
  static Place place_of(const std::string& description);
  void exchange_sizes(std::size_t own, std::span<std::uint64_t> sizes);
  bool is_asked_to_end() const { return is_asked_to_end_ && is_asked_to_end_(); }
  bool is_dead(std::size_t rank) const;
  std::optional<std::size_t> find_dead() const;
  std::optional<std::size_t> find_parted() const;
  bool gives_up(std::chrono::steady_clock::time_point begun);
  bool tells_of_loss() const;
  std::string loss() const;
  void look_for_dead();
  void tell_once(const std::string& message);
  [[noreturn]] void fail();

  std::unique_ptr<RankLink> link_;
  std::vector<Place> places_;
  std::function<bool()> is_asked_to_end_;
  std::optional<std::chrono::steady_clock::time_point> ending_;  // since when the run is
  std::function<void(const std::string&)> tell_;
  std::atomic<bool> is_told_ = false;
  std::uint64_t bytes_sent_ = 0;
};

/// What all ranks must have in common: "texts", and what to do if they have not.
struct Agreement {
  std::string_view what;
  std::string_view advice;
};

/// What each rank computes here, if it is the same on all of them. If a rank fails, all do: each
/// throws its own error, or one with the words of a rank that has failed. Throws DataError if a
/// rank has another value than the first: "rank 2 (node7, process 4711) has other texts than rank 0
/// (…)".
std::string agree(Ranks& ranks, const Agreement& on, const std::function<std::string()>& compute);

}  // namespace unroll
