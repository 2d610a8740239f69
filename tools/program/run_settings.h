/// Settings of runs that other commands start: `compare` and `tune` hand settings to `unroll train`
/// that were chosen for several runs at once, so some of them say nothing about one of the runs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "unroll/tools/program/settings.h"

namespace unroll {

class Terminal;

/// The flags, without dashes, that change nothing in a run of these settings, or that train refuses
/// there because its cell or optimizer has no use for them.
std::vector<std::string> idle_flags(const Settings& settings);

/// The settings without those.
Settings without_idle(Settings settings);

/// Throws the UsageError that train would throw for settings that do not go together.
void refuse_contradictions(const Settings& settings);

/// Says once that the working directory's file of settings, which train would read, is not read.
void warn_of_unread_settings(std::string_view command, Terminal& terminal);

}  // namespace unroll
