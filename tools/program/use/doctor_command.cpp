#include <fmt/format.h>
#include <zlib.h>

#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>

#include "unroll/core/parallel.h"
#include "unroll/core/processors.h"
#include "unroll/kernels/gemm.h"
#include "unroll/kernels/half.h"
#include "unroll/kernels/isa.h"
#include "unroll/kernels/unused_features.h"
#include "unroll/text/jieba_files.h"
#include "unroll/text/subword_training.h"
#include "unroll/text/unicode.h"
#include "unroll/text/xz.h"
#include "unroll/text/zstd.h"
#include "unroll/tools/classifier/version.h"
#include "unroll/tools/program/commands.h"
#include "unroll/tools/program/output.h"
#include "unroll/tools/program/ranks.h"

namespace unroll {

namespace {

using Json = nlohmann::ordered_json;

std::string isa_names() {
  std::string names;
  for (Isa isa : available_isas())
    names += (names.empty() ? "" : " ") + std::string(to_string(isa));
  return names;
}

/// Whether OpenBLAS runs kernels of a lesser CPU than this one: then products take twice the time.
std::string blas_advice(const BlasInfo& blas) {
  for (const char* name : {"OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"}) {
    if (std::getenv(name) != nullptr)
      return fmt::format("{} is set in the environment: unset it", name);
  }
  if (blas.has_openmp)
    return "it makes OpenMP's threads besides ours: install libopenblas0-pthread";
  const bool wide_cpu = available_isas().back() == Isa::kAvx512;
  const bool wide_kernels = blas.kernels == "SkylakeX" || blas.kernels == "Cooperlake" ||
                            blas.kernels == "Sapphirerapids" || blas.kernels == "Zen4";
  if (wide_cpu && !wide_kernels) return "these kernels do not use this CPU's AVX-512";
  return "";
}

/// Why products of bfloat16 go the way that they go.
std::string bfloat16_reason() {
  if (multiplies_bfloat16()) return "the CPU multiplies pairs of bfloat16, faster than floats";
  if (!has_bfloat16()) return "the CPU has no products of bfloat16";
  if (active_isa() != Isa::kAvx512) return "the instruction set in use has no products of bfloat16";
  return fmt::format("{}'s products of bfloat16 are slower than those of floats",
                     maker() == Maker::kIntel ? "Intel" : "this maker");
}

/// What half precision is, of a model of the default sizes.
std::string half_precision_text() {
  const LayerSizes sizes = layer_sizes(SequenceClassifierConfig());
  return fmt::format("training {}, prediction {}",
                     to_string(half_precision(Passes::kTraining, sizes)),
                     to_string(half_precision(Passes::kInference, sizes)));
}

/// Whether products of float16 are used, and why not.
std::string float16_text() {
  if (multiplies_float16()) return "multiplied in pairs, for prediction";
  if (!has_float16_products()) return "none";
  return active_isa() == Isa::kAvx512
             ? "the CPU has products of it, the build has none"
             : "the CPU has products of it, the instruction set in use has none";
}

/// Processors' worth of time that control groups grant; null without a limit.
Json quota_of(const Processors& processors) {
  return processors.quota ? Json(*processors.quota) : Json();
}

/// The version of a library that the build may lack.
std::string optional(const std::string& version, std::string_view package) {
  return version.empty() ? fmt::format("not built in: install {} and build again", package)
                         : version;
}

Json diagnosis() {
  const Processors processors = find_processors();
  const BlasInfo blas = blas_info();
  return {
      {"unroll", kVersion},
      {"compiler", fmt::format("{} {}",
#if defined(__clang__)
                               "clang",
#else
                               "gcc",
#endif
                               __VERSION__)},
#ifdef NDEBUG
      {"build", "optimized"},
#else
      {"build", "with assertions: slow"},
#endif
      {"cpu", cpu_name()},
      {"cpu_maker", to_string(maker())},
      {"processors", processors.online},
      {"affinity", processors.affinity},
      {"cpu_quota", quota_of(processors)},
      {"threads", thread_count()},
      {"instruction_sets", isa_names()},
      {"instruction_set_in_use", to_string(active_isa())},
      {"bfloat16", multiplies_bfloat16() ? "multiplied in pairs" : "rounded to, then as floats"},
      {"bfloat16_reason", bfloat16_reason()},
      {"float16", float16_text()},
      {"half_precision", half_precision_text()},
      {"amx", amx_support()},
      {"sigmoid", divides_slowly() ? "without division" : "with division"},
      {"blas", blas.version},
      {"blas_kernels", blas.kernels},
      {"blas_advice", blas_advice(blas)},
      {"icu", icu_version()},
      {"jieba", installed_jieba().value_or("none")},
      {"sentencepiece", can_train_subwords() ? "trains subwords" : "none"},
      {"zlib", ::zlibVersion()},
      {"xz", optional(xz_version(), "liblzma-dev")},
      {"zstd", optional(zstd_version(), "libzstd-dev")},
      {"boost", optional(boost_version(), "libboost-dev")},
      {"mpi", optional(mpi_version(), "libopenmpi-dev and openmpi-bin")},
      {"fmt",
       fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100)}};
}

void print_text(const Json& json) {
  for (const auto& [name, value] : json.items()) {
    const std::string text = value.is_string() ? value.get<std::string>()
                             : value.is_null() ? "none"
                                               : value.dump();
    if (!text.empty()) print("{:<24}{}\n", name, text);
  }
}

}  // namespace

void add_doctor_command(CLI::App& program, int& status) {
  const auto json = std::make_shared<bool>(false);
  CLI::App* command = program.add_subcommand(
      "doctor", "Show what a bug report needs: CPU, threads, BLAS, versions");
  command->add_flag("--json", *json, "Print one JSON object");
  add_threads_flag(*command);
  command->callback([json, &status] {
    if (*json) {
      print("{}\n", with_version(diagnosis().dump()));
    } else {
      print_text(diagnosis());
    }
    status = 0;
  });
}

}  // namespace unroll
