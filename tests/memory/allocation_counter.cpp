#include "tests/memory/allocation_counter.h"

#include <malloc.h>
#include <cerrno>

#include <atomic>

// glibc's own names of the functions that this file replaces.
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
void __libc_free(void* memory);
}

namespace {

std::atomic<std::size_t> requests{0};
std::atomic<std::size_t> held{0};
std::atomic<std::size_t> most_held{0};

void* counted(void* memory) {
  requests.fetch_add(1, std::memory_order_relaxed);
  const std::size_t size = ::malloc_usable_size(memory);
  const std::size_t now = held.fetch_add(size, std::memory_order_relaxed) + size;
  std::size_t most = most_held.load(std::memory_order_relaxed);
  while (now > most && !most_held.compare_exchange_weak(most, now, std::memory_order_relaxed)) {
  }
  return memory;
}

void forget(void* memory) {
  held.fetch_sub(::malloc_usable_size(memory), std::memory_order_relaxed);
}

}  // namespace

extern "C" {

void* malloc(std::size_t size) {
  return counted(__libc_malloc(size));
}
void* calloc(std::size_t count, std::size_t size) {
  return counted(__libc_calloc(count, size));
}
void* realloc(void* memory, std::size_t size) {
  forget(memory);
  return counted(__libc_realloc(memory, size));
}
void* memalign(std::size_t alignment, std::size_t size) {
  return counted(__libc_memalign(alignment, size));
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  return counted(__libc_memalign(alignment, size));
}
int posix_memalign(void** memory, std::size_t alignment, std::size_t size) {
  *memory = counted(__libc_memalign(alignment, size));
  return *memory == nullptr ? ENOMEM : 0;
}
void free(void* memory) {
  forget(memory);
  __libc_free(memory);
}

}  // extern "C"

namespace unroll::test {

std::size_t allocations() {
  return requests.load();
}

std::size_t held_bytes() {
  return held.load();
}

std::size_t most_held_bytes() {
  return most_held.load();
}

void forget_most_held() {
  most_held = held.load();
}

}  // namespace unroll::test
