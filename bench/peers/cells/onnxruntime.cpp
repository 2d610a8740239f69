// ONNX Runtime's LSTM, GRU and RNN, inference only: a model of one node, from and into memory of
// ours, on its own threads. Its Python package has the library without its headers; but its C
// interface is a table of functions whose order is promised never to change.
#include <dlfcn.h>

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

#include "bench/peers/cells/cell_peer.h"
#include "bench/peers/cells/onnx_model.h"

namespace unroll::bench {
namespace {

struct Status;
struct Env;
struct Options;
struct Session;
struct MemoryInfo;
struct Value;

/// The functions in use, at their places. (OrtApi of onnxruntime_c_api.h.)
struct Api {
  void* at_0[2];
  const char* (*GetErrorMessage)(const Status*);
  Status* (*CreateEnv)(int log_severity, const char* log_id, Env**);
  void* at_4[4];
  Status* (*CreateSessionFromArray)(const Env*, const void* model, std::size_t bytes,
                                    const Options*, Session**);
  Status* (*Run)(Session*, const void* run_options, const char* const* input_names,
                 const Value* const* inputs, std::size_t input_count,
                 const char* const* output_names, std::size_t output_count, Value** outputs);
  Status* (*CreateSessionOptions)(Options**);
  void* at_11[13];
  Status* (*SetIntraOpNumThreads)(Options*, int count);
  void* at_25[24];
  Status* (*CreateTensorWithDataAsOrtValue)(const MemoryInfo*, void* data, std::size_t bytes,
                                            const std::int64_t* sizes, std::size_t rank,
                                            int element_type, Value**);
  void* at_50[19];
  Status* (*CreateCpuMemoryInfo)(int allocator_type, int memory_type, MemoryInfo**);
  void* at_70[24];
  void (*ReleaseMemoryInfo)(MemoryInfo*);
  void (*ReleaseSession)(Session*);
  void (*ReleaseValue)(Value*);
  void* at_97[3];
  void (*ReleaseSessionOptions)(Options*);
};
static_assert(sizeof(Api) == 101 * sizeof(void*));

struct ApiBase {
  const Api* (*GetApi)(std::uint32_t version);
  const char* (*GetVersionString)();
};

const ApiBase& api_base() {
  static const ApiBase& base = []() -> const ApiBase& {
    void* const library = dlopen(UNROLL_ONNXRUNTIME, RTLD_NOW | RTLD_LOCAL);
    void* const entry = library != nullptr ? dlsym(library, "OrtGetApiBase") : nullptr;
    if (entry == nullptr) throw std::runtime_error(dlerror());
    return *reinterpret_cast<const ApiBase* (*)()>(entry)();
  }();
  return base;
}

const Api& api() {
  constexpr std::uint32_t kFirstVersion = 1;  // had all of these
  static const Api& found = *api_base().GetApi(kFirstVersion);
  return found;
}

void check(Status* status) {
  if (status != nullptr) throw std::runtime_error(api().GetErrorMessage(status));
}

/// One for the whole program.
const Env* env() {
  constexpr int kWarnings = 2;
  static const Env* const made = [] {
    Env* env = nullptr;
    check(api().CreateEnv(kWarnings, "unroll", &env));
    return env;
  }();
  return made;
}

template <typename T>
using Owned = std::unique_ptr<T, void (*)(T*)>;

Owned<Session> session(const CellPeerProblem& problem, int threads) {
  Options* options = nullptr;
  check(api().CreateSessionOptions(&options));
  const Owned<Options> options_owner(options, api().ReleaseSessionOptions);
  check(api().SetIntraOpNumThreads(options, threads));
  const std::string model = onnx::model(problem);
  Session* made = nullptr;
  check(api().CreateSessionFromArray(env(), model.data(), model.size(), options, &made));
  return {made, api().ReleaseSession};
}

/// A tensor over memory of another, of floats or of std::int32_t.
template <typename T>
Owned<Value> tensor(const T* data, const std::vector<std::size_t>& sizes) {
  constexpr int kArena = 1, kDefaultMemory = 0;
  constexpr auto kType = std::is_same_v<T, float> ? onnx::kFloat : onnx::kInt32;
  MemoryInfo* info = nullptr;
  check(api().CreateCpuMemoryInfo(kArena, kDefaultMemory, &info));
  const Owned<MemoryInfo> info_owner(info, api().ReleaseMemoryInfo);
  const std::vector<std::int64_t> dims(sizes.begin(), sizes.end());
  std::size_t bytes = sizeof(T);
  for (std::size_t size : sizes) bytes *= size;
  Value* made = nullptr;
  check(api().CreateTensorWithDataAsOrtValue(info, const_cast<T*>(data), bytes, dims.data(),
                                             dims.size(), static_cast<int>(kType), &made));
  return {made, api().ReleaseValue};
}

class Layer {
 public:
  static std::unique_ptr<Layer> make(const CellPeerProblem& problem, int threads) {
    if (problem.train) return nullptr;
    return std::make_unique<Layer>(problem, threads);
  }

  Layer(const CellPeerProblem& p, int threads)
      : session_(session(p, threads)),
        h_(p.steps * p.batch * p.hidden),
        input_name_(p.ids != nullptr ? "ids" : "x"),
        input_(p.ids != nullptr ? tensor(p.ids, {p.steps, p.batch})
                                : tensor(p.x, {p.steps, p.batch, p.input})),
        output_(tensor(h_.data(), {p.steps, 1, p.batch, p.hidden})) {}

  void run() {
    const char* const output_name = "h";
    const Value* const input = input_.get();
    Value* output = output_.get();
    check(api().Run(session_.get(), nullptr, &input_name_, &input, 1, &output_name, 1, &output));
  }

  void read(const CellPeerOutputs& outputs) const { std::ranges::copy(h_, outputs.h); }

 private:
  Owned<Session> session_;
  std::vector<float> h_;
  const char* input_name_;
  Owned<Value> input_;
  Owned<Value> output_;
};

}  // namespace
}  // namespace unroll::bench

UNROLL_EXPORT_CELL_PEER(unroll::bench::cell_peer<unroll::bench::Layer>(
    "onnxruntime", "ONNX Runtime " UNROLL_ONNXRUNTIME_VERSION))
