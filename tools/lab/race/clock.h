/// The clock of the core we run on, measured: cycles are counted by a chain of additions that
/// depend on each other, which takes one cycle each on every processor of the last decades. (The
/// time stamp counter ticks at a rate of its own, whatever the core does.)
#pragma once

namespace unroll {

/// Cycles per nanosecond of this thread's core, now. Takes some 60 µs; lower than the true clock
/// where another job had the core meanwhile.
double measured_clock();

/// Seconds this thread has had a core since it began.
double thread_cpu_seconds();

/// How often a thread of this process had to give its core to another job, all threads together,
/// since the process began.
long times_interrupted();

}  // namespace unroll
