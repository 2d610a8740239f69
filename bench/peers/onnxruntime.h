/// ONNX Runtime from C++. Its Python package has the library (UNROLL_ONNXRUNTIME, a path) without
/// its headers; but its C interface is a table of functions whose order is promised never to
/// change.
#pragma once

#include <dlfcn.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <type_traits>
#include <vector>

namespace unroll::bench::onnxruntime {

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

inline const ApiBase& api_base() {
  static const ApiBase& base = []() -> const ApiBase& {
    void* const library = dlopen(UNROLL_ONNXRUNTIME, RTLD_NOW | RTLD_LOCAL);
    void* const entry = library != nullptr ? dlsym(library, "OrtGetApiBase") : nullptr;
    if (entry == nullptr) throw std::runtime_error(dlerror());
    return *reinterpret_cast<const ApiBase* (*)()>(entry)();
  }();
  return base;
}

inline const Api& api() {
  constexpr std::uint32_t kFirstVersion = 1;  // had all of these
  static const Api& found = *api_base().GetApi(kFirstVersion);
  return found;
}

inline void check(Status* status) {
  if (status != nullptr) throw std::runtime_error(api().GetErrorMessage(status));
}

/// One for the whole program.
inline const Env* env() {
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

/// Opens a session of a model, given as the bytes of its file.
inline Owned<Session> session(std::string_view model, int threads) {
  Options* options = nullptr;
  check(api().CreateSessionOptions(&options));
  const Owned<Options> options_owner(options, api().ReleaseSessionOptions);
  check(api().SetIntraOpNumThreads(options, threads));
  Session* made = nullptr;
  check(api().CreateSessionFromArray(env(), model.data(), model.size(), options, &made));
  return {made, api().ReleaseSession};
}

/// A tensor over memory of another, of floats or of std::int32_t.
template <typename T>
Owned<Value> tensor(const T* data, const std::vector<std::size_t>& sizes) {
  constexpr int kArena = 1, kDefaultMemory = 0;
  constexpr int kFloat = 1, kInt32 = 6;
  constexpr auto kType = std::is_same_v<T, float> ? kFloat : kInt32;
  MemoryInfo* info = nullptr;
  check(api().CreateCpuMemoryInfo(kArena, kDefaultMemory, &info));
  const Owned<MemoryInfo> info_owner(info, api().ReleaseMemoryInfo);
  const std::vector<std::int64_t> dims(sizes.begin(), sizes.end());
  std::size_t bytes = sizeof(T);
  for (std::size_t size : sizes) bytes *= size;
  Value* made = nullptr;
  check(api().CreateTensorWithDataAsOrtValue(info, const_cast<T*>(data), bytes, dims.data(),
                                             dims.size(), kType, &made));
  return {made, api().ReleaseValue};
}

}  // namespace unroll::bench::onnxruntime
