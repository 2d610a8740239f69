#include "unroll/text/gzip.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <new>

#include "unroll/core/error.h"

namespace unroll {

namespace {

constexpr int kGzipOnly =
    16 + MAX_WBITS;  // zlib's way to say: expect a gzip header, and check its CRC

/// One z_stream over all of the input, reset between members.
class Inflater {
 public:
  Inflater(std::string_view bytes, const std::string& name) : rest_(bytes), name_(name) {
    if (inflateInit2(&stream_, kGzipOnly) != Z_OK) throw std::bad_alloc();
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { inflateEnd(&stream_); }

  bool at_end() const { return rest_.find_first_not_of('\0') == std::string_view::npos; }
  void unpack_member(std::string& result);

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw DataError(fmt::format("{}: {}; get or pack the file again", name_, what));
  }
  int step(std::string& result);

  std::string_view rest_;
  const std::string& name_;
  z_stream stream_{};
  std::array<Bytef, 1 << 16> block_;
};

/// Feeds what is left, keeps what comes out. zlib counts in 32 bits, so a large file goes in by
/// portions.
int Inflater::step(std::string& result) {
  const std::size_t portion = std::min<std::size_t>(rest_.size(), std::numeric_limits<uInt>::max());
  stream_.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(rest_.data()));
  stream_.avail_in = static_cast<uInt>(portion);
  stream_.next_out = block_.data();
  stream_.avail_out = static_cast<uInt>(block_.size());
  const int status = inflate(&stream_, Z_NO_FLUSH);
  rest_.remove_prefix(portion - stream_.avail_in);
  result.append(reinterpret_cast<const char*>(block_.data()), block_.size() - stream_.avail_out);
  return status;
}

void Inflater::unpack_member(std::string& result) {
  if (!is_gzip(rest_)) fail("the gzip data is followed by bytes that are not gzip");
  inflateReset(&stream_);
  while (true) {
    const int status = step(result);
    if (status == Z_STREAM_END) return;
    if (status == Z_BUF_ERROR) fail("the gzip data ends too early: the file is truncated");
    if (status == Z_MEM_ERROR) throw std::bad_alloc();
    if (status != Z_OK) {
      fail(fmt::format("the gzip data is damaged ({})",
                       stream_.msg != nullptr ? stream_.msg : "zlib"));
    }
  }
}

}  // namespace

bool is_gzip(std::string_view bytes) noexcept {
  return bytes.substr(0, 2) == "\x1f\x8b";
}

std::string gunzip(std::string_view bytes, const std::string& name) {
  const auto inflater = std::make_unique<Inflater>(bytes, name);
  std::string result;
  do {
    inflater->unpack_member(result);
  } while (!inflater->at_end());
  return result;
}

}  // namespace unroll
