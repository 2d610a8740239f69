/// The commands of `unroll data`, one file each (data_<name>_command.cpp).
#pragma once

#include <CLI/CLI.hpp>

namespace unroll {

void add_data_check_command(CLI::App& data, int& status);
void add_data_split_command(CLI::App& data, int& status);
void add_data_convert_command(CLI::App& data, int& status);
void add_data_vocab_command(CLI::App& data, int& status);
void add_data_tokenize_command(CLI::App& data, int& status);

}  // namespace unroll
