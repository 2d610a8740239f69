// oneDNN's eltwise primitives, compiled by oneDNN at run time for the best instruction set it
// knows. Primitives and descriptions of memory are made once for each size, as a network would.
#include <omp.h>

#include <dnnl.hpp>
#include <unordered_map>

#include "bench/peers/peer.h"

namespace unroll::bench {
namespace {

const dnnl::engine& engine() {
  static const dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
  return cpu;
}

dnnl::eltwise_forward primitive(dnnl::algorithm kind, const dnnl::memory::desc& array) {
  constexpr auto kInference = dnnl::prop_kind::forward_inference;
#if DNNL_VERSION_MAJOR >= 3
  return dnnl::eltwise_forward({engine(), kInference, kind, array, array});
#else
  return dnnl::eltwise_forward({{kInference, kind, array, 0.0F}, engine()});
#endif
}

/// One function, made for one size and one number of threads.
class Eltwise {
 public:
  Eltwise(dnnl::algorithm kind, std::size_t n)
      : array_({static_cast<dnnl::memory::dim>(n)}, dnnl::memory::data_type::f32,
               dnnl::memory::format_tag::a),
        primitive_(primitive(kind, array_)),
        stream_(engine()),
        arguments_{{DNNL_ARG_SRC, dnnl::memory(array_, engine(), nullptr)},
                   {DNNL_ARG_DST, dnnl::memory(array_, engine(), nullptr)}} {}

  void operator()(const float* x, float* y) {
    arguments_.at(DNNL_ARG_SRC).set_data_handle(const_cast<float*>(x));
    arguments_.at(DNNL_ARG_DST).set_data_handle(y);
    primitive_.execute(stream_, arguments_);
    stream_.wait();
  }

 private:
  dnnl::memory::desc array_;
  dnnl::eltwise_forward primitive_;
  dnnl::stream stream_;
  std::unordered_map<int, dnnl::memory> arguments_;
};

/// By size; a primitive keeps the number of threads it was made for.
template <dnnl::algorithm kind>
std::unordered_map<std::size_t, Eltwise>& made() {
  static std::unordered_map<std::size_t, Eltwise> by_size;
  return by_size;
}

template <dnnl::algorithm kind>
void run(std::size_t n, const float* x, float* y) {
  made<kind>().try_emplace(n, kind, n).first->second(x, y);
}

constexpr auto kExp = dnnl::algorithm::eltwise_exp;
constexpr auto kLog = dnnl::algorithm::eltwise_log;
constexpr auto kTanh = dnnl::algorithm::eltwise_tanh;
constexpr auto kLogistic = dnnl::algorithm::eltwise_logistic;
constexpr auto kRelu = dnnl::algorithm::eltwise_relu;

void set_threads(int count) {
  omp_set_num_threads(count);
  made<kExp>().clear();
  made<kLog>().clear();
  made<kTanh>().clear();
  made<kLogistic>().clear();
  made<kRelu>().clear();
}

const char* chosen_isa() {
  using dnnl::cpu_isa;
  const cpu_isa isa = dnnl::get_effective_cpu_isa();
  if (isa == cpu_isa::sse41) return "sse4.1";
  if (isa == cpu_isa::avx) return "avx";
  if (isa == cpu_isa::avx2 || isa == cpu_isa::avx2_vnni) return "avx2";
  return "avx512";
}

const Peer kPeers[] = {{
    .implementation = "onednn",
    .version = "oneDNN " UNROLL_TEXT(DNNL_VERSION_MAJOR) "." UNROLL_TEXT(
        DNNL_VERSION_MINOR) "." UNROLL_TEXT(DNNL_VERSION_PATCH),
    .functions = {.exp = run<kExp>,
                  .log = run<kLog>,
                  .tanh = run<kTanh>,
                  .sigmoid = run<kLogistic>,
                  .relu = run<kRelu>},
    .chosen_isa = chosen_isa,
    .set_threads = set_threads,
}};

}  // namespace
}  // namespace unroll::bench

UNROLL_EXPORT_PEERS(unroll::bench::kPeers)
