/// Settings in a file of TOML (https://toml.io): a key for each flag, by the flag's name.
///
///     # How texts are split (default: chosen from the text)
///     tokenizer = "jieba"
///     hidden = 256
///     no-fold = true
///     text-col = ["title", "body"]           # the same as "title,body"
///     class-weight = {spam = 5, ham = 1}     # the same as "spam=5,ham=1"
#pragma once

#include <string>

#include "unroll/tools/program/flag_table.h"
#include "unroll/tools/program/settings.h"

namespace unroll {

/// Whether a file may set this flag. Some are about one call of the program: what would be
/// replaced, or which files are read.
bool is_key(const FlagDescription& flag);

/// The settings of a file for `command`. Throws DataError if it can't be read or is no TOML, and
/// UsageError, with line and column, for what is no key of the command or no value of the key.
Settings read_settings(const std::string& path, const CommandDescription& command);

/// Keys and values of a file, whatever command it is for; lists and tables as they are typed.
/// Throws DataError.
Settings read_any_settings(const std::string& path);

/// A file of all keys, each below a comment that says what it is. A key that has no value is a
/// comment, too.
std::string to_toml(const Settings& settings, const CommandDescription& command);

}  // namespace unroll
