/// Large texts inside a model's JSON: zlib's stream as base64, which any language unpacks.
#pragma once

#include <string>
#include <string_view>

namespace unroll {

std::string pack_text(std::string_view text);
/// Throws ModelError for what pack_text has not written.
std::string unpack_text(std::string_view packed);

}  // namespace unroll
