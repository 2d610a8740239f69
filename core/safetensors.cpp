#include "unroll/core/safetensors.h"

#include <fmt/format.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include "unroll/core/error.h"
#include "unroll/core/file.h"

namespace unroll {

namespace {

// Tensors and the header's length are copied as they lie in memory; the format is little-endian.
static_assert(std::endian::native == std::endian::little);

using nlohmann::json;

constexpr std::size_t kLengthBytes = 8;
// What every file of ours has behind its length. It stands at a fixed place, so the digits can be
// found before the header is parsed.
constexpr std::string_view kPrefix = R"({"__metadata__":{"checksum":"xxh3-128:)";
constexpr std::string_view kZeros = "00000000000000000000000000000000";  // 128 bits, 4 a digit
constexpr std::size_t kDigitsBegin = kLengthBytes + kPrefix.size();
constexpr std::size_t kDigitsEnd = kDigitsBegin + kZeros.size();
// The limit of the reference implementation: a damaged length must not cost gigabytes.
constexpr std::size_t kMaxHeaderBytes = 100'000'000;

/// Something wrong with a file whose name is added further up.
struct Problem : std::runtime_error {
  using std::runtime_error::runtime_error;
};

template <typename... Arguments>
[[noreturn]] void fail(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
  throw Problem(fmt::format(format, std::forward<Arguments>(arguments)...));
}

/// As a JSON string.
std::string quoted(const std::string& text) {
  try {
    return json(text).dump();
  } catch (const json::exception&) {
    throw Error(ErrorKind::kInternal, "model file: a name or metadata text is not valid UTF-8");
  }
}

/// XXH3-128 of all pieces together, in the canonical (big-endian) order of digits.
std::string checksum_of(std::span<const std::string_view> pieces) {
  XXH3_state_t state;
  XXH3_128bits_reset(&state);
  for (std::string_view piece : pieces) {
    if (!piece.empty()) XXH3_128bits_update(&state, piece.data(), piece.size());
  }
  const XXH128_hash_t hash = XXH3_128bits_digest(&state);
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

// ---- Reading ------------------------------------------------------------------------------------

std::string read_model(const std::filesystem::path& path) {
  try {
    return read_file(path);
  } catch (const DataError& error) {
    std::error_code ignored;
    if (std::filesystem::exists(path, ignored)) throw ModelError(error.what());
    throw ModelError(fmt::format("{}: no such model; check the path, or train one", path.string()));
  }
}

void verify_checksum(std::string_view content) {
  if (content.size() < kDigitsEnd) {
    fail("too short to hold a model and its checksum ({} bytes): copy it again or train again",
         content.size());
  }
  if (content.substr(kLengthBytes, kPrefix.size()) != kPrefix) {
    fail(
        "the checksum is missing or damaged: the file is not an unroll model, or was changed; "
        "copy it again or train again");
  }
  const std::string_view pieces[] = {content.substr(0, kDigitsBegin), kZeros,
                                     content.substr(kDigitsEnd)};
  if (checksum_of(pieces) != content.substr(kDigitsBegin, kZeros.size())) {
    fail("checksum error: the file was damaged or changed; copy it again or train again");
  }
}

/// Refuses during parsing what a header can't contain, before it costs memory: a hundred megabytes
/// of brackets would become gigabytes of values. Also finds repeated keys, of which a json object
/// silently keeps the last.
class HeaderGuard {
 public:
  bool operator()(int depth, json::parse_event_t event, const json& parsed) {
    using Event = json::parse_event_t;
    if (event == Event::object_start) enter_object(depth);
    if (event == Event::object_end) keys_.pop_back();
    if (event == Event::array_start && depth != kListDepth) fail("the header has a list too many");
    if (event == Event::key) enter_key(parsed.get_ref<const std::string&>());
    if (event == Event::value && ++values_since_key_ > Shape::kMaxRank) {
      fail("the header has a list of more than {} values", Shape::kMaxRank);
    }
    return true;
  }

 private:
  // The header is an object (depth 0) of objects (depth 1), whose members may be lists (depth 2).
  static constexpr int kObjectDepth = 1;
  static constexpr int kListDepth = 2;

  void enter_object(int depth) {
    if (depth > kObjectDepth) fail("the header is nested too deeply");
    keys_.emplace_back();
  }
  void enter_key(const std::string& key) {
    if (!keys_.back().insert(key).second) fail("the header has {} twice", quoted(key));
    values_since_key_ = 0;
  }

  std::vector<std::set<std::string>> keys_;  // of the objects that are open
  std::size_t values_since_key_ = 0;
};

json parse_json(std::string_view header) {
  // The JSON parser would skip a byte order mark and blanks, and stop at a zero byte, whatever
  // follows it.
  if (!header.starts_with('{')) fail("the header does not begin with '{{'");
  if (header.find('\0') != header.npos) fail("the header has a zero byte");
  try {
    return json::parse(header.begin(), header.end(), HeaderGuard());
  } catch (const json::exception&) {
    fail("the header is not valid JSON");
  }
}

/// A tensor as the header describes it.
struct Entry {
  std::string name;
  bool is_double = false;
  Shape shape;
  std::size_t begin = 0;  // in the data
  std::size_t end = 0;
};

std::vector<std::size_t> numbers(const json& list, const std::string& name) {
  if (!list.is_array()) fail("tensor {}: shape or data_offsets is not a list", quoted(name));
  std::vector<std::size_t> values;
  for (const json& value : list) {
    if (!value.is_number_unsigned()) {
      fail("tensor {}: shape or data_offsets has {}, which is not a size", quoted(name),
           value.dump());
    }
    values.push_back(value.get<std::size_t>());
  }
  return values;
}

bool is_double(const json& dtype, const std::string& name) {
  if (dtype == "F32") return false;
  if (dtype == "F64") return true;
  fail("tensor {}: dtype {} is not supported, only \"F32\" and \"F64\" are", quoted(name),
       dtype.dump());
}

Shape shape_of(const std::vector<std::size_t>& sizes, const std::string& name) {
  // A tensor of rank 0 would be one number; a Shape of rank 0 is empty.
  if (sizes.empty()) fail("tensor {}: the shape is empty", quoted(name));
  try {
    return Shape(sizes.begin(), sizes.end());
  } catch (const ShapeError& error) {
    fail("tensor {}: {}", quoted(name), error.what());
  }
}

void check_range(const Entry& entry, std::size_t data_size) {
  if (entry.begin > entry.end || entry.end > data_size) {
    fail("tensor {}: data_offsets {} to {} are outside the {} bytes of data", quoted(entry.name),
         entry.begin, entry.end, data_size);
  }
  const std::size_t width = entry.is_double ? sizeof(double) : sizeof(float);
  if (entry.shape.size() * width != entry.end - entry.begin) {
    fail("tensor {}: the shape {} does not fit its {} bytes of data", quoted(entry.name),
         to_string(entry.shape), entry.end - entry.begin);
  }
}

Entry parse_entry(const std::string& name, const json& info, std::size_t data_size) {
  if (!info.is_object() || info.size() != 3 || !info.contains("dtype") || !info.contains("shape") ||
      !info.contains("data_offsets")) {
    fail("tensor {}: expected dtype, shape and data_offsets", quoted(name));
  }
  const Shape shape = shape_of(numbers(info["shape"], name), name);
  const std::vector<std::size_t> offsets = numbers(info["data_offsets"], name);
  if (offsets.size() != 2) fail("tensor {}: data_offsets is not a pair", quoted(name));
  const Entry entry{name, is_double(info["dtype"], name), shape, offsets[0], offsets[1]};
  check_range(entry, data_size);
  return entry;
}

/// Together the tensors are the data: every byte belongs to exactly one of them.
void check_cover(std::vector<Entry>& entries, std::size_t data_size) {
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  std::size_t end = 0;
  for (const Entry& entry : entries) {
    if (entry.begin != end) {
      fail("tensor {}: begins at {} of the data, where {} was expected", quoted(entry.name),
           entry.begin, end);
    }
    end = entry.end;
  }
  if (end != data_size) fail("the last {} bytes belong to no tensor", data_size - end);
}

template <typename Real>
Tensor<Real> tensor_of(const Shape& shape, std::string_view bytes) {
  Tensor<Real> tensor;
  tensor.resize(shape);
  // Data in files of other programs may lie anywhere, so it is copied bytewise.
  if (!bytes.empty()) std::memcpy(tensor.data(), bytes.data(), bytes.size());
  return tensor;
}

std::map<std::string, std::string> parse_metadata(const json& metadata) {
  if (!metadata.is_object()) fail("__metadata__ is not an object");
  std::map<std::string, std::string> texts;
  for (const auto& [key, value] : metadata.items()) {
    if (!value.is_string()) fail("__metadata__: {} is not a text", quoted(key));
    if (key != "checksum") texts.emplace(key, value.get<std::string>());
  }
  return texts;
}

std::string_view header_of(std::string_view content) {
  std::uint64_t length = 0;
  if (content.size() < kLengthBytes) fail("too short for a header");
  std::memcpy(&length, content.data(), kLengthBytes);
  if (length > kMaxHeaderBytes || length > content.size() - kLengthBytes) {
    fail("the header's length ({} bytes) is wrong", length);
  }
  return content.substr(kLengthBytes, length);
}

Safetensors parse(std::string_view content) {
  const std::string_view header = header_of(content);
  const std::string_view data = content.substr(kLengthBytes + header.size());
  const json root = parse_json(header);
  Safetensors result;
  std::vector<Entry> entries;
  for (const auto& [name, info] : root.items()) {
    if (name == "__metadata__") {
      result.metadata = parse_metadata(info);
    } else {
      entries.push_back(parse_entry(name, info, data.size()));
    }
  }
  check_cover(entries, data.size());
  for (const Entry& entry : entries) {
    const std::string_view bytes = data.substr(entry.begin, entry.end - entry.begin);
    if (entry.is_double) {
      result.tensors.emplace(entry.name, tensor_of<double>(entry.shape, bytes));
    } else {
      result.tensors.emplace(entry.name, tensor_of<float>(entry.shape, bytes));
    }
  }
  return result;
}

// ---- Writing ------------------------------------------------------------------------------------

template <typename Real>
std::string_view bytes_of(const Tensor<Real>& tensor) {
  return {reinterpret_cast<const char*>(tensor.data()), tensor.size() * sizeof(Real)};
}

template <typename Real>
void check_names(const std::map<std::string, std::string>& metadata,
                 const TensorsByName<Real>& tensors) {
  const auto refuse = [](const std::string& what) {
    throw Error(ErrorKind::kInternal, "model file: " + what);
  };
  if (metadata.contains("checksum")) refuse("the metadata key \"checksum\" is reserved");
  if (tensors.contains("__metadata__")) refuse("a tensor can't be called \"__metadata__\"");
  for (const auto& [name, tensor] : tensors) {
    if (tensor->shape().rank() == 0) refuse("the tensor " + quoted(name) + " has no shape");
  }
}

/// The header's JSON, the checksum's digits still zeros.
template <typename Real>
std::string header_json(const std::map<std::string, std::string>& metadata,
                        const TensorsByName<Real>& tensors) {
  std::string text = fmt::format("{}{}\"", kPrefix, kZeros);
  for (const auto& [key, value] : metadata) {
    text += fmt::format(",{}:{}", quoted(key), quoted(value));
  }
  text += '}';
  std::size_t begin = 0;
  for (const auto& [name, tensor] : tensors) {
    const std::size_t end = begin + bytes_of(*tensor).size();
    text +=
        fmt::format(R"(,{}:{{"dtype":"F{}","shape":[{}],"data_offsets":[{},{}]}})", quoted(name),
                    8 * sizeof(Real), fmt::join(tensor->shape(), ","), begin, end);
    begin = end;
  }
  return text + '}';
}

/// Everything before the data: the length, the JSON, and blanks up to where a tensor that is mapped
/// instead of copied would be aligned.
std::string framed(std::string text) {
  while ((kLengthBytes + text.size()) % kAlignment != 0) text += ' ';
  if (text.size() > kMaxHeaderBytes) {
    throw Error(ErrorKind::kInternal, "model file: names and metadata exceed 100 MB");
  }
  const std::uint64_t length = text.size();
  std::string frame(kLengthBytes, '\0');
  std::memcpy(frame.data(), &length, kLengthBytes);
  return frame + text;
}

template <typename Real>
std::string unsealed_header(const std::map<std::string, std::string>& metadata,
                            const TensorsByName<Real>& tensors) {
  check_names(metadata, tensors);
  return framed(header_json(metadata, tensors));
}

/// The whole file, borrowed.
template <typename Real>
std::vector<std::string_view> pieces_of(std::string_view header,
                                        const TensorsByName<Real>& tensors) {
  std::vector<std::string_view> pieces{header};
  for (const auto& [name, tensor] : tensors) pieces.push_back(bytes_of(*tensor));
  return pieces;
}

}  // namespace

Safetensors read_safetensors(const std::filesystem::path& path, Checksum checksum) {
  const std::string content = read_model(path);
  try {
    if (checksum == Checksum::kRequired) verify_checksum(content);
    return parse(content);
  } catch (const Problem& problem) {
    throw ModelError(fmt::format("{}: {}", path.string(), problem.what()));
  }
}

template <typename Real>
void write_safetensors(const std::filesystem::path& path,
                       const std::map<std::string, std::string>& metadata,
                       const TensorsByName<Real>& tensors) {
  std::string header = unsealed_header(metadata, tensors);
  const std::vector<std::string_view> pieces = pieces_of(header, tensors);
  // In place: the first piece keeps looking at the header.
  checksum_of(pieces).copy(header.data() + kDigitsBegin, kZeros.size());
  write_file(path, pieces);
}

template <typename Real>
std::string safetensors_checksum(const std::map<std::string, std::string>& metadata,
                                 const TensorsByName<Real>& tensors) {
  const std::string header = unsealed_header(metadata, tensors);
  return checksum_of(pieces_of(header, tensors));
}

template void write_safetensors(const std::filesystem::path&,
                                const std::map<std::string, std::string>&,
                                const TensorsByName<float>&);
template void write_safetensors(const std::filesystem::path&,
                                const std::map<std::string, std::string>&,
                                const TensorsByName<double>&);
template std::string safetensors_checksum(const std::map<std::string, std::string>&,
                                          const TensorsByName<float>&);

}  // namespace unroll
