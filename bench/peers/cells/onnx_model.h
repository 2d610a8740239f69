/// An ONNX model of one recurrent layer, as the bytes of a file: as much of the format (protocol
/// buffers, onnx.proto3) as that takes.
#pragma once

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

/// Gates of ONNX's order, i o f a, from ours, f i a o; one stays.
inline std::vector<float> gates_in_order(const CellPeerProblem& p, const float* blocks,
                                         std::size_t columns) {
  const std::size_t block = p.hidden * columns;
  if (gates_of(p) == 1) return {blocks, blocks + block};
  std::vector<float> ordered;
  for (std::size_t gate : {1, 3, 0, 2}) {
    ordered.insert(ordered.end(), blocks + gate * block, blocks + (gate + 1) * block);
  }
  return ordered;
}

inline std::string_view activation(CellPeerKind kind) {
  return kind == CellPeerKind::kReluRnn      ? "Relu"
         : kind == CellPeerKind::kSigmoidRnn ? "Sigmoid"
                                             : "Tanh";
}

/// NodeProto of an LSTM or RNN: x, U, W, b → h.
inline Message node(const CellPeerProblem& p) {
  const bool is_lstm = p.kind == CellPeerKind::kLstm;
  Message node;
  for (std::string_view name : {"x", "U", "W", "b"}) node.add(1, name);
  node.add(2, "h").add(4, is_lstm ? "LSTM" : "RNN");
  node.add(5, Message().add(1, "hidden_size").add(3, p.hidden).add(20, kIntAttribute));
  if (is_lstm) return node;
  const Message activations =
      Message().add(1, "activations").add(9, activation(p.kind)).add(20, kStringsAttribute);
  return node.add(5, activations);
}

/// NodeProto of an embedding: rows of E, ids → x.
inline Message gather() {
  return Message().add(1, "E").add(1, "ids").add(2, "x").add(4, "Gather");
}

/// ModelProto: input x (T, B, I), or ids (T, B); output h (T, 1, B, H); its second bias is 0.
inline std::string model(const CellPeerProblem& p) {
  constexpr std::uint64_t kFormat = 8, kOperators = 14;
  const std::size_t rows = gates_of(p) * p.hidden;
  std::vector<float> biases = gates_in_order(p, p.b, 1);
  biases.resize(2 * rows);
  Message graph;
  if (p.ids != nullptr) graph.add(1, gather());
  graph.add(1, node(p)).add(2, "layer");
  graph.add(5, constant("U", {1, rows, p.input}, gates_in_order(p, p.U, p.input)));
  graph.add(5, constant("W", {1, rows, p.hidden}, gates_in_order(p, p.W, p.hidden)));
  graph.add(5, constant("b", {1, 2 * rows}, biases));
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
