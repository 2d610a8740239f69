#include "unroll/core/file.h"

#include <gtest/gtest.h>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <climits>
#include <csignal>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/support/temp_folder.h"
#include "unroll/core/error.h"

namespace unroll {
namespace {

namespace fs = std::filesystem;

std::size_t files_in(const TempFolder& folder) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()));
}

/// The message of the Error of this type that `call` throws.
template <typename ErrorType, typename Call>
std::string message_of(Call call) {
  try {
    call();
  } catch (const ErrorType& error) {
    return error.what();
  }
  ADD_FAILURE() << "nothing of this type was thrown";
  return "";
}

TEST(InputFile, ReadsMemoryAsAFile) {
  const std::string_view bytes = "abcdefg";
  InputFile file = InputFile::of_memory(bytes, "memory");
  EXPECT_EQ(file.size(), 7U);
  EXPECT_EQ(file.path(), "memory");
  std::array<char, 5> block{};
  EXPECT_EQ(file.read(block), 5U);
  EXPECT_EQ(std::string_view(block.data(), 5), "abcde");
  InputFile moved = std::move(file);
  EXPECT_EQ(moved.read(block), 2U);
  EXPECT_EQ(std::string_view(block.data(), 2), "fg");
  EXPECT_EQ(moved.read(block), 0U);
}

/// Files can't grow beyond `bytes` while this lives: a full disk without a disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  void (*handler_)(int);
  rlimit before_{};
};

