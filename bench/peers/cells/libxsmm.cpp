// LIBXSMM's LSTM and RNN cells, compiled by LIBXSMM at run time for the best instruction set it
// knows, on OpenMP's threads; its tanh and sigmoid as Debian compiles it, which is libm's, value by
// value, and takes most of the time. Weights, and for a training step their transposes, are put
// into its blocks before the timing, which training would have to do anew each time. Its weight
// update is called without ∂L/∂x, which it can leave out.
#include <libxsmm.h>
#include <omp.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include "bench/peers/cells/cell_peer.h"

namespace unroll::bench {
namespace {

constexpr auto kForward = LIBXSMM_DNN_COMPUTE_KIND_FWD;
constexpr auto kUpdate = LIBXSMM_DNN_COMPUTE_KIND_UPD;
constexpr auto kAll = LIBXSMM_DNN_COMPUTE_KIND_ALL;

void check(libxsmm_dnn_err_t status) {
  // Below are warnings: a block is as large as its matrix.
  if (status >= LIBXSMM_DNN_ERR_GENERAL) throw std::runtime_error(libxsmm_dnn_get_error(status));
}

libxsmm_dnn_rnncell_type cell_type(CellPeerKind kind) {
  switch (kind) {
    case CellPeerKind::kLstm:
      return LIBXSMM_DNN_RNNCELL_LSTM;
    case CellPeerKind::kTanhRnn:
      return LIBXSMM_DNN_RNNCELL_RNN_TANH;
    case CellPeerKind::kSigmoidRnn:
      return LIBXSMM_DNN_RNNCELL_RNN_SIGMOID;
    case CellPeerKind::kReluRnn:
    case CellPeerKind::kGru:  // make() refuses it
      break;
  }
  return LIBXSMM_DNN_RNNCELL_RNN_RELU;
}

/// Memory aligned as LIBXSMM likes it, zeros.
using Buffer = std::unique_ptr<float, void (*)(const void*)>;

Buffer zeros(std::size_t values) {
  constexpr std::size_t kAlignment = 4096;  // a page's
  auto* const data =
      static_cast<float*>(libxsmm_aligned_malloc(values * sizeof(float), kAlignment));
  std::fill_n(data, values, 0.0f);
  return {data, libxsmm_free};
}

template <typename Handle>
using Owned = std::unique_ptr<Handle, libxsmm_dnn_err_t (*)(const Handle*)>;
using Cell = Owned<libxsmm_dnn_rnncell>;
using Tensor = Owned<libxsmm_dnn_tensor>;

/// The largest of the blocks that its kernels are good at; 0 where none divides the size.
std::size_t block_of(std::size_t size) {
  for (std::size_t block : {64, 48, 32, 16}) {
    if (size % block == 0) return block;
  }
  return 0;
}

/// Sequences in a block: all, up to 64, but enough blocks for all threads.
std::size_t batch_block_of(std::size_t batch, std::size_t hidden_blocks, std::size_t threads) {
  std::size_t block = batch;
  const auto is_right = [&] {
    return batch % block == 0 && block <= 64 && batch / block * hidden_blocks >= threads;
  };
  while (block > 1 && !is_right()) --block;
  return block;
}

/// Weights of G gates, (out, in) of each gate in blocks: of a gate of ours, which is stacked f i a
/// o, where it is in LIBXSMM's i a f o.
struct BlockedWeights {
  std::size_t gates, out, in;  ///< `in` as LIBXSMM has it: a multiple of its block
  std::size_t out_block, in_block;

  std::size_t size() const { return gates * out * in; }

  /// visit(at, plain row, plain column) for every value.
  template <typename Visit>
  void for_each(bool transposed, const Visit& visit) const {
    for (std::size_t gate = 0; gate < gates; ++gate) {
      for (std::size_t o = 0; o < out; ++o) {
        for (std::size_t i = 0; i < in; ++i) {
          const std::size_t at = transposed ? place(i, o, in_block, out_block, out)
                                            : place(o, i, out_block, in_block, in);
          visit(gate * out * in + at, row(gate, o), i);
        }
      }
    }
  }

  /// In a stack of ours, of the gate's o-th unit.
  std::size_t row(std::size_t gate, std::size_t o) const {
    constexpr std::size_t kOurs[] = {1, 2, 0, 3};
    return (gates == 1 ? gate : kOurs[gate]) * out + o;
  }

 private:
  /// Blocks of a by b, b the faster; within a block a is the faster.
  static std::size_t place(std::size_t a, std::size_t b, std::size_t a_block, std::size_t b_block,
                           std::size_t b_size) {
    const std::size_t block = a / a_block * (b_size / b_block) + b / b_block;
    return (block * b_block + b % b_block) * a_block + a % a_block;
  }
};

class Layer {
 public:
  /// None where H is no multiple of 16, and no RNN of one step: its backward pass reads two.
  static std::unique_ptr<Layer> make(const CellPeerProblem& problem, int threads) {
    if (problem.kind == CellPeerKind::kGru) return nullptr;  // LIBXSMM's resets before the product
    const bool lacks_a_step = problem.train && problem.steps == 1 && gates_of(problem) == 1;
    if (block_of(problem.hidden) == 0 || lacks_a_step) return nullptr;
    return std::make_unique<Layer>(problem, threads);
  }

