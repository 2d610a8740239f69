#include "unroll/core/output_folder.h"

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <optional>
#include <string>

#include "tests/support/temp_folder.h"
#include "unroll/core/error.h"
#include "unroll/core/file.h"

namespace unroll {
namespace {

namespace fs = std::filesystem;

constexpr std::array kFiles{"model", "page.html"};

TEST(OutputFolder, IsMadeWithItsParents) {
  const TempFolder folder;
  const OutputFolder out(folder.file("a/b/"));
  EXPECT_TRUE(fs::is_directory(folder.file("a/b")));
  EXPECT_EQ(out.unlocked_because(), "");
}

TEST(OutputFolder, IsGoneAgainWhereNothingWasPutIntoIt) {
  const TempFolder folder;
  { const OutputFolder out(folder.file("a/b")); }
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(OutputFolder, StaysWhereSomethingWasPutIntoIt) {
  const TempFolder folder;
  {
    const OutputFolder out(folder.file("a/b"));
    write_file(folder.file("a/b/model"), "x");
  }
  EXPECT_TRUE(fs::exists(folder.file("a/b/model")));
}

TEST(OutputFolder, ThatWasThereStaysEmpty) {
  const TempFolder folder;
  fs::create_directory(folder.file("a"));
  { const OutputFolder out(folder.file("a")); }
  EXPECT_TRUE(fs::is_directory(folder.file("a")));
}

TEST(OutputFolder, InUseIsAUsageErrorUntilItsRunHasEnded) {
  const TempFolder folder;
  std::optional<OutputFolder> first(folder.file("a"));
  EXPECT_THROW(OutputFolder(folder.file("a")), UsageError);
  EXPECT_TRUE(fs::is_directory(folder.file("a")));  // the refused one took nothing away
  first.reset();
  EXPECT_NO_THROW(OutputFolder(folder.file("a")));
}

TEST(OutputFolder, IsHeldWithoutAFile) {
  const TempFolder folder;
  const OutputFolder out(folder.file("a"));
  out.prepare(kFiles);
  EXPECT_TRUE(fs::is_empty(folder.file("a")));
}

TEST(OutputFolder, ThatIsAFileOrBelowOneIsADiskError) {
  const TempFolder folder;
  write_file(folder.file("file"), "x");
  EXPECT_THROW(OutputFolder(folder.file("file")), DiskError);
  EXPECT_THROW(OutputFolder(folder.file("file/a")), DiskError);
  fs::create_symlink(folder.file("nowhere/a"), folder.file("link"));
  EXPECT_THROW(OutputFolder(folder.file("link")), DiskError);
  EXPECT_THROW(OutputFolder(""), DiskError);
}

TEST(OutputFolder, ThatTakesNoFilesIsADiskErrorBeforehand) {
  const OutputFolder out("/proc/self");
  EXPECT_THROW(out.prepare(kFiles), DiskError);
}

TEST(OutputFolder, LosesWhatKilledRunsLeftAndNothingElse) {
  const TempFolder folder;
  const std::array leftovers{"model.12.tmp", "page.html.99999.tmp", "model.before.7.tmp"};
  const std::array others{"model", "model.tmp", "model.x.tmp", "other.12.tmp", "model.12.tmp.gz"};
  for (const char* name : leftovers) write_file(folder.file(name), "x");
  for (const char* name : others) write_file(folder.file(name), "x");
  OutputFolder(folder.path()).prepare(kFiles);
  for (const char* name : leftovers) EXPECT_FALSE(fs::exists(folder.file(name))) << name;
  for (const char* name : others) EXPECT_TRUE(fs::exists(folder.file(name))) << name;
}

}  // namespace
}  // namespace unroll
