/// The ranks of a program that a launcher, such as mpirun or srun, has started several times.
///
/// A launcher says in the environment which one of how many a process is. Only then is MPI loaded:
/// tools/mpi, a library that is built where MPI is installed.
#pragma once

#include <memory>
#include <string>

#include "unroll/core/ranks.h"

namespace unroll {

/// A process that is not the first one of a launch says nothing, since the first one says it all,
/// unless it alone fails.
void let_first_rank_speak();

/// "rank 2 of 4 on node7", as the launcher says; for a process that was started by one.
std::string launched_rank();

/// The ranks of the launch, or this process alone. Where several of them run on a machine, each
/// gets its share of the processors, unless the number of threads was chosen. Throws UsageError if
/// MPI is not built in or does not come up.
std::unique_ptr<Ranks> join_ranks(bool threads_are_chosen);

/// The version of MPI; "" if it is not built in.
std::string mpi_version();

}  // namespace unroll
