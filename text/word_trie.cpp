#include "unroll/text/word_trie.h"

#include <algorithm>
#include <bit>

namespace unroll {

namespace {

constexpr std::size_t kFewestSlots = 16;

}  // namespace

WordTrie::WordTrie(std::size_t edges)
    : edges_(std::bit_ceil(std::max(kFewestSlots, edges + edges / 2)), Edge{0, 0, kNone}),
      weights_{kNoWord} {
  weights_.reserve(edges + 1);
}

void WordTrie::set(std::u32string_view word, double weight) {
  Node node = kRoot;
  for (const char32_t character : word) {
    const Node next = child(node, character);
    node = next != kNone ? next : add_child(node, character);
  }
  weights_[node] = weight;
}

WordTrie::Node WordTrie::child(Node node, char32_t character) const noexcept {
  return edges_[slot_of(node, character)].child;
}

double WordTrie::weight(std::u32string_view word) const noexcept {
  const Node node = find(word);
  return node == kNone ? kNoWord : weights_[node];
}

WordTrie::Node WordTrie::find(std::u32string_view beginning) const noexcept {
  Node node = kRoot;
  for (const char32_t character : beginning) {
    node = child(node, character);
    if (node == kNone) break;
  }
  return node;
}

std::size_t WordTrie::bytes() const noexcept {
  return edges_.capacity() * sizeof(Edge) + weights_.capacity() * sizeof(double);
}

/// Where the edge is, or the empty slot where it would be. A third of all slots is empty.
std::size_t WordTrie::slot_of(Node parent, char32_t character) const noexcept {
  constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15u;  // 2⁶⁴ / φ, Fibonacci hashing
  const std::uint64_t key = (std::uint64_t{parent} << 21) | character;
  const std::size_t mask = edges_.size() - 1;
  std::size_t slot = (key * kGolden) >> (64 - std::countr_zero(edges_.size()));
  while (edges_[slot].child != kNone &&
         (edges_[slot].parent != parent || edges_[slot].character != character)) {
    slot = (slot + 1) & mask;
  }
  return slot;
}

WordTrie::Node WordTrie::add_child(Node parent, char32_t character) {
  if (weights_.size() * 3 > edges_.size() * 2) grow();
  const auto node = static_cast<Node>(weights_.size());
  weights_.push_back(kNoWord);
  edges_[slot_of(parent, character)] = {parent, character, node};
  return node;
}

void WordTrie::grow() {
  std::vector<Edge> old(edges_.size() * 2, Edge{0, 0, kNone});
  old.swap(edges_);
  for (const Edge& edge : old) {
    if (edge.child != kNone) edges_[slot_of(edge.parent, edge.character)] = edge;
  }
}

}  // namespace unroll
