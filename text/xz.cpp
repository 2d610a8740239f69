#include "unroll/text/xz.h"

#include <fmt/format.h>
#include <lzma.h>

#include <cstdint>
#include <new>
#include <utility>

#include "unroll/core/error.h"

namespace unroll {

namespace {

class XzUnpacker final : public Unpacker {
 public:
  explicit XzUnpacker(std::string name) : name_(std::move(name)) {
    // A file of one's own may use any dictionary; LZMA_CONCATENATED reads streams behind the first.
    if (lzma_stream_decoder(&stream_, UINT64_MAX, LZMA_CONCATENATED) != LZMA_OK)
      throw std::bad_alloc();
  }
  XzUnpacker(const XzUnpacker&) = delete;
  XzUnpacker& operator=(const XzUnpacker&) = delete;
  ~XzUnpacker() override { lzma_end(&stream_); }

  std::size_t unpack(std::string_view& packed, std::span<char> unpacked) override {
    stream_.next_out = reinterpret_cast<std::uint8_t*>(unpacked.data());
    stream_.avail_out = unpacked.size();
    // Once in any case: where there was no room before, output waits for room, not for input.
    do {
      step(packed);
    } while (stream_.avail_out > 0 && !packed.empty());
    return unpacked.size() - stream_.avail_out;
  }

  /// Where streams may follow one another, only the caller knows the end: LZMA_FINISH says it.
  void finish() const override {
    lzma_stream stream = stream_;
    std::uint8_t none = 0;
    stream.next_in = stream.next_out = &none;
    stream.avail_in = stream.avail_out = 0;
    if (lzma_code(&stream, LZMA_FINISH) != LZMA_STREAM_END)
      fail("the xz data ends too early: the file is truncated, or bytes that are no xz follow");
  }

 private:
  void step(std::string_view& packed) {
    stream_.next_in = reinterpret_cast<const std::uint8_t*>(packed.data());
    stream_.avail_in = packed.size();
    const lzma_ret status = lzma_code(&stream_, LZMA_RUN);
    packed.remove_prefix(packed.size() - stream_.avail_in);
    if (status == LZMA_MEM_ERROR) throw std::bad_alloc();
    if (status != LZMA_OK && status != LZMA_BUF_ERROR) fail("the xz data is damaged");
  }

  [[noreturn]] void fail(const char* what) const {
    throw DataError(fmt::format("{}: {}; get or pack the file again", name_, what));
  }

  std::string name_;
  lzma_stream stream_ = LZMA_STREAM_INIT;
};

}  // namespace

std::unique_ptr<Unpacker> make_xz_unpacker(std::string name) {
  return std::make_unique<XzUnpacker>(std::move(name));
}

std::string xz_version() {
  return lzma_version_string();
}

}  // namespace unroll
