// The keys of the JSON values on stdin, one path a line, once each: classes[].label. Arrays without
// objects, and numbers, texts and the like, have no keys of their own.
#include <iostream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

namespace {

using Json = nlohmann::ordered_json;

void print_keys(const Json& value, const std::string& path, std::set<std::string>& printed) {
  if (value.is_object()) {
    for (const auto& [key, member] : value.items()) {
      print_keys(member, path.empty() ? key : path + "." + key, printed);
    }
  } else if (value.is_array() && !value.empty() && value.front().is_object()) {
    for (const Json& element : value) print_keys(element, path + "[]", printed);
  } else if (printed.insert(path).second) {
    std::cout << path << '\n';
  }
}

}  // namespace

int main() {
  std::set<std::string> printed;
  for (std::string line; std::getline(std::cin, line);) print_keys(Json::parse(line), "", printed);
}
