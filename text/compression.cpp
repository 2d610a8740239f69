#include "unroll/text/compression.h"

#include "unroll/text/gzip.h"
#include "unroll/text/xz.h"
#include "unroll/text/zstd.h"

namespace unroll {

namespace {

struct Magic {
  std::string_view bytes;
  Compression compression;
};
constexpr Magic kMagics[] = {{"\x1f\x8b", Compression::kGzip},
                             {std::string_view("\xFD"
                                               "7zXZ\0",
                                               6),
                              Compression::kXz},
                             {"\x28\xB5\x2F\xFD", Compression::kZstd}};

/// A frame of zstd that unpackers step over: parallel packers begin with one.
bool is_skippable_frame(std::string_view bytes) {
  return bytes.size() >= 4 && (bytes[0] & 0xF0) == 0x50 && bytes.substr(1, 3) == "\x2A\x4D\x18";
}

}  // namespace

std::string_view to_string(Compression compression) {
  switch (compression) {
    case Compression::kNone:
      return "none";
    case Compression::kGzip:
      return "gzip";
    case Compression::kXz:
      return "xz";
    case Compression::kZstd:
      return "zstd";
  }
  return "";
}

std::optional<Compression> compression_of(std::string_view bytes) noexcept {
  for (const Magic& magic : kMagics) {
    if (bytes.starts_with(magic.bytes)) return magic.compression;
    if (magic.bytes.starts_with(bytes)) return std::nullopt;
  }
  return is_skippable_frame(bytes) ? Compression::kZstd : Compression::kNone;
}

std::unique_ptr<Unpacker> make_unpacker(Compression compression, const std::string& name) {
  switch (compression) {
    case Compression::kNone:
      return nullptr;
    case Compression::kGzip:
      return std::make_unique<GzipUnpacker>(name);
    case Compression::kXz:
      return make_xz_unpacker(name);
    case Compression::kZstd:
      return make_zstd_unpacker(name);
  }
  return nullptr;
}

}  // namespace unroll
