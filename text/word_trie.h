/// WordTrie: words with weights, looked up one character at a time. What a cut into the most
/// probable words asks at every place of a text: which words begin here?
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

namespace unroll {

/// A node is a beginning of words, numbered as they come; the root is the empty one. All edges are
/// in one hash table, twelve bytes each: a dictionary of 350,000 Chinese words takes 20 MiB.
class WordTrie {
 public:
  using Node = std::uint32_t;
  static constexpr Node kRoot = 0;
  static constexpr Node kNone = std::numeric_limits<Node>::max();
  /// The weight of a beginning that is no word.
  static constexpr double kNoWord = -std::numeric_limits<double>::infinity();

  /// `edges`: about how many there will be.
  explicit WordTrie(std::size_t edges = 0);

  /// Adds a word that is not empty, or gives it another weight.
  void set(std::u32string_view word, double weight);
  /// The node of one more character; kNone if no word goes on so.
  Node child(Node node, char32_t character) const noexcept;
  double weight(Node node) const noexcept { return weights_[node]; }
  /// The weight of a whole word; kNoWord if it is none.
  double weight(std::u32string_view word) const noexcept;
  /// Whether a word begins so.
  bool has_beginning(std::u32string_view beginning) const noexcept {
    return find(beginning) != kNone;
  }
  /// The memory that it takes.
  std::size_t bytes() const noexcept;

 private:
  struct Edge {
    Node parent;
    char32_t character;
    Node child;  // kNone: an empty slot
  };

  Node find(std::u32string_view beginning) const noexcept;
  std::size_t slot_of(Node parent, char32_t character) const noexcept;
  Node add_child(Node parent, char32_t character);
  void grow();

  std::vector<Edge> edges_;      // by hash; the size is a power of two
  std::vector<double> weights_;  // of each node
};

}  // namespace unroll
