// How accurate exp, expm1, log, tanh and sigmoid are on every instruction set: every float there
// is, and doubles by the hundred thousand, against the correctly rounded value (exact.h).
//
//     accuracy [STRIDE]                  a table on stdout; with STRIDE only every so many floats
//     accuracy [STRIDE] --write FILE     puts it between the markers of docs/numerics.md
//
// Exit status 1 if a promise is broken: an error above that of vector_functions.cpp, a value
// outside the function's range or one that depends on its position, a NaN that does not stay one.
#include <fmt/format.h>
#include <gnu/libc-version.h>
#include <mpfr.h>

#include <charconv>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "tests/kernels/sweep.h"
#include "tests/kernels/vector_functions.h"
#include "tests/support/marked_section.h"

namespace unroll::test {
namespace {

/// Densities of doubles_to_sweep: a quarter of a minute or half a second for MPFR.
constexpr std::size_t kDense = 64, kSparse = 3;

class Report {
 public:
  explicit Report(std::uint64_t stride)
      : stride_(stride), doubles_(doubles_to_sweep(stride == 1 ? kDense : kSparse)) {}

  void add(const VectorFunction& function);
  void add_relu();
  /// The table and what it is of, in Markdown.
  std::string text() const;
  bool is_sound() const { return sound_; }

 private:
  template <typename Real>
  void hold_to_promises(const VectorFunction& function, const Variant& variant,
                        const Seen<Real>& seen);
  void broken(const std::string& what) {
    fmt::print(stderr, "accuracy: {}\n", what);
    sound_ = false;
  }

  std::uint64_t stride_;
  std::vector<double> doubles_;
  std::string rows_;
  bool sound_ = true;
};

/// The largest error; where all values are the nearest ones it was not measured.
template <typename Real>
std::string error_text(const Seen<Real>& seen) {
  return seen.not_nearest == 0 ? "≤ 0.5" : fmt::format("{:.3f}", seen.worst);
}

template <typename Real>
void Report::hold_to_promises(const VectorFunction& function, const Variant& variant,
                              const Seen<Real>& seen) {
  const std::string name = fmt::format("{} of {} on {}", function.name,
                                       sizeof(Real) == 4 ? "floats" : "doubles", variant.name);
  const double promised = variant.promised_of<Real>(function);
  if (!(seen.worst <= promised)) {
    broken(
        fmt::format("{}: {:.3f} ulp at {}, promised are {}", name, seen.worst, seen.at, promised));
  }
  if (seen.outside > 0) broken(fmt::format("{}: {} outside its range", name, seen.outside));
  if (seen.unsteady > 0) {
    broken(fmt::format("{}: {} depend on their position", name, seen.unsteady));
  }
}

void Report::add(const VectorFunction& function) {
  const std::vector<Variant> variants = variants_of(function);
  const std::vector<Seen<float>> floats = sweep_floats(function, stride_);
  const std::vector<Seen<double>> doubles = sweep_doubles(function, doubles_);
  for (std::size_t k = 0; k < variants.size(); ++k) {
    hold_to_promises(function, variants[k], floats[k]);
    hold_to_promises(function, variants[k], doubles[k]);
    if (!keeps_nan(function, variants[k], stride_)) {
      broken(fmt::format("{} on {}: a NaN does not stay one", function.name, variants[k].name));
    }
    rows_ += fmt::format(
        "| {} | {} | {} | {} | {:.2f} % | {} | {} | {} |\n", function.name, variants[k].name,
        error_text(floats[k]), floats[k].at,
        100 * static_cast<double>(floats[k].not_nearest) / static_cast<double>(floats[k].numbers),
        floats[k].falls == 0 ? "yes" : fmt::format("falls {}×", floats[k].falls),
        error_text(doubles[k]), doubles[k].at);
  }
}

void Report::add_relu() {
  for (Isa isa : available_isas()) {
    const bool exact = relu_is_exact(isa, stride_);
    if (!exact) broken(fmt::format("relu on {} is not exact", to_string(isa)));
    rows_ += fmt::format("| relu | {} | {} | | | yes | | |\n", to_string(isa),
                         exact ? "exact" : "not exact");
  }
}

std::string Report::text() const {
  return fmt::format(
      "| function | instruction set | float: largest error, ulp | at | not the nearest | monotone "
      "| double: largest error, ulp | at |\n|---|---|--:|--:|--:|---|--:|--:|\n{}"
      "\nOver {} floats, {}, and {} doubles. glibc {}, MPFR {}, {}.\n",
      rows_, swept_floats(stride_),
      stride_ == 1 ? "all that are no NaN" : fmt::format("every {}th", stride_), doubles_.size(),
      gnu_get_libc_version(), mpfr_get_version(), cpu_name());
}

struct Arguments {
  std::uint64_t stride = 1;
  std::string path;
};

std::optional<Arguments> parse(int argc, char** argv) {
  Arguments arguments;
  for (int k = 1; k < argc; ++k) {
    const std::string_view argument = argv[k];
    if (argument == "--write" && k + 1 < argc) {
      arguments.path = argv[++k];
      continue;
    }
    const char* end = argument.data() + argument.size();
    const auto parsed = std::from_chars(argument.data(), end, arguments.stride);
    if (parsed.ec != std::errc() || parsed.ptr != end || arguments.stride == 0) return {};
  }
  return arguments;
}

int run(const Arguments& arguments) {
  std::optional<MarkedSection> section;
  if (!arguments.path.empty()) section.emplace(arguments.path, "accuracy");
  Report report(arguments.stride);
  for (const VectorFunction& function : vector_functions()) {
    fmt::print(stderr, "accuracy: {}\n", function.name);
    report.add(function);
  }
  report.add_relu();
  fmt::print("{}", report.text());
  if (section) section->write(report.text());
  return report.is_sound() ? 0 : 1;
}

}  // namespace
}  // namespace unroll::test

int main(int argc, char** argv) {
  const auto arguments = unroll::test::parse(argc, argv);
  if (!arguments) {
    fmt::print(stderr, "accuracy [STRIDE] [--write FILE]\n");
    return 2;
  }
  try {
    return unroll::test::run(*arguments);
  } catch (const std::exception& error) {
    fmt::print(stderr, "accuracy: {}\n", error.what());
    return 1;
  }
}
