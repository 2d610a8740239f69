// What this build, and the machine as it is now, can show.
#pragma once

#include <stdlib.h>

#include "unroll/core/processors.h"

#if defined(__has_feature)
#define UNROLL_HAS_FEATURE(feature) __has_feature(feature)
#else
#define UNROLL_HAS_FEATURE(feature) 0
#endif

namespace unroll::test {

/// A sanitizer's memory is not the program's.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || \
    UNROLL_HAS_FEATURE(address_sanitizer) || UNROLL_HAS_FEATURE(thread_sanitizer)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

/// Whether a second thread has a processor of its own: there are two, and others don't keep them
/// busy.
inline bool has_two_free_processors() {
  const auto processors = static_cast<double>(usable_processors());
  double last_minute = 0;
  return processors >= 2 && (getloadavg(&last_minute, 1) != 1 || last_minute < 2 * processors);
}

}  // namespace unroll::test
