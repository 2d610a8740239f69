#include "unroll/text/zstd.h"

#include <fmt/format.h>
#include <zstd.h>

#include <new>
#include <utility>

#include "unroll/core/error.h"

namespace unroll {

namespace {

class ZstdUnpacker final : public Unpacker {
 public:
  explicit ZstdUnpacker(std::string name) : name_(std::move(name)), stream_(ZSTD_createDStream()) {
    if (stream_ == nullptr) throw std::bad_alloc();
    ZSTD_DCtx_setParameter(stream_, ZSTD_d_windowLogMax, kLargestWindow);
  }
  ZstdUnpacker(const ZstdUnpacker&) = delete;
  ZstdUnpacker& operator=(const ZstdUnpacker&) = delete;
  ~ZstdUnpacker() override { ZSTD_freeDStream(stream_); }

  std::size_t unpack(std::string_view& packed, std::span<char> unpacked) override {
    ZSTD_outBuffer out{unpacked.data(), unpacked.size(), 0};
    ZSTD_inBuffer in{packed.data(), packed.size(), 0};
    // What the frame has ready comes out even if no more of it goes in.
    do {
      const std::size_t before = in.pos + out.pos;
      wanted_ = step(out, in);
      if (in.pos + out.pos == before) break;
    } while (out.pos < out.size && (in.pos < in.size || wanted_ > 0));
    packed.remove_prefix(in.pos);
    return out.pos;
  }

  void finish() const override {
    if (wanted_ > 0) fail("the zstd data ends too early: the file is truncated");
  }

 private:
  static constexpr int kLargestWindow = 31;  // what `zstd --long=31` makes; 27 is the default

  /// How many more bytes the frame wants; 0 at its end.
  std::size_t step(ZSTD_outBuffer& out, ZSTD_inBuffer& in) {
    if (in.pos == in.size && wanted_ == 0) return 0;
    const std::size_t wanted = ZSTD_decompressStream(stream_, &out, &in);
    if (ZSTD_isError(wanted) != 0)
      fail(fmt::format("the zstd data is damaged ({})", ZSTD_getErrorName(wanted)));
    return wanted;
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw DataError(fmt::format("{}: {}; get or pack the file again", name_, what));
  }

  std::string name_;
  ZSTD_DStream* stream_;
  std::size_t wanted_ = 1;  // the first frame's
};

}  // namespace

std::unique_ptr<Unpacker> make_zstd_unpacker(std::string name) {
  return std::make_unique<ZstdUnpacker>(std::move(name));
}

std::string zstd_version() {
  return ZSTD_versionString();
}

}  // namespace unroll
