#include "unroll/core/temporary.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <climits>
#include <cstring>
#include <utility>

namespace unroll {

namespace {

/// A name where a signal handler finds it: it may neither allocate nor wait.
struct Slot {
  std::atomic<bool> taken = false;
  std::atomic<bool> readable = false;  // the name is complete
  std::array<char, PATH_MAX> name{};
};

/// A run holds few names at once: a file or three, and the folders that it made.
constexpr std::size_t kSlots = 32;

std::array<Slot, kSlots>& slots() noexcept {
  static std::array<Slot, kSlots> all;
  return all;
}

/// A folder that holds something stays.
void remove_name(const char* name) noexcept {
  if (::unlink(name) != 0) ::rmdir(name);
}

/// The slot's number, or kSlots if none is free or the name is too long for any file.
std::size_t take_slot(const char* name) noexcept {
  if (std::strlen(name) >= PATH_MAX) return kSlots;
  for (std::size_t k = 0; k < kSlots; ++k) {
    Slot& slot = slots()[k];
    if (slot.taken.exchange(true)) continue;
    std::strcpy(slot.name.data(), name);
    slot.readable = true;
    return k;
  }
  return kSlots;
}

void free_slot(std::size_t number) noexcept {
  if (number == kSlots) return;
  slots()[number].readable = false;
  slots()[number].taken = false;
}

}  // namespace

Temporary::Temporary(std::filesystem::path path)
    : path_(std::move(path)), slot_(take_slot(path_.c_str())) {}

Temporary::~Temporary() {
  if (kept_) return;
  remove_name(path_.c_str());
  free_slot(slot_);
}

void Temporary::keep() noexcept {
  if (!kept_) free_slot(slot_);
  kept_ = true;
}

void remove_temporaries() noexcept {
  // The last name first: a folder is held from before what lies in it.
  for (std::size_t k = kSlots; k-- > 0;) {
    if (slots()[k].readable) remove_name(slots()[k].name.data());
  }
}

}  // namespace unroll
