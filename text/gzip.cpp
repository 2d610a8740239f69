#include "unroll/text/gzip.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>
#include <utility>

#include "unroll/core/error.h"

namespace unroll {

namespace {

constexpr int kGzipOnly =
    16 + MAX_WBITS;  // zlib's way to say: expect a gzip header, and check its CRC

/// zlib counts in 32 bits.
uInt portion(std::size_t size) {
  return static_cast<uInt>(std::min<std::size_t>(size, std::numeric_limits<uInt>::max()));
}

}  // namespace

/// One z_stream over all of the input, reset between members.
struct GzipUnpacker::Implementation {
  explicit Implementation(std::string file) : name(std::move(file)) {
    if (inflateInit2(&stream, kGzipOnly) != Z_OK) throw std::bad_alloc();
  }
  Implementation(const Implementation&) = delete;
  Implementation& operator=(const Implementation&) = delete;
  ~Implementation() { inflateEnd(&stream); }

  bool is_between_members() const { return members > 0 && stream.total_in == 0; }
  void skip_padding(std::string_view& packed);
  int inflate_step(std::string_view& packed, std::span<char>& room);
  void check(int status) const;
  [[noreturn]] void fail(const std::string& what) const {
    throw DataError(fmt::format("{}: {}; get or pack the file again", name, what));
  }

  std::string name;
  z_stream stream{};
  std::size_t members = 0;  // that are complete
  bool padded = false;      // zero bytes have followed the last one
};

/// Skips zero bytes behind a member. Nothing may follow them.
void GzipUnpacker::Implementation::skip_padding(std::string_view& packed) {
  const std::size_t zeros = std::min(packed.find_first_not_of('\0'), packed.size());
  packed.remove_prefix(zeros);
  padded = padded || zeros > 0;
  if (padded && !packed.empty()) fail("the gzip data is followed by bytes that are not gzip");
}

int GzipUnpacker::Implementation::inflate_step(std::string_view& packed, std::span<char>& room) {
  const uInt in = portion(packed.size()), out = portion(room.size());
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(packed.data()));
  stream.avail_in = in;
  stream.next_out = reinterpret_cast<Bytef*>(room.data());
  stream.avail_out = out;
  const int status = inflate(&stream, Z_NO_FLUSH);
  packed.remove_prefix(in - stream.avail_in);
  room = room.subspan(out - stream.avail_out);
  return status;
}

/// Z_BUF_ERROR says that there is no more to unpack or no room: neither is an error here.
void GzipUnpacker::Implementation::check(int status) const {
  if (status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR) return;
  if (status == Z_MEM_ERROR) throw std::bad_alloc();
  const std::string_view why = stream.msg != nullptr ? stream.msg : "zlib";
  if (members > 0 && why == "incorrect header check") {
    fail("the gzip data is followed by bytes that are not gzip");
  }
  fail(fmt::format("the gzip data is damaged ({})", why));
}

GzipUnpacker::GzipUnpacker(std::string name)
    : implementation_(std::make_unique<Implementation>(std::move(name))) {}
GzipUnpacker::~GzipUnpacker() = default;

std::size_t GzipUnpacker::unpack(std::string_view& packed, std::span<char> unpacked) {
  Implementation& gzip = *implementation_;
  std::span<char> room = unpacked;
  while (!room.empty()) {
    if (gzip.is_between_members()) gzip.skip_padding(packed);
    const int status = gzip.inflate_step(packed, room);
    gzip.check(status);
    if (status == Z_STREAM_END) {
      ++gzip.members;
      inflateReset(&gzip.stream);
    } else if (packed.empty() && !room.empty()) {
      break;
    }
  }
  return unpacked.size() - room.size();
}

void GzipUnpacker::finish() const {
  if (!implementation_->is_between_members()) {
    implementation_->fail("the gzip data ends too early: the file is truncated");
  }
}

}  // namespace unroll
