#include "unroll/core/saved_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include "unroll/core/error.h"

namespace unroll {

namespace {

/// The number that the text is, whole: no blank, nothing behind it.
template <typename Number>
bool parse(std::string_view text, Number& number) {
  const char* const end = text.data() + text.size();
  const auto [parsed, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && parsed == end;
}

}  // namespace

SavedState SavedState::open(const std::filesystem::path& path) {
  SafetensorsReader(path).finish();
  SavedState state;
  state.path_ = path;
  state.file_ = std::make_unique<SafetensorsReader>(path);
  state.texts_ = state.file_->take_metadata();
  return state;
}

template <typename Real>
void SavedState::add(const std::string& name, Tensor<Real>& tensor) {
  if (tensor.shape().rank() > 0) places_.emplace(name, &tensor);
}

void SavedState::add(const std::string& name, std::string& text) {
  if (is_read()) {
    text = text_of(name);
  } else {
    texts_[name] = text;
  }
}

void SavedState::add(const std::string& name, double& number) {
  std::vector<double> numbers{number};
  add(name, numbers);
  if (numbers.size() != 1) {
    throw ModelError(fmt::format("{}: {} is not one number", path_.string(), name));
  }
  number = numbers.front();
}

void SavedState::add(const std::string& name, std::vector<double>& numbers) {
  if (!is_read()) {
    // The shortest digits that give the bits back; "inf" and "-inf", too.
    texts_[name] = fmt::format("{}", fmt::join(numbers, " "));
    return;
  }
  numbers.clear();
  for (std::string_view rest = text_of(name); !rest.empty();) {
    const std::string_view word = rest.substr(0, rest.find(' '));
    if (!parse(word, numbers.emplace_back())) {
      throw ModelError(
          fmt::format("{}: {} has \"{}\", which is no number", path_.string(), name, word));
    }
    rest.remove_prefix(std::min(word.size() + 1, rest.size()));
  }
}

void SavedState::add_whole(const std::string& name, std::uint64_t& number) {
  if (!is_read()) texts_[name] = std::to_string(number);
  number = whole(name);
}

std::uint64_t SavedState::whole(const std::string& name) const {
  std::uint64_t number = 0;
  if (parse(text_of(name), number)) return number;
  throw ModelError(fmt::format("{}: {} is no whole number", path_.string(), name));
}

const std::string& SavedState::text_of(const std::string& name) const {
  const auto found = texts_.find(name);
  if (found != texts_.end()) return found->second;
  throw ModelError(fmt::format("{}: {} is missing", path_.string(), name));
}

void SavedState::read_tensors() {
  const auto refuse = [&](const std::string& what) {
    throw ModelError(fmt::format("{}: {}", path_.string(), what));
  };
  for (const TensorInfo& info : file_->tensors()) {
    const auto found = places_.find(info.name);
    if (found == places_.end()) refuse(fmt::format("tensor {} is not of this run", info.name));
    std::visit(
        [&]<typename Real>(Tensor<Real>* tensor) {
          if (info.type != kNumberType<Real> || info.shape != tensor->shape()) {
            refuse(fmt::format("tensor {} has the shape {}, expected {}", info.name,
                               to_string(info.shape), to_string(tensor->shape())));
          }
          file_->read(*tensor);
        },
        found->second);
  }
  if (file_->tensors().size() != places_.size()) {
    refuse(
        fmt::format("it holds {} tensors, expected {}", file_->tensors().size(), places_.size()));
  }
  file_->finish();
}

namespace {

template <typename Places>
StoredTensors stored(const Places& places) {
  StoredTensors tensors;
  for (const auto& [name, place] : places) {
    const std::string& its_name = name;  // clang 16 captures no structured binding under OpenMP
    std::visit([&](const auto* tensor) { tensors.emplace(its_name, *tensor); }, place);
  }
  return tensors;
}

}  // namespace

void SavedState::write(const std::filesystem::path& path) const {
  write_safetensors(path, texts_, stored(places_));
}

std::size_t SavedState::tensor_bytes() const {
  std::size_t bytes = 0;
  for (const auto& [name, tensor] : stored(places_)) bytes += tensor.bytes.size();
  return bytes;
}

template void SavedState::add(const std::string&, Tensor<float>&);
template void SavedState::add(const std::string&, Tensor<double>&);

}  // namespace unroll