TEST(File, IsReadAsItWasWritten) {
  const TempFolder folder;
  std::string content;
  for (unsigned i = 0; i < 300'000; ++i) content += static_cast<char>(i * i / 7);
  for (std::size_t size : {0U, 1U, 65535U, 65536U, 65537U, 300'000U}) {
    write_file(folder.file("a"), content.substr(0, size));
    EXPECT_EQ(read_file(folder.file("a")), content.substr(0, size));
  }
}

TEST(InputFile, IsReadPieceByPieceToItsEnd) {
  const TempFolder folder;
  write_file(folder.file("a"), "0123456789");
  InputFile file(folder.file("a"));
  EXPECT_EQ(file.size(), 10U);
  std::array<char, 8> block;
  EXPECT_EQ(file.read(block), 8U);
  EXPECT_EQ(std::string_view(block.data(), 8), "01234567");
  EXPECT_EQ(file.read(block), 2U);
  EXPECT_EQ(std::string_view(block.data(), 2), "89");
  EXPECT_EQ(file.read(block), 0U);
  EXPECT_THROW(InputFile(folder.file("gone")), DataError);
  EXPECT_THROW(InputFile(folder.path()), DataError);
}

TEST(InputFile, MayBeAPipe) {
  const TempFolder folder;
  const std::string pipe = folder.file("pipe").string();
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::thread writer([&] { std::ofstream(pipe) << std::string(100'000, 'x'); });
  InputFile file(pipe);
  writer.join();
  EXPECT_EQ(file.size(), 100'000U);
  std::vector<char> all(100'001);
  EXPECT_EQ(file.read(std::span(all).first(99'999)), 99'999U);
  EXPECT_EQ(file.read(all), 1U);
  EXPECT_EQ(file.read(all), 0U);
}

TEST(File, IsWrittenFromPiecesInOrder) {
  const TempFolder folder;
  const std::array<std::string_view, 4> pieces{"ab", "", std::string_view("\0c", 2), "d\n"};
  write_file(folder.file("a"), pieces);
  EXPECT_EQ(read_file(folder.file("a")), std::string("ab\0cd\n", 6));
}

TEST(File, ReplacesWhatWasThereAndLeavesNothingElse) {
  const TempFolder folder;
  write_file(folder.file("a"), "a long first content");
  write_file(folder.file("a"), "second");
  EXPECT_EQ(read_file(folder.file("a")), "second");
  EXPECT_EQ(files_in(folder), 1U);
}

TEST(File, ThatSomebodyReadsIsReplacedNotChanged) {
  const TempFolder folder;
  write_file(folder.file("a"), "first");
  fs::create_hard_link(folder.file("a"), folder.file("still the first"));
  write_file(folder.file("a"), "second");
  EXPECT_EQ(read_file(folder.file("still the first")), "first");
}

TEST(File, ThatIsMissingIsADataErrorWithItsName) {
  const TempFolder folder;
  const std::string message = message_of<DataError>([&] { read_file(folder.file("gone.csv")); });
  EXPECT_NE(message.find("gone.csv"), std::string::npos) << message;
  EXPECT_NE(message.find("No such file"), std::string::npos) << message;
}

TEST(File, ThatIsAFolderCannotBeRead) {
  const TempFolder folder;
  EXPECT_THROW(read_file(folder.path()), DataError);
}

// Root may read and write everything in an ordinary folder, so these two go where nobody may.

TEST(File, BelowAFileIsADataError) {
  const TempFolder folder;
  write_file(folder.file("file"), "x");
  EXPECT_THROW(read_file(folder.file("file/inside")), DataError);
}

TEST(File, InAMissingFolderIsADiskErrorWithItsName) {
  const TempFolder folder;
  const std::string message =
      message_of<DiskError>([&] { write_file(folder.file("no/such/model"), "x"); });
  EXPECT_NE(message.find("no/such/model"), std::string::npos) << message;
  EXPECT_EQ(files_in(folder), 0U);
}

TEST(File, InAFolderThatTakesNoFilesIsADiskError) {
  EXPECT_THROW(write_file("/proc/unroll-test", "x"), DiskError);
}

TEST(File, ThatDoesNotFitLeavesTheOldOneAndNoTemporary) {
  const TempFolder folder;
  write_file(folder.file("model"), "the old model");
  const std::string large(100'000, 'x');
  {
    const FileSizeLimit limit(50'000);
    const std::array<std::string_view, 2> pieces{"a first piece that fits", large};
    EXPECT_THROW(write_file(folder.file("model"), pieces), DiskError);
  }
  EXPECT_EQ(read_file(folder.file("model")), "the old model");
  EXPECT_EQ(files_in(folder), 1U);
}

TEST(File, CannotTakeThePlaceOfAFolder) {
  const TempFolder folder;
  fs::create_directory(folder.file("models"));
  EXPECT_THROW(write_file(folder.file("models"), "x"), DiskError);
  EXPECT_TRUE(fs::is_directory(folder.file("models")));
  EXPECT_EQ(files_in(folder), 1U);
}

TEST(File, CannotTakeThePlaceOfADevice) {
  const TempFolder folder;
  ASSERT_EQ(::mkfifo(folder.file("pipe").c_str(), 0600), 0);
  EXPECT_THROW(write_file(folder.file("pipe"), "x"), DiskError);
  EXPECT_TRUE(fs::is_fifo(folder.file("pipe")));
  EXPECT_EQ(files_in(folder), 1U);
}

TEST(Files, ThatBelongTogetherAreWrittenTogether) {
  const TempFolder folder;
  write_file(folder.file("a"), "old");
  write_files(std::array{NewFile{folder.file("a"), "new a"}, NewFile{folder.file("b"), "new b"}});
  EXPECT_EQ(read_file(folder.file("a")), "new a");
  EXPECT_EQ(read_file(folder.file("b")), "new b");
  EXPECT_EQ(files_in(folder), 2U);
}

TEST(Files, AreAllAsBeforeWhereOneDoesNotFit) {
  const TempFolder folder;
  write_file(folder.file("a"), "old");
  const std::string large(100'000, 'x');
  {
    const FileSizeLimit limit(50'000);
    EXPECT_THROW(
        write_files(std::array{NewFile{folder.file("a"), "new"}, NewFile{folder.file("b"), large}}),
        DiskError);
  }
  EXPECT_EQ(read_file(folder.file("a")), "old");
  EXPECT_EQ(files_in(folder), 1U);
}

TEST(Files, AreAllAsBeforeWhereOneCannotBeRenamed) {
  const TempFolder folder;
  write_file(folder.file("a"), "old");
  // A second name of the third file, which undoing would need, is too long for a file; its
  // temporary name is not.
  const std::string temporary = "." + std::to_string(::getpid()) + ".tmp";
  const std::string name(NAME_MAX - temporary.size(), 'n');
  write_file(folder.file(name), "old");
  const std::array files{NewFile{folder.file("a"), "new"}, NewFile{folder.file("b"), "new"},
                         NewFile{folder.file(name), "new"}};
  EXPECT_THROW(write_files(files), DiskError);
  EXPECT_EQ(read_file(folder.file("a")), "old");
  EXPECT_FALSE(fs::exists(folder.file("b")));
  EXPECT_EQ(files_in(folder), 2U);
}

TEST(File, ThatCouldBeWrittenIsTriedWithoutATrace) {
  const TempFolder folder;
  try_file(folder.file("new"), 100'000);
  EXPECT_EQ(files_in(folder), 0U);
  write_file(folder.file("old"), "old");
  try_file(folder.file("old"));
  EXPECT_EQ(read_file(folder.file("old")), "old");
  EXPECT_EQ(files_in(folder), 1U);
}

TEST(File, ThatCouldNotBeWrittenIsADiskErrorBeforehand) {
  const TempFolder folder;
  EXPECT_THROW(try_file("/proc/unroll-test"), DiskError);
  EXPECT_THROW(try_file("/dev/full"), DiskError);
  EXPECT_THROW(try_file(folder.file("no/such/folder")), DiskError);
  const FileSizeLimit limit(50'000);
  EXPECT_NO_THROW(try_file(folder.file("model"), 50'000));
  EXPECT_THROW(try_file(folder.file("model"), 50'001), DiskError);
  EXPECT_EQ(files_in(folder), 0U);
}

TEST(Folder, IsMadeWithItsParentsAndMayExist) {
  const TempFolder folder;
  make_folder(folder.file("a/b/c"));
  make_folder(folder.file("a/b/c"));
  EXPECT_TRUE(fs::is_directory(folder.file("a/b/c")));
}

TEST(Folder, CannotBeMadeBelowAFile) {
  const TempFolder folder;
  write_file(folder.file("a"), "x");
  EXPECT_THROW(make_folder(folder.file("a/b")), DiskError);
  EXPECT_THROW(make_folder(folder.file("a")), DiskError);
}

}  // namespace
}  // namespace unroll