  Layer(const CellPeerProblem& problem, int threads)
      : problem_(problem),
        threads_(threads),
        U_(weights(padded_input())),
        W_(weights(problem.hidden)),
        cell_(create(), libxsmm_dnn_destroy_rnncell) {
    bind_inputs();
    bind_states();
    if (problem_.train) bind_gradients();
    bind_scratch();
  }

  void run() {
    if (problem_.ids != nullptr) gather_input(problem_, x_, U_.in);
#pragma omp parallel num_threads(threads_)
    {
      const int thread = omp_get_thread_num();
      libxsmm_dnn_rnncell_execute_st(cell_.get(), kForward, 0, thread);
      if (problem_.train) {
#pragma omp barrier
        libxsmm_dnn_rnncell_execute_st(cell_.get(), kUpdate, 0, thread);
      }
    }
  }

  void read(const CellPeerOutputs& outputs) const {
    std::copy_n(h_, problem_.steps * problem_.batch * problem_.hidden, outputs.h);
    if (!problem_.train) return;
    read_gradient(U_, dU_, problem_.input, outputs.dU);
    read_gradient(W_, dW_, problem_.hidden, outputs.dW);
    for (std::size_t k = 0; k < gates_of(problem_) * problem_.hidden; ++k) {
      outputs.db[W_.row(k / problem_.hidden, k % problem_.hidden)] = db_[k];
    }
  }

 private:
  /// I, or the next multiple of 16: the backward pass is slow on any other.
  std::size_t padded_input() const { return (problem_.input + 15) / 16 * 16; }

  BlockedWeights weights(std::size_t in) const {
    return {.gates = gates_of(problem_),
            .out = problem_.hidden,
            .in = in,
            .out_block = block_of(problem_.hidden),
            .in_block = block_of(in)};
  }

  libxsmm_dnn_rnncell* create() const {
    const std::size_t batch_block = batch_block_of(problem_.batch, problem_.hidden / W_.out_block,
                                                   static_cast<std::size_t>(threads_));
    libxsmm_dnn_rnncell_desc desc{};
    desc.threads = threads_;
    desc.K = static_cast<int>(problem_.hidden);
    desc.N = static_cast<int>(problem_.batch);
    desc.C = static_cast<int>(U_.in);
    desc.max_T = static_cast<int>(problem_.steps);
    desc.bk = static_cast<int>(U_.out_block);
    desc.bn = static_cast<int>(batch_block);
    desc.bc = static_cast<int>(U_.in_block);
    desc.cell_type = cell_type(problem_.kind);
    desc.datatype_in = desc.datatype_out = LIBXSMM_DNN_DATATYPE_F32;
    desc.buffer_format = LIBXSMM_DNN_TENSOR_FORMAT_NC;
    desc.filter_format = LIBXSMM_DNN_TENSOR_FORMAT_CKPACKED;
    libxsmm_dnn_err_t status = LIBXSMM_DNN_SUCCESS;
    libxsmm_dnn_rnncell* const cell = libxsmm_dnn_create_rnncell(desc, &status);
    check(status);
    return cell;
  }

  /// Memory of its own, each piece a few lines further into its page than the last: where all
  /// states begin alike, they push each other out of the first cache.
  float* own(std::size_t values) {
    constexpr std::size_t kLine = 16, kLinesInPage = 64, kStride = 5;
    const std::size_t offset = buffers_.size() * kStride % kLinesInPage * kLine;
    return buffers_.emplace_back(zeros(offset + values)).get() + offset;
  }

  void bind(libxsmm_dnn_tensor_type type, float* data) {
    libxsmm_dnn_err_t status = LIBXSMM_DNN_SUCCESS;
    auto* const layout = libxsmm_dnn_rnncell_create_tensor_datalayout(cell_.get(), type, &status);
    check(status);
    tensors_.emplace_back(libxsmm_dnn_link_tensor(layout, data, &status),
                          libxsmm_dnn_destroy_tensor);
    libxsmm_dnn_destroy_tensor_datalayout(layout);
    check(status);
    check(libxsmm_dnn_rnncell_bind_tensor(cell_.get(), tensors_.back().get(), type));
  }

