/// RowFile: encoded texts in a file, and what else belongs to them. What a text became takes a
/// third of the text, and is read again instead of being made again.
///
///     head      "unroll-1", numbers of rows and bytes, checksum of all that follows
///     pages     kPageRows rows each: where in the page each row begins (u32), then the rows
///     sections  named bytes: whatever the writer has added
///     places    where each section and each page is
///
/// A row is numbers of 7 bits a byte (LEB128): how many ids it has, its label + 1 and whether it
/// has a weight, the weight (four bytes) if it is not 1, the ids. Ids rise as tokens get rarer, so
/// most take one byte or two. Numbers of fixed size are little-endian.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "unroll/core/growing_file.h"
#include "unroll/core/hash.h"
#include "unroll/core/mapped_file.h"
#include "unroll/text/example_rows.h"

namespace unroll {

/// Writes a RowFile from begin to end: rows first, then sections. What writes throws DiskError.
class RowFileWriter {
 public:
  static constexpr std::size_t kPageRows = 256;

  explicit RowFileWriter(const std::filesystem::path& path);

  void add(std::span<const std::int32_t> ids, std::int32_t label, float weight);
  /// Bytes that are appended from now on are those of this section.
  void begin_section(const std::string& name);
  void append(std::string_view bytes);
  /// Gives the file its name.
  void finish();
  /// The file that is whole, but has no name yet: it goes with this object.
  std::filesystem::path finish_unnamed();

  std::size_t rows() const noexcept { return rows_; }

 private:
  void end_page();
  std::string end();

  GrowingFile file_;
  Hash hash_;
  std::size_t rows_ = 0;
  std::string page_;
  std::vector<std::uint32_t> begins_;  // of the rows of a page
  std::vector<std::uint64_t> pages_;
  struct Section {
    std::string name;
    std::uint64_t begin = 0;
  };
  std::vector<Section> sections_;
};

/// A RowFile that is mapped: what is not touched takes no memory.
class RowFile final : public ExampleRows {
 public:
  /// Reads all of it once. Throws DataError for a file that is missing, foreign, or damaged.
  explicit RowFile(const std::filesystem::path& path);

  std::size_t size() const override { return rows_; }
  std::size_t length(std::size_t row) const override;
  std::int32_t label(std::size_t row) const override;
  float weight(std::size_t row) const override;
  std::span<const std::int32_t> ids(std::size_t row,
                                    std::vector<std::int32_t>& room) const override;
  void release() const override { file_.release(); }
  void expect(Range rows) const override;

  /// The bytes of a section; nothing where there is none.
  std::string_view section(const std::string& name) const;
  /// Calls body(piece) for the bytes of a section, and lets go of them piece by piece.
  void read_section(const std::string& name, FunctionRef<std::string_view> body) const {
    file_.for_each_piece(section(name), body);
  }
  std::size_t bytes() const noexcept { return file_.bytes().size(); }

 private:
  struct Head {
    std::size_t ids = 0;
    std::int32_t label = -1;
    float weight = 1;
    const char* begin = nullptr;  // of the ids
  };
  std::uint64_t page(std::size_t number) const;
  Head head(std::size_t row) const;

  MappedFile file_;
  std::size_t rows_ = 0;
  std::string_view pages_;  // u64 each
  std::map<std::string, std::string_view> sections_;
};

}  // namespace unroll
