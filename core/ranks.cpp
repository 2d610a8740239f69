#include "unroll/core/ranks.h"

#include <fmt/format.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <optional>
#include <sstream>
#include <thread>
#include <utility>

#include "unroll/core/processors.h"

namespace unroll {

namespace {

using Clock = std::chrono::steady_clock;

/// A launcher that ends a run lets its processes live for a second or so (Open MPI: one). A rank
/// gives the others this long to come to the end of a step; what is left is for the checkpoint.
constexpr std::chrono::milliseconds kPatienceAtEnd{300};

/// Nothing takes a rank so long while others wait: a step, an evaluation, a checkpoint. It is for
/// machines that vanish without the launcher noticing.
constexpr std::chrono::minutes kPatience{10};

constexpr std::chrono::milliseconds kPoll{5};

/// An error that all ranks have comes to all of them within this time.
constexpr std::chrono::seconds kOthersEnd{1};

Bytes bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

/// The processes of one boot and one namespace know each other by their numbers.
std::string machine_name() {
  std::string boot;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> boot;
  struct stat space {};
  ::stat("/proc/self/ns/pid", &space);
  return fmt::format("{}/{}", boot.empty() ? host_name() : boot, space.st_ino);
}

/// The processors that affinity leaves, as a text of 0 and 1.
std::string processor_mask() {
  cpu_set_t set;
  CPU_ZERO(&set);
  ::sched_getaffinity(0, sizeof set, &set);
  std::string mask;
  for (int k = 0; k < CPU_SETSIZE; ++k) mask += CPU_ISSET(k, &set) ? '1' : '0';
  mask.erase(mask.find_last_of('1') + 1);
  return mask;
}

bool overlap(std::string_view a, std::string_view b) {
  for (std::size_t k = 0; k < std::min(a.size(), b.size()); ++k) {
    if (a[k] == '1' && b[k] == '1') return true;
  }
  return false;
}

bool is_alive(pid_t process) {
  return ::kill(process, 0) == 0 || errno != ESRCH;
}

}  // namespace

Ranks::Ranks(std::unique_ptr<RankLink> link) : link_(std::move(link)) {
  for (const std::string& description : share(describe_this())) {
    places_.push_back(place_of(description));
  }
}

Ranks::~Ranks() {
  if (link_) link_->between_exchanges({});
}

std::string Ranks::describe_this() {
  return fmt::format("{}\n{}\n{}\n{}", host_name(), machine_name(), processor_mask(), ::getpid());
}

Ranks::Place Ranks::place_of(const std::string& description) {
  Place place;
  std::istringstream lines(description);
  std::getline(lines, place.host);
  std::getline(lines, place.machine);
  std::getline(lines, place.processors);
  lines >> place.process;
  return place;
}

std::string Ranks::name_of(std::size_t rank) const {
  if (rank >= places_.size()) return fmt::format("rank {}", rank);
  return fmt::format("rank {} ({}, process {})", rank, places_[rank].host, places_[rank].process);
}

std::size_t Ranks::mates() const noexcept {
  if (places_.empty()) return 1;
  const Place& own = places_[rank()];
  return static_cast<std::size_t>(std::ranges::count_if(places_, [&](const Place& place) {
    return place.machine == own.machine &&
           (&place == &own || overlap(place.processors, own.processors));
  }));
}

bool Ranks::is_first_here() const noexcept {
  if (places_.empty()) return true;
  const auto first = std::ranges::find(places_, places_[rank()].machine, &Place::machine);
  return first == places_.begin() + static_cast<std::ptrdiff_t>(rank());
}

/// A process that was reaped is no more; those of other machines are not seen from here.
bool Ranks::is_dead(std::size_t rank) const {
  const Place& place = places_[rank];
  return place.machine == places_[this->rank()].machine && !is_alive(place.process);
}

std::optional<std::size_t> Ranks::find_dead() const {
  for (std::size_t r = 0; r < places_.size(); ++r) {
    if (is_dead(r)) return r;
  }
  return std::nullopt;
}

std::optional<std::size_t> Ranks::find_parted() const {
  for (std::size_t r = 0; r < places_.size(); ++r) {
    if (r != rank() && link_->has_parted(r)) return r;
  }
  return std::nullopt;
}

bool Ranks::tells_of_loss() const {
  if (is_first() || find_parted()) return is_first();
  for (std::size_t r = 0; r < rank(); ++r) {
    if (!is_dead(r)) return false;
  }
  return true;
}

/// What a rank that has parted, or that was asked to end, sent before may still be on its way.
bool Ranks::gives_up(Clock::time_point begun) {
  const Clock::time_point now = Clock::now();
  if (find_dead() || now - begun > kPatience) return true;
  if (!ending_ && (is_asked_to_end() || find_parted())) ending_ = now;
  return ending_ && now - *ending_ > kPatienceAtEnd;
}

/// What has happened, as far as it can be seen from here.
std::string Ranks::loss() const {
  if (const auto parted = find_parted()) {
    return fmt::format("{} of {} has ended because of an error", name_of(*parted), count());
  }
  if (const auto dead = find_dead()) {
    return fmt::format("{} of {} has died", name_of(*dead), count());
  }
  if (is_asked_to_end()) {
    return fmt::format(
        "the {} ranks were told to end, by somebody or since one of them has died; the launcher "
        "says which",
        count());
  }
  return fmt::format("one of the {} ranks is gone, or has sent nothing for {} minutes", count(),
                     kPatience.count());
}

void Ranks::when_lost(std::function<void(const std::string&)> tell) {
  if (!link_) return;
  tell_ = std::move(tell);
  link_->between_exchanges([this] { look_for_dead(); });
}

/// In the link's thread.
void Ranks::look_for_dead() {
  if (find_dead() && !find_parted()) tell_once(loss());
}

void Ranks::tell_once(const std::string& message) {
  if (!tells_of_loss() || is_told_.exchange(true)) return;
  if (tell_) tell_(message);
}

/// The link may break before the launcher has noticed which process has died.
void Ranks::fail() {
  const Clock::time_point begun = Clock::now();
  while (!find_parted() && !find_dead() && Clock::now() - begun < kPatienceAtEnd) {
    std::this_thread::sleep_for(kPoll);
  }
  const std::string message = loss();
  tell_once(message);
  throw LostRankError(message);
}

void Ranks::exchange(std::span<const Bytes> to, std::span<WritableBytes> from) {
  if (count() == 1) return;
  const Clock::time_point begun = Clock::now();
  if (!link_->exchange(to, from, [&] { return gives_up(begun); })) fail();
  for (std::size_t r = 0; r < to.size(); ++r) bytes_sent_ += r == rank() ? 0 : to[r].size();
}

void Ranks::exchange_sizes(std::size_t own, std::span<std::uint64_t> sizes) {
  const std::uint64_t size = own;
  const std::vector<Bytes> to(count(), std::as_bytes(std::span(&size, 1)));
  std::vector<WritableBytes> from;
  for (std::uint64_t& other : sizes) from.push_back(std::as_writable_bytes(std::span(&other, 1)));
  exchange(to, from);
  sizes[rank()] = own;
}

std::vector<std::string> Ranks::share(std::string_view own) {
  std::vector<std::uint64_t> sizes(count());
  exchange_sizes(own.size(), sizes);
  std::vector<std::string> all;
  for (const std::uint64_t size : sizes) all.emplace_back(size, '\0');
  std::vector<WritableBytes> from;
  for (std::string& text : all) from.push_back(std::as_writable_bytes(std::span(text)));
  const std::vector<Bytes> to(count(), bytes_of(own));
  exchange(to, from);
  all[rank()] = own;
  return all;
}

std::string Ranks::from_first(std::string own) {
  std::vector<std::uint64_t> sizes(count());
  exchange_sizes(own.size(), sizes);
  std::string text = is_first() ? std::move(own) : std::string(sizes[0], '\0');
  const std::vector<Bytes> to(count(), is_first() ? bytes_of(text) : Bytes());
  std::vector<WritableBytes> from(count());
  if (!is_first()) from[0] = std::as_writable_bytes(std::span(text));
  exchange(to, from);
  return text;
}

void Ranks::leave() noexcept {
  if (link_) link_->leave();
}

bool Ranks::part_and_first_parts() noexcept {
  if (!link_) return false;
  link_->part();
  const Clock::time_point begun = Clock::now();
  while (!is_first() && Clock::now() - begun < kOthersEnd) {
    if (link_->has_parted(0)) return true;
    std::this_thread::sleep_for(kPoll);
  }
  return false;
}

std::string agree(Ranks& ranks, const Agreement& on, const std::function<std::string()>& compute) {
  if (ranks.count() == 1) return compute();
  constexpr char kValue = '=', kFailure = '!';
  std::string own;
  std::exception_ptr error;
  try {
    own = kValue + compute();
  } catch (const Error& thrown) {
    own = kFailure + std::string(thrown.what());
    error = std::current_exception();
  }
  const std::vector<std::string> all = ranks.share(own);
  if (error) std::rethrow_exception(error);
  for (std::size_t r = 0; r < all.size(); ++r) {
    if (all[r].front() == kFailure) {
      throw DataError(fmt::format("{}: {}", ranks.name_of(r), all[r].substr(1)));
    }
    if (all[r] == all[0]) continue;
    throw DataError(fmt::format("{} has other {} than {}: {}", ranks.name_of(r), on.what,
                                ranks.name_of(0), on.advice));
  }
  return own.substr(1);
}

}  // namespace unroll
