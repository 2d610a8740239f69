/// An ONNX model of one recurrent layer, as the bytes of a file: as much of the format (protocol
/// buffers, onnx.proto3) as that takes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bench/peers/cells/cell_peer.h"

namespace unroll::bench {

/// A message of protocol buffers: fields, each a number or bytes.
class Message {
 public:
  Message& add(int field, std::uint64_t value) {
    add_varint(static_cast<std::uint64_t>(field) << 3);
    add_varint(value);
    return *this;
  }
  Message& add(int field, std::string_view bytes) {
    add_varint(static_cast<std::uint64_t>(field) << 3 | 2);
    add_varint(bytes.size());
    bytes_ += bytes;
    return *this;
  }
  Message& add(int field, const Message& message) { return add(field, message.bytes()); }
  std::string_view bytes() const { return bytes_; }

 private:
  void add_varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
    bytes_ += static_cast<char>(value);
  }

  std::string bytes_;
};

namespace onnx {

constexpr std::uint64_t kFloat = 1, kInt32 = 6, kIntAttribute = 2, kStringsAttribute = 8;

/// ValueInfoProto.
inline Message value(std::string_view name, const std::vector<std::size_t>& sizes,
                     std::uint64_t type = kFloat) {
  Message shape;
  for (std::size_t size : sizes) shape.add(1, Message().add(1, size));
  const Message tensor = Message().add(1, type).add(2, shape);
  return Message().add(1, name).add(2, Message().add(1, tensor));
}

/// TensorProto.
inline Message constant(std::string_view name, const std::vector<std::size_t>& sizes,
                        const std::vector<float>& values) {
  Message tensor;
  for (std::size_t size : sizes) tensor.add(1, size);
  const std::string_view bytes(reinterpret_cast<const char*>(values.data()),
                               values.size() * sizeof(float));
  return tensor.add(2, kFloat).add(8, name).add(9, bytes);
}

/// For each of ONNX's gates the place of ours: i o f a of f i a o, z r h of r u h̃.
inline std::vector<std::size_t> order_of_gates(CellPeerKind kind) {
  switch (kind) {
    case CellPeerKind::kLstm:
      return {1, 3, 0, 2};
    case CellPeerKind::kGru:
      return {1, 0, 2};
    case CellPeerKind::kTanhRnn:
    case CellPeerKind::kSigmoidRnn:
    case CellPeerKind::kReluRnn:
      break;
  }
  return {0};
}

inline std::vector<float> gates_in_order(const CellPeerProblem& p, const float* blocks,
                                         std::size_t columns) {
  const std::size_t block = p.hidden * columns;
  std::vector<float> ordered;
  for (std::size_t gate : order_of_gates(p.kind)) {
    ordered.insert(ordered.end(), blocks + gate * block, blocks + (gate + 1) * block);
  }
  return ordered;
}

/// AttributeProto of one number, or of one string.
inline Message attribute(std::string_view name, std::uint64_t value) {
  return Message().add(1, name).add(3, value).add(20, kIntAttribute);
}

inline Message attribute(std::string_view name, std::string_view value) {
  return Message().add(1, name).add(9, value).add(20, kStringsAttribute);
}

/// NodeProto of an LSTM, a GRU or an RNN: x, U, W, b → h.
inline Message node(const CellPeerProblem& p) {
  const auto of_type = [&p](std::string_view type) {
    Message node;
    for (std::string_view name : {"x", "U", "W", "b"}) node.add(1, name);
    return node.add(2, "h").add(4, type).add(5, attribute("hidden_size", p.hidden));
  };
  switch (p.kind) {
    case CellPeerKind::kLstm:
      return of_type("LSTM");
    case CellPeerKind::kGru:  // which resets after the product
      return of_type("GRU").add(5, attribute("linear_before_reset", 1));
    case CellPeerKind::kReluRnn:
      return of_type("RNN").add(5, attribute("activations", "Relu"));
    case CellPeerKind::kSigmoidRnn:
      return of_type("RNN").add(5, attribute("activations", "Sigmoid"));
    case CellPeerKind::kTanhRnn:
      break;
  }
  return of_type("RNN");
}

/// NodeProto of an embedding: rows of E, ids → x.
inline Message gather() {
  return Message().add(1, "E").add(1, "ids").add(2, "x").add(4, "Gather");
}

/// U's biases and then W's: of these only a GRU's d is not 0.
inline std::vector<float> biases(const CellPeerProblem& p) {
  const std::size_t rows = gates_of(p) * p.hidden;
  std::vector<float> all = gates_in_order(p, p.b, 1);
  all.resize(2 * rows);
  if (p.d != nullptr) std::copy_n(p.d, p.hidden, all.end() - static_cast<std::ptrdiff_t>(p.hidden));
  return all;
}

/// ModelProto: input x (T, B, I), or ids (T, B); output h (T, 1, B, H).
inline std::string model(const CellPeerProblem& p) {
  constexpr std::uint64_t kFormat = 8, kOperators = 14;
  const std::size_t rows = gates_of(p) * p.hidden;
  Message graph;
  if (p.ids != nullptr) graph.add(1, gather());
  graph.add(1, node(p)).add(2, "layer");
  graph.add(5, constant("U", {1, rows, p.input}, gates_in_order(p, p.U, p.input)));
  graph.add(5, constant("W", {1, rows, p.hidden}, gates_in_order(p, p.W, p.hidden)));
  graph.add(5, constant("b", {1, 2 * rows}, biases(p)));
  if (p.ids != nullptr) {
    const std::vector<float> E(p.E, p.E + p.vocabulary * p.input);
    graph.add(5, constant("E", {p.vocabulary, p.input}, E));
    graph.add(11, value("ids", {p.steps, p.batch}, kInt32));
  } else {
    graph.add(11, value("x", {p.steps, p.batch, p.input}));
  }
  graph.add(12, value("h", {p.steps, 1, p.batch, p.hidden}));
  const Message operators = Message().add(1, "").add(2, kOperators);
  return std::string(Message().add(1, kFormat).add(7, graph).add(8, operators).bytes());
}

}  // namespace onnx
}  // namespace unroll::bench
