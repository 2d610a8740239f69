/// Courier: a link to other ranks whose calls return, whatever becomes of the others.
///
/// When a rank dies, the library that carries the bytes may not come back from a call, while the
/// launcher gives this process a second to live. So a thread of its own makes all calls, and
/// whoever waits for it can stop waiting. It is then left where it is.
#pragma once

#include <functional>
#include <memory>
#include <thread>

#include "unroll/core/ranks.h"

namespace unroll {

class Courier : public RankLink {
 public:
  /// Makes the link in the thread that uses it. Throws what `make` throws.
  explicit Courier(const std::function<std::unique_ptr<RankLink>()>& make);
  ~Courier() override;
  Courier(const Courier&) = delete;
  Courier& operator=(const Courier&) = delete;

  std::size_t rank() const noexcept override { return rank_; }
  std::size_t count() const noexcept override { return count_; }
  bool exchange(std::span<const Bytes> to, std::span<WritableBytes> from,
                const std::function<bool()>& gives_up) noexcept override;
  void part() noexcept override;
  bool has_parted(std::size_t rank) noexcept override;
  void between_exchanges(std::function<void()> look) override;
  void leave() noexcept override;

 private:
  struct Desk;  // where errands are put down
  using Errand = std::function<void(RankLink&)>;
  bool run(Errand errand, const std::function<bool()>& gives_up) const;

  std::shared_ptr<Desk> desk_;
  std::thread::id thread_;
  std::size_t rank_ = 0, count_ = 1;
};

}  // namespace unroll
