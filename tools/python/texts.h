/// Python's strings as texts.
#pragma once

#include <pybind11/pybind11.h>

#include <string>

namespace unroll {

/// The UTF-8 of `items[index]`, an item of a list that messages call `name`. Throws a TypeError
/// unless it is a str, and DataError if it holds half a surrogate pair.
std::string text_of(pybind11::handle item, const char* name, std::size_t index);

}  // namespace unroll
