// PyTorch's functions with an output tensor, in inference mode: no allocation, no autograd, no
// Python. It chooses the instruction set and splits an array over its own threads.
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/ops/clamp_min.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/expm1.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/log.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/tanh.h>
#include <c10/core/InferenceMode.h>
#include <torch/headeronly/version.h>

#include <string>

#include "bench/peers/peer.h"

namespace unroll::bench {
namespace {

/// A tensor over memory of another; made anew only when that memory changes.
class View {
 public:
  const at::Tensor& of(std::size_t n, const float* data) {
    if (!tensor_.defined() || data != data_ || tensor_.numel() != static_cast<std::int64_t>(n)) {
      data_ = data;
      tensor_ = at::from_blob(const_cast<float*>(data), {static_cast<std::int64_t>(n)}, at::kFloat);
    }
    return tensor_;
  }

 private:
  const float* data_ = nullptr;
  at::Tensor tensor_;
};

/// An array function of an ATen function with an output tensor.
template <auto function>
void run(std::size_t n, const float* x, float* y) {
  static View input, output;
  const c10::InferenceMode inference;
  at::Tensor result = output.of(n, y);
  function(result, input.of(n, x));
}

void relu(at::Tensor& y, const at::Tensor& x) {
  at::clamp_min_out(y, x, 0);  // what at::relu calls; it has no out form of its own
}

const char* chosen_isa() {
  const std::string capability = at::get_cpu_capability();
  return capability == "AVX512" ? "avx512" : capability == "AVX2" ? "avx2" : "sse2";
}

const Peer kPeers[] = {{
    .implementation = "pytorch",
    .version = "PyTorch " TORCH_VERSION,
    .functions = {.exp = run<[](at::Tensor& y, const at::Tensor& x) { at::exp_out(y, x); }>,
                  .expm1 = run<[](at::Tensor& y, const at::Tensor& x) { at::expm1_out(y, x); }>,
                  .log = run<[](at::Tensor& y, const at::Tensor& x) { at::log_out(y, x); }>,
                  .tanh = run<[](at::Tensor& y, const at::Tensor& x) { at::tanh_out(y, x); }>,
                  .sigmoid = run<[](at::Tensor& y, const at::Tensor& x) { at::sigmoid_out(y, x); }>,
                  .relu = run<relu>},
    .chosen_isa = chosen_isa,
    .set_threads = at::set_num_threads,
}};

}  // namespace
}  // namespace unroll::bench

UNROLL_EXPORT_PEERS(unroll::bench::kPeers)
