#include "unroll/core/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
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
#include "unroll/core/hash.h"

namespace unroll {

namespace {

// Tensors and the header's length are copied as they lie in memory; the format is little-endian.
static_assert(std::endian::native == std::endian::little);

using nlohmann::json;

constexpr std::size_t kLengthBytes = 8;
// What every file of ours has behind its length. It is at a fixed place, so the digits can be
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

/// `text` as a JSON string.
std::string quoted(const std::string& text) {
  try {
    return json(text).dump();
  } catch (const json::exception&) {
    throw Error(ErrorKind::kInternal, "model file: a name or metadata text is not valid UTF-8");
  }
}

std::string checksum_of(std::span<const std::string_view> pieces) {
  Hash hash;
  for (std::string_view piece : pieces) hash.add(piece);
  return hash.digits();
}

// ---- Reading ------------------------------------------------------------------------------------

/// Calls body(). What is wrong gets the file's name, and becomes an error of a model.
template <typename Body>
auto naming(const std::filesystem::path& path, Body body) {
  try {
    return body();
  } catch (const Problem& problem) {
    throw ModelError(fmt::format("{}: {}", path.string(), problem.what()));
  } catch (const DataError& error) {
    std::error_code ignored;
    if (std::filesystem::exists(path, ignored)) throw ModelError(error.what());
    throw ModelError(fmt::format("{}: no such model; check the path, or train one", path.string()));
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

/// A tensor, and where it lies in the data.
struct Entry {
  TensorInfo info;
  std::size_t begin = 0;
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

constexpr std::array kNumberTypes{NumberType::kFloat, NumberType::kDouble, NumberType::kBFloat16,
                                  NumberType::kUint32};

std::string_view dtype_of(NumberType type) {
  switch (type) {
    case NumberType::kFloat:
      return "F32";
    case NumberType::kDouble:
      return "F64";
    case NumberType::kBFloat16:
      return "BF16";
    case NumberType::kUint32:
      return "U32";
  }
  return "?";
}

std::size_t bytes_of(NumberType type) {
  switch (type) {
    case NumberType::kFloat:
      return sizeof(float);
    case NumberType::kDouble:
      return sizeof(double);
    case NumberType::kBFloat16:
      return sizeof(BFloat16);
    case NumberType::kUint32:
      return sizeof(std::uint32_t);
  }
  return 0;
}

NumberType number_type(const json& dtype, const std::string& name) {
  for (const NumberType type : kNumberTypes) {
    if (dtype == dtype_of(type)) return type;
  }
  fail("tensor {}: dtype {} is not supported, only F32, F64, BF16 and U32 are", quoted(name),
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

std::size_t bytes_of(const TensorInfo& info) {
  return info.shape.size() * bytes_of(info.type);
}

void check_range(const Entry& entry, std::size_t data_size) {
  if (entry.begin > entry.end || entry.end > data_size) {
    fail("tensor {}: data_offsets {} to {} are outside the {} bytes of data",
         quoted(entry.info.name), entry.begin, entry.end, data_size);
  }
  if (bytes_of(entry.info) != entry.end - entry.begin) {
    fail("tensor {}: the shape {} does not fit its {} bytes of data", quoted(entry.info.name),
         to_string(entry.info.shape), entry.end - entry.begin);
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
  const Entry entry{{name, shape, number_type(info["dtype"], name)}, offsets[0], offsets[1]};
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
      fail("tensor {}: begins at {} of the data, where {} was expected", quoted(entry.info.name),
           entry.begin, end);
    }
    end = entry.end;
  }
  if (end != data_size) fail("the last {} bytes belong to no tensor", data_size - end);
}

std::map<std::string, std::string> take_texts(json& metadata) {
  if (!metadata.is_object()) fail("__metadata__ is not an object");
  std::map<std::string, std::string> texts;
  for (auto& [key, value] : metadata.get_ref<json::object_t&>()) {
    if (!value.is_string()) fail("__metadata__: {} is not a text", quoted(key));
    if (key != "checksum") texts.emplace(key, std::move(value.get_ref<std::string&>()));
  }
  return texts;
}

struct Header {
  std::map<std::string, std::string> metadata;
  std::vector<TensorInfo> tensors;  // in the order of their data
};

Header parse_header(const std::string& text, std::size_t data_size) {
  json root = parse_json(text);
  Header header;
  std::vector<Entry> entries;
  for (auto& [name, info] : root.get_ref<json::object_t&>()) {
    if (name == "__metadata__") {
      header.metadata = take_texts(info);
    } else {
      entries.push_back(parse_entry(name, info, data_size));
    }
  }
  check_cover(entries, data_size);
  for (Entry& entry : entries) header.tensors.push_back(std::move(entry.info));
  return header;
}

template <typename Real>
std::span<char> memory_of(Tensor<Real>& tensor) {
  return {reinterpret_cast<char*>(tensor.data()), tensor.size() * sizeof(Real)};
}

template <typename Real>
Tensor<Real> next_tensor(SafetensorsReader& file, const Shape& shape) {
  Tensor<Real> tensor;
  tensor.resize(shape);
  file.read(tensor);
  return tensor;
}

AnyTensor next_tensor(SafetensorsReader& file, const TensorInfo& info) {
  switch (info.type) {
    case NumberType::kFloat:
      return next_tensor<float>(file, info.shape);
    case NumberType::kDouble:
      return next_tensor<double>(file, info.shape);
    case NumberType::kBFloat16:
      return next_tensor<BFloat16>(file, info.shape);
    case NumberType::kUint32:
      return next_tensor<std::uint32_t>(file, info.shape);
  }
  return {};
}

// ---- Writing ------------------------------------------------------------------------------------

void check_names(const std::map<std::string, std::string>& metadata, const StoredTensors& tensors) {
  const auto refuse = [](const std::string& what) {
    throw Error(ErrorKind::kInternal, "model file: " + what);
  };
  if (metadata.contains("checksum")) refuse("the metadata key \"checksum\" is reserved");
  if (tensors.contains("__metadata__")) refuse("a tensor can't be called \"__metadata__\"");
  for (const auto& [name, tensor] : tensors) {
    if (tensor.shape.rank() == 0) refuse("the tensor " + quoted(name) + " has no shape");
  }
}

/// The header's JSON, the checksum's digits still zeros.
std::string header_json(const std::map<std::string, std::string>& metadata,
                        const StoredTensors& tensors) {
  std::string text = fmt::format("{}{}\"", kPrefix, kZeros);
  for (const auto& [key, value] : metadata) {
    text += fmt::format(",{}:{}", quoted(key), quoted(value));
  }
  text += '}';
  std::size_t begin = 0;
  for (const auto& [name, tensor] : tensors) {
    const std::size_t end = begin + tensor.bytes.size();
    text += fmt::format(R"(,{}:{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})", quoted(name),
                        dtype_of(tensor.type), fmt::join(tensor.shape, ","), begin, end);
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

std::string unsealed_header(const std::map<std::string, std::string>& metadata,
                            const StoredTensors& tensors) {
  check_names(metadata, tensors);
  return framed(header_json(metadata, tensors));
}

/// The whole file, borrowed.
std::vector<std::string_view> pieces_of(std::string_view header, const StoredTensors& tensors) {
  std::vector<std::string_view> pieces{header};
  for (const auto& [name, tensor] : tensors) pieces.push_back(tensor.bytes);
  return pieces;
}

}  // namespace

/// What is read, and its checksum.
class SafetensorsReader::File {
 public:
  File(InputFile input, Checksum checksum)
      : checksum_(checksum), input_(std::move(input)), begin_(read_begin()) {}

  const std::filesystem::path& path() const { return input_.path(); }

  Header read_header() {
    std::string text = std::move(begin_);
    std::uint64_t length = 0;
    std::memcpy(&length, text.data(), kLengthBytes);
    if (length > kMaxHeaderBytes || length > input_.size() - kLengthBytes) {
      fail("the header's length ({} bytes) is wrong", length);
    }
    const std::size_t done = text.size(), end = kLengthBytes + length;
    text.resize(end);
    if (end > done) read(std::span(text).subspan(done));
    return parse_header(text.erase(0, kLengthBytes), input_.size() - end);
  }

  void read(std::span<char> bytes) {
    while (!bytes.empty()) {
      const auto block = bytes.first(std::min(bytes.size(), kBlock));
      if (input_.read(block) < block.size())
        fail("the file became shorter while it was read; try again");
      hash_.add({block.data(), block.size()});
      bytes = bytes.subspan(block.size());
    }
  }

  void finish() {
    std::vector<char> block(kBlock);
    while (const std::size_t count = input_.read(block)) hash_.add({block.data(), count});
    if (checksum_ == Checksum::kRequired && hash_.digits() != digits_) {
      fail("checksum error: the file was damaged or changed; copy it again or train again");
    }
  }

 private:
  // As much as stays in a cache between reading it and hashing it.
  static constexpr std::size_t kBlock = std::size_t{1} << 17;

  /// The length, and what is needed to check the rest if that is wanted.
  std::string read_begin() {
    const bool checked = checksum_ == Checksum::kRequired;
    if (checked && input_.size() < kDigitsEnd) {
      fail("too short to hold a model and its checksum ({} bytes): copy it again or train again",
           input_.size());
    }
    if (input_.size() < kLengthBytes) fail("too short for a header");
    std::string begin(checked ? kDigitsEnd : kLengthBytes, '\0');
    if (input_.read(begin) < begin.size())
      fail("the file became shorter while it was read; try again");
    if (checked) begin_hash(begin);
    return begin;
  }

  void begin_hash(std::string_view begin) {
    if (begin.substr(kLengthBytes, kPrefix.size()) != kPrefix) {
      fail(
          "the checksum is missing or damaged: the file is not an unroll model, or was changed; "
          "copy it again or train again");
    }
    hash_.add(begin.substr(0, kDigitsBegin));
    hash_.add(kZeros);
    digits_ = begin.substr(kDigitsBegin, kZeros.size());
  }

  Checksum checksum_;
  InputFile input_;
  Hash hash_;
  std::string digits_;  // of the checksum that the file says it has
  std::string begin_;
};

SafetensorsReader::SafetensorsReader(const std::filesystem::path& path, Checksum checksum) {
  naming(path, [&] {
    file_ = std::make_unique<File>(InputFile(path), checksum);
    read_header();
  });
}

SafetensorsReader::SafetensorsReader(InputFile file, Checksum checksum) {
  const std::filesystem::path name = file.path();
  naming(name, [&] {
    file_ = std::make_unique<File>(std::move(file), checksum);
    read_header();
  });
}

void SafetensorsReader::read_header() {
  try {
    Header header = file_->read_header();
    metadata_ = std::move(header.metadata);
    tensors_ = std::move(header.tensors);
  } catch (const Problem&) {
    file_->finish();
    throw;
  }
}

SafetensorsReader::~SafetensorsReader() = default;

template <typename Real>
void SafetensorsReader::read(Tensor<Real>& tensor) {
  const TensorInfo& info = tensors_.at(next_++);
  if (tensor.shape() != info.shape || info.type != kNumberType<Real>) {
    throw Error(ErrorKind::kInternal, "model file: " + info.name + " is read as another tensor");
  }
  naming(file_->path(), [&] { file_->read(memory_of(tensor)); });
}

void SafetensorsReader::finish() {
  naming(file_->path(), [&] { file_->finish(); });
}

Safetensors read_safetensors(const std::filesystem::path& path, Checksum checksum) {
  SafetensorsReader file(path, checksum);
  Safetensors result;
  for (const TensorInfo& info : file.tensors()) {
    result.tensors.emplace(info.name, next_tensor(file, info));
  }
  file.finish();
  result.metadata = file.take_metadata();
  return result;
}

template void SafetensorsReader::read(Tensor<float>&);
template void SafetensorsReader::read(Tensor<double>&);
template void SafetensorsReader::read(Tensor<BFloat16>&);
template void SafetensorsReader::read(Tensor<std::uint32_t>&);

namespace {

/// The header with the checksum in it.
std::string sealed_header(const std::map<std::string, std::string>& metadata,
                          const StoredTensors& tensors) {
  std::string header = unsealed_header(metadata, tensors);
  const std::string digits = checksum_of(pieces_of(header, tensors));
  digits.copy(header.data() + kDigitsBegin, kZeros.size());
  return header;
}

}  // namespace

void write_safetensors(const std::filesystem::path& path,
                       const std::map<std::string, std::string>& metadata,
                       const StoredTensors& tensors) {
  const std::string header = sealed_header(metadata, tensors);
  write_file(path, pieces_of(header, tensors));
}

std::string safetensors_bytes(const std::map<std::string, std::string>& metadata,
                              const StoredTensors& tensors) {
  std::string bytes = sealed_header(metadata, tensors);
  for (const auto& [name, tensor] : tensors) bytes += tensor.bytes;
  return bytes;
}

template <typename Real>
void write_safetensors(const std::filesystem::path& path,
                       const std::map<std::string, std::string>& metadata,
                       const TensorsByName<Real>& tensors) {
  StoredTensors stored;
  for (const auto& [name, tensor] : tensors) stored.emplace(name, *tensor);
  write_safetensors(path, metadata, stored);
}

std::string safetensors_checksum(const std::map<std::string, std::string>& metadata,
                                 const StoredTensors& tensors) {
  const std::string header = unsealed_header(metadata, tensors);
  return checksum_of(pieces_of(header, tensors));
}

template void write_safetensors(const std::filesystem::path&,
                                const std::map<std::string, std::string>&,
                                const TensorsByName<float>&);
template void write_safetensors(const std::filesystem::path&,
                                const std::map<std::string, std::string>&,
                                const TensorsByName<double>&);

}  // namespace unroll
