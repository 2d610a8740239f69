/// Model files as bytes: a small valid one, ones with any header, and what reading bytes gives.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "unroll/core/safetensors.h"

namespace unroll {

/// Where things lie in a model file (docs/model-format.md), written down a second time on purpose.
inline constexpr std::string_view kModelPrefix = R"({"__metadata__":{"checksum":"xxh3-128:)";
inline constexpr std::size_t kDigitsOffset = 8 + kModelPrefix.size();
inline constexpr std::size_t kDigitCount = 32;

/// A model with both kinds of metadata and tensors of rank 1 and 2.
std::string small_model();

/// A file with this header length, JSON and data, and a checksum that holds. The JSON is what
/// follows the digits, from the quotation mark on.
std::string sealed(std::uint64_t header_length, std::string_view json, std::string_view data);
/// These bytes with the right header length.
std::string sealed(std::string_view json, std::string_view data);

/// Writes a file without syncing it: these tests write thousands.
void write_quickly(const std::filesystem::path& path, std::string_view content);

/// What reading the bytes as a model gives: the message of the ModelError, or a text in capitals.
std::string outcome(std::string_view bytes, Checksum checksum = Checksum::kRequired);
inline constexpr std::string_view kSuccess = "SUCCESS";

}  // namespace unroll
