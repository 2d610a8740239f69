#include "unroll/text/row_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "unroll/core/error.h"

namespace unroll {

namespace {

static_assert(std::endian::native == std::endian::little, "the file's numbers are in this order");

constexpr std::string_view kRowsMagic = "unroll-1";
constexpr std::size_t kChecksumDigits = 32;
constexpr std::size_t kHeadBytes = kRowsMagic.size() + 3 * sizeof(std::uint64_t) + kChecksumDigits;

template <typename Number>
std::string_view bytes_of(const Number& number) {
  return {reinterpret_cast<const char*>(&number), sizeof number};
}

template <typename Number>
Number number_at(const char* bytes) {
  Number number;
  std::memcpy(&number, bytes, sizeof number);
  return number;
}

void append_number(std::uint64_t number, std::string& bytes) {
  for (; number >= 0x80; number >>= 7) bytes += static_cast<char>(number | 0x80);
  bytes += static_cast<char>(number);
}

/// A number of 7 bits a byte, and the step behind it.
std::uint64_t take_number(const char*& bytes) noexcept {
  std::uint64_t number = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const auto byte = static_cast<unsigned char>(*bytes++);
    number |= std::uint64_t{byte & 0x7FU} << shift;
    if (byte < 0x80) break;
  }
  return number;
}

DataError damaged(const std::filesystem::path& path, std::string_view what) {
  return DataError(fmt::format("{}: {}", path.string(), what));
}

}  // namespace

// ------------------------------------------------------------------------------------------ writer

RowFileWriter::RowFileWriter(const std::filesystem::path& path) : file_(path) {
  file_.append(std::string(kHeadBytes, '\0'));
}

void RowFileWriter::append(std::string_view bytes) {
  hash_.add(bytes);
  file_.append(bytes);
}

void RowFileWriter::add(std::span<const std::int32_t> ids, std::int32_t label, float weight) {
  begins_.push_back(static_cast<std::uint32_t>(page_.size()));
  append_number(ids.size(), page_);
  const bool has_weight = weight != 1;
  append_number(2 * static_cast<std::uint64_t>(label + 1) + (has_weight ? 1 : 0), page_);
  if (has_weight) page_ += bytes_of(weight);
  for (const std::int32_t id : ids) append_number(static_cast<std::uint64_t>(id), page_);
  ++rows_;
  if (begins_.size() == kPageRows) end_page();
}

void RowFileWriter::end_page() {
  pages_.push_back(file_.size());
  append({reinterpret_cast<const char*>(begins_.data()), begins_.size() * sizeof begins_[0]});
  append(page_);
  begins_.clear();
  page_.clear();
}

void RowFileWriter::begin_section(const std::string& name) {
  if (!begins_.empty()) end_page();
  sections_.push_back({name, file_.size()});
}

/// Writes the places of pages and sections. Returns the head.
std::string RowFileWriter::end() {
  begin_section("pages");
  for (const std::uint64_t page : pages_) append(bytes_of(page));
  const std::uint64_t places = file_.size();
  for (const Section& section : sections_)
    append(fmt::format("{} {}\n", section.begin, section.name));
  std::string head(kRowsMagic);
  for (const std::uint64_t number : {std::uint64_t{rows_}, places, std::uint64_t{file_.size()}})
    head += bytes_of(number);
  hash_.add(head);
  return head + hash_.digits();
}

void RowFileWriter::finish() {
  file_.finish(end());
}

std::filesystem::path RowFileWriter::finish_unnamed() {
  file_.flush(end());
  return file_.temporary_path();
}

// ------------------------------------------------------------------------------------------ reader

namespace {

/// The checksum of a file, which is let go as it is read.
std::string checksum(const MappedFile& file, std::string_view head) {
  Hash hash;
  file.for_each_piece(file.bytes().substr(kHeadBytes),
                      [&](std::string_view piece) { hash.add(piece); });
  hash.add(head);
  return hash.digits();
}

}  // namespace

RowFile::RowFile(const std::filesystem::path& path) : file_(path) {
  const std::string_view all = file_.bytes();
  if (all.size() < kHeadBytes || !all.starts_with(kRowsMagic))
    throw damaged(path, "this is no file of encoded texts that this program can read");
  const char* const numbers = all.data() + kRowsMagic.size();
  const std::string head(all.substr(0, kHeadBytes - kChecksumDigits));
  const std::string digits(all.substr(head.size(), kChecksumDigits));
  rows_ = number_at<std::uint64_t>(numbers);
  const auto places = number_at<std::uint64_t>(numbers + 8);
  const auto size = number_at<std::uint64_t>(numbers + 16);
  if (size != all.size() || places > size || checksum(file_, head) != digits)
    throw damaged(path, "its checksum is wrong: the file was cut or changed");
  std::string_view rest = all.substr(places);
  std::uint64_t end = places;
  std::vector<std::pair<std::string, std::uint64_t>> begins;
  for (; !rest.empty(); rest.remove_prefix(std::min(rest.find('\n') + 1, rest.size()))) {
    const std::string line(rest.substr(0, rest.find('\n')));
    const std::size_t blank = line.find(' ');
    begins.emplace_back(line.substr(blank + 1), std::stoull(line.substr(0, blank)));
  }
  for (auto section = begins.rbegin(); section != begins.rend(); ++section) {
    sections_[section->first] = all.substr(section->second, end - section->second);
    end = section->second;
  }
  pages_ = sections_["pages"];
}

std::uint64_t RowFile::page(std::size_t number) const {
  return number_at<std::uint64_t>(pages_.data() + number * sizeof(std::uint64_t));
}

RowFile::Head RowFile::head(std::size_t row) const {
  const std::size_t number = row / RowFileWriter::kPageRows,
                    first = number * RowFileWriter::kPageRows;
  const char* const page_begin = file_.bytes().data() + page(number);
  const std::size_t rows = std::min(RowFileWriter::kPageRows, rows_ - first);
  const char* bytes = page_begin + rows * sizeof(std::uint32_t) +
                      number_at<std::uint32_t>(page_begin + (row - first) * sizeof(std::uint32_t));
  Head head;
  head.ids = take_number(bytes);
  const std::uint64_t label = take_number(bytes);
  head.label = static_cast<std::int32_t>(label / 2) - 1;
  if (label % 2 == 1) {
    head.weight = number_at<float>(bytes);
    bytes += sizeof(float);
  }
  head.begin = bytes;
  return head;
}

std::size_t RowFile::length(std::size_t row) const {
  return head(row).ids;
}

std::int32_t RowFile::label(std::size_t row) const {
  return head(row).label;
}

float RowFile::weight(std::size_t row) const {
  return head(row).weight;
}

std::span<const std::int32_t> RowFile::ids(std::size_t row, std::vector<std::int32_t>& room) const {
  const Head found = head(row);
  room.resize(found.ids);
  const char* bytes = found.begin;
  for (std::int32_t& id : room) id = static_cast<std::int32_t>(take_number(bytes));
  return room;
}

void RowFile::expect(Range rows) const {
  if (rows.size() == 0) return;
  const std::size_t behind = (rows.end - 1) / RowFileWriter::kPageRows + 1;
  const bool is_last = behind * sizeof(std::uint64_t) >= pages_.size();
  file_.expect(
      {page(rows.begin / RowFileWriter::kPageRows), is_last ? file_.bytes().size() : page(behind)});
}

std::string_view RowFile::section(const std::string& name) const {
  const auto found = sections_.find(name);
  return found == sections_.end() ? std::string_view() : found->second;
}

}  // namespace unroll
