/// The commands of `unroll data`, one file each (data_<name>_command.cpp).
#pragma once

#include <CLI/CLI.hpp>
#include <filesystem>
#include <string>

namespace unroll {

class Terminal;

void add_data_check_command(CLI::App& data, int& status);
void add_data_cache_command(CLI::App& data, int& status);
void add_data_split_command(CLI::App& data, int& status);
void add_data_convert_command(CLI::App& data, int& status);
void add_data_vocab_command(CLI::App& data, int& status);
void add_data_tokenize_command(CLI::App& data, int& status);

/// Throws UsageError if both are one file: what is read would be lost.
void refuse_same_file(const std::filesystem::path& input, const std::filesystem::path& output);
/// Says how files are read whose texts have any number of labels. "": they have one each.
void note_on_separator(const std::string& separator, Terminal& terminal);

}  // namespace unroll
