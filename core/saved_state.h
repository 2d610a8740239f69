/// SavedState: what a computation goes on from, by name: tensors, numbers and texts.
///
/// Whoever holds state has one function that lists it. The same function writes and reads, so what
/// is written is what is read:
///
///     void list(SavedState& state) {
///       state.add("steps", steps_);
///       state.add("velocity", velocity_);
///     }
///
///     SavedState state;                     SavedState state = SavedState::open(path);
///     list(state);                          list(state);
///     state.write(path);                    state.read_tensors();
///
/// The file is a safetensors file (core/safetensors.h): numbers and texts are its metadata, and a
/// checksum covers every byte. Numbers are written such that their bits come back.
#pragma once

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "unroll/core/safetensors.h"
#include "unroll/core/tensor.h"

namespace unroll {

class SavedState {
 public:
  /// A state to be listed and written.
  SavedState() = default;
  /// A state that was written, and of which nothing is read yet but what is no tensor. The whole
  /// file is read once before, so that nothing of a damaged one is believed. Throws ModelError.
  static SavedState open(const std::filesystem::path& path);

  /// Whether `add` gives values or takes them.
  bool is_read() const { return file_ != nullptr; }
  bool has(const std::string& name) const { return texts_.contains(name); }
  /// A whole number that the state has, whoever added it. Throws ModelError.
  std::uint64_t whole(const std::string& name) const;

  /// The state borrows the tensor until it is written or its tensors are read; a tensor to be read
  /// has the shape of what was written. Instantiated for float and double.
  template <typename Real>
  void add(const std::string& name, Tensor<Real>& tensor);
  void add(const std::string& name, std::string& text);
  void add(const std::string& name, double& number);
  void add(const std::string& name, std::vector<double>& numbers);
  template <std::unsigned_integral Number>
  void add(const std::string& name, Number& number) {
    auto whole = static_cast<std::uint64_t>(number);
    add_whole(name, whole);
    number = static_cast<Number>(whole);
  }

  /// Reads all tensors into their places. Throws ModelError unless the file holds exactly these.
  void read_tensors();
  /// Writes atomically: on any failure the file that was there stays. Throws DiskError.
  void write(const std::filesystem::path& path) const;
  /// What the tensors take in the file.
  std::size_t tensor_bytes() const;

 private:
  using Place = std::variant<Tensor<float>*, Tensor<double>*>;
  /// The text of this name in a state that is read. Throws ModelError if there is none.
  const std::string& text_of(const std::string& name) const;
  void add_whole(const std::string& name, std::uint64_t& number);

  std::filesystem::path path_;
  std::map<std::string, std::string> texts_;
  std::map<std::string, Place> places_;
  std::unique_ptr<SafetensorsReader> file_;  // of a state that is read
};

}  // namespace unroll