  void bind_inputs() {
    const std::size_t rows = problem_.steps * problem_.batch;
    x_ = own(rows * U_.in);
    for (std::size_t row = 0; row < rows && problem_.x != nullptr; ++row) {
      std::copy_n(problem_.x + row * problem_.input, problem_.input, x_ + row * U_.in);
    }
    bind(LIBXSMM_DNN_RNN_REGULAR_INPUT, x_);
    bind(LIBXSMM_DNN_RNN_REGULAR_WEIGHT, blocked(U_, problem_.U, problem_.input, false));
    bind(LIBXSMM_DNN_RNN_REGULAR_RECUR_WEIGHT, blocked(W_, problem_.W, problem_.hidden, false));
    const std::size_t biases = gates_of(problem_) * problem_.hidden;
    float* const b = own(biases);
    for (std::size_t k = 0; k < biases; ++k) {
      b[k] = problem_.b[W_.row(k / problem_.hidden, k % problem_.hidden)];
    }
    bind(LIBXSMM_DNN_RNN_REGULAR_BIAS, b);
  }

  float* blocked(const BlockedWeights& weights, const float* plain, std::size_t columns,
                 bool transposed) {
    float* const to = own(weights.size());
    weights.for_each(transposed, [&](std::size_t at, std::size_t row, std::size_t column) {
      if (column < columns) to[at] = plain[row * columns + column];
    });
    return to;
  }

  void bind_states() {
    const std::size_t state = problem_.batch * problem_.hidden;
    h_ = own(problem_.steps * state);
    bind(LIBXSMM_DNN_RNN_REGULAR_HIDDEN_STATE_PREV, own(state));
    bind(LIBXSMM_DNN_RNN_REGULAR_HIDDEN_STATE, h_);
    if (gates_of(problem_) == 1) return;
    bind(LIBXSMM_DNN_RNN_REGULAR_CS_PREV, own(state));
    for (auto type :
         {LIBXSMM_DNN_RNN_REGULAR_CS, LIBXSMM_DNN_RNN_INTERNAL_I, LIBXSMM_DNN_RNN_INTERNAL_F,
          LIBXSMM_DNN_RNN_INTERNAL_O, LIBXSMM_DNN_RNN_INTERNAL_CI, LIBXSMM_DNN_RNN_INTERNAL_CO}) {
      bind(type, own(problem_.steps * state));
    }
  }

  void bind_gradients() {
    const std::size_t state = problem_.batch * problem_.hidden;
    bind(LIBXSMM_DNN_RNN_GRADIENT_HIDDEN_STATE, const_cast<float*>(problem_.dh));
    bind(LIBXSMM_DNN_RNN_GRADIENT_HIDDEN_STATE_PREV, own(state));
    if (gates_of(problem_) > 1) {
      bind(LIBXSMM_DNN_RNN_GRADIENT_CS, own(state));
      bind(LIBXSMM_DNN_RNN_GRADIENT_CS_PREV, own(state));
    }
    bind(LIBXSMM_DNN_RNN_REGULAR_WEIGHT_TRANS, blocked(U_, problem_.U, problem_.input, true));
    bind(LIBXSMM_DNN_RNN_REGULAR_RECUR_WEIGHT_TRANS,
         blocked(W_, problem_.W, problem_.hidden, true));
    bind(LIBXSMM_DNN_RNN_GRADIENT_INPUT, own(problem_.steps * problem_.batch * U_.in));
    bind(LIBXSMM_DNN_RNN_GRADIENT_WEIGHT, dU_ = own(U_.size()));
    bind(LIBXSMM_DNN_RNN_GRADIENT_RECUR_WEIGHT, dW_ = own(W_.size()));
    bind(LIBXSMM_DNN_RNN_GRADIENT_BIAS, db_ = own(gates_of(problem_) * problem_.hidden));
  }

  void bind_scratch() {
    const auto kind = problem_.train ? kAll : kForward;
    const auto bytes_for = [&](auto size) {
      libxsmm_dnn_err_t status = LIBXSMM_DNN_SUCCESS;
      const std::size_t bytes = size(cell_.get(), kind, &status);
      check(status);
      return own(bytes / sizeof(float) + 1);
    };
    check(libxsmm_dnn_rnncell_bind_scratch(cell_.get(), kind,
                                           bytes_for(libxsmm_dnn_rnncell_get_scratch_size)));
    check(libxsmm_dnn_rnncell_bind_internalstate(
        cell_.get(), kind, bytes_for(libxsmm_dnn_rnncell_get_internalstate_size)));
  }

  void read_gradient(const BlockedWeights& weights, const float* blocks, std::size_t columns,
                     float* to) const {
    weights.for_each(false, [&](std::size_t at, std::size_t row, std::size_t column) {
      if (column < columns) to[row * columns + column] = blocks[at];
    });
  }

  CellPeerProblem problem_;
  int threads_;
  BlockedWeights U_, W_;
  std::vector<Buffer> buffers_;
  std::vector<Tensor> tensors_;
  Cell cell_;
  float* x_ = nullptr;
  float* h_ = nullptr;
  float* dU_ = nullptr;
  float* dW_ = nullptr;
  float* db_ = nullptr;
};

}  // namespace
}  // namespace unroll::bench

UNROLL_EXPORT_CELL_PEER(
    unroll::bench::cell_peer<unroll::bench::Layer>("libxsmm", "LIBXSMM " LIBXSMM_CONFIG_VERSION))
