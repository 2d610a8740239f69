// RankLink over MPI: the one file that sees mpi.h. It is a library of its own, which the program
// loads when a launcher such as mpirun has started it (tools/program/ranks.h): so the program needs
// no MPI, and starts as fast as without.
#include <mpi.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <new>
#include <vector>

#include "unroll/core/ranks.h"

namespace unroll {

namespace {

using Clock = std::chrono::steady_clock;

/// MPI counts in int.
constexpr std::size_t kMostBytesAtOnce = std::size_t{1} << 30;

/// Answers on one machine come within microseconds, gradients over a network within milliseconds.
/// So a rank first asks again and again, and then sleeps between two questions. It does not yield
/// its processor: on a busy machine it would have to wait for milliseconds to get it back.
constexpr std::chrono::microseconds kAwake{300};
constexpr timespec kNap{.tv_sec = 0, .tv_nsec = 50'000};
constexpr std::chrono::milliseconds kBetweenDoubts{5};

/// What messages are, as their tags.
constexpr int kBytes = 0;
constexpr int kFarewell = 1;
/// Naps, together a tenth of a second: a rank that is gone takes no farewell.
constexpr int kTriesToPart = 1000;

class MpiLink : public RankLink {
 public:
  MpiLink() {
    // What fails is told by a code, not by the end of the process.
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    int number = 0;
    MPI_Comm_rank(MPI_COMM_WORLD, &number);
    rank_ = static_cast<std::size_t>(number);
    MPI_Comm_size(MPI_COMM_WORLD, &number);
    count_ = static_cast<std::size_t>(number);
  }

  std::size_t rank() const noexcept override { return rank_; }
  std::size_t count() const noexcept override { return count_; }
  void leave() noexcept override { MPI_Finalize(); }

  void part() noexcept override {
    std::vector<MPI_Request> requests(count_, MPI_REQUEST_NULL);
    for (std::size_t r = 0; r < count_; ++r) {
      if (r == rank_) continue;
      MPI_Isend(nullptr, 0, MPI_BYTE, static_cast<int>(r), kFarewell, MPI_COMM_WORLD, &requests[r]);
    }
    int done = 0;
    for (int tries = 0; done == 0 && tries < kTriesToPart; ++tries) {
      MPI_Testall(static_cast<int>(count_), requests.data(), &done, MPI_STATUSES_IGNORE);
      ::nanosleep(&kNap, nullptr);
    }
  }

  bool has_parted(std::size_t rank) noexcept override {
    int found = 0;
    MPI_Iprobe(static_cast<int>(rank), kFarewell, MPI_COMM_WORLD, &found, MPI_STATUS_IGNORE);
    return found != 0;
  }

  bool exchange(std::span<const Bytes> to, std::span<WritableBytes> from,
                const std::function<bool()>& gives_up) noexcept override {
    requests_.clear();
    for (std::size_t r = 0; r < count_; ++r) {
      if (r != rank_ && !receive(r, from[r])) return false;
    }
    const std::size_t receives = requests_.size();
    // Each rank begins with another one, so that not all send to the first at once.
    for (std::size_t k = 1; k < count_; ++k) {
      const std::size_t r = (rank_ + k) % count_;
      if (!send(r, to[r])) return false;
    }
    statuses_.resize(requests_.size());
    if (!wait(gives_up)) return false;
    set_sizes(receives, from);
    return true;
  }

 private:
  template <typename Post>
  bool in_pieces(std::size_t size, Post post) {
    // At least one message, so that a rank that gets nothing knows that, too.
    for (std::size_t begin = 0; begin == 0 || begin < size; begin += kMostBytesAtOnce) {
      const std::size_t piece = std::min(size - begin, kMostBytesAtOnce);
      if (post(begin, static_cast<int>(piece), &requests_.emplace_back()) != MPI_SUCCESS) {
        return false;
      }
    }
    return true;
  }

  bool send(std::size_t rank, Bytes bytes) {
    return in_pieces(bytes.size(), [&](std::size_t begin, int size, MPI_Request* request) {
      return MPI_Isend(bytes.data() + begin, size, MPI_BYTE, static_cast<int>(rank), kBytes,
                       MPI_COMM_WORLD, request);
    });
  }

  bool receive(std::size_t rank, WritableBytes bytes) {
    return in_pieces(bytes.size(), [&](std::size_t begin, int size, MPI_Request* request) {
      return MPI_Irecv(bytes.data() + begin, size, MPI_BYTE, static_cast<int>(rank), kBytes,
                       MPI_COMM_WORLD, request);
    });
  }

  bool wait(const std::function<bool()>& gives_up) {
    const Clock::time_point begun = Clock::now();
    Clock::time_point doubted = begun;
    for (;;) {
      int done = 0;
      if (MPI_Testall(static_cast<int>(requests_.size()), requests_.data(), &done,
                      statuses_.data()) != MPI_SUCCESS) {
        return false;
      }
      if (done != 0) return true;
      const Clock::time_point now = Clock::now();
      if (now - doubted > kBetweenDoubts) {
        if (gives_up()) return false;
        doubted = now;
      }
      if (now - begun > kAwake) ::nanosleep(&kNap, nullptr);
    }
  }

  /// Makes each of `from` as long as what came. Requests are in the order of ranks.
  void set_sizes(std::size_t receives, std::span<WritableBytes> from) {
    std::size_t request = 0;
    for (std::size_t r = 0; r < count_ && request < receives; ++r) {
      if (r == rank_) continue;
      std::size_t size = 0;
      for (std::size_t begin = 0; begin == 0 || begin < from[r].size(); begin += kMostBytesAtOnce) {
        int piece = 0;
        MPI_Get_count(&statuses_[request++], MPI_BYTE, &piece);
        size += static_cast<std::size_t>(piece);
      }
      from[r] = from[r].first(size);
    }
  }

  std::size_t rank_ = 0;
  std::size_t count_ = 1;
  std::vector<MPI_Request> requests_;
  std::vector<MPI_Status> statuses_;
};

}  // namespace

}  // namespace unroll

/// Open MPI reads large messages of the same machine straight out of the other process, and ends
/// this one where that has died, before it could write a checkpoint. Copies through shared memory
/// cost little and know no such end. Open MPI 4 and 5; whoever has set it otherwise keeps it.
static void let_survive() {
  ::setenv("OMPI_MCA_btl_vader_single_copy_mechanism", "none", 0);
  ::setenv("OMPI_MCA_smsc", "^cma,knem,xpmem", 0);
}

/// The link to the other ranks that the launcher has started; null if MPI does not come up.
extern "C" unroll::RankLink* unroll_join_ranks() noexcept {
  let_survive();
  // Only this thread talks to the other ranks (core/courier.h).
  int provided = 0;
  if (MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided) != MPI_SUCCESS) {
    return nullptr;
  }
  return new (std::nothrow) unroll::MpiLink;
}

/// "Open MPI v4.1.4, package: …"
extern "C" const char* unroll_mpi_version() noexcept {
  static char text[MPI_MAX_LIBRARY_VERSION_STRING] = "";
  int length = 0;
  MPI_Get_library_version(text, &length);
  return text;
}
