#include "unroll/core/temporary.h"

#include <gtest/gtest.h>

#include <deque>
#include <filesystem>

#include "tests/support/temp_folder.h"
#include "unroll/core/file.h"

namespace unroll {
namespace {

namespace fs = std::filesystem;

TEST(Temporary, IsGoneAtTheEndOfItsScope) {
  const TempFolder folder;
  {
    const Temporary name(folder.file("a"));
    write_file(folder.file("a"), "x");
  }
  EXPECT_FALSE(fs::exists(folder.file("a")));
}

TEST(Temporary, IsGoneBeforeItsScopeEndsWhereASignalAsksForIt) {
  const TempFolder folder;
  const Temporary name(folder.file("a"));
  write_file(folder.file("a"), "x");
  remove_temporaries();
  EXPECT_FALSE(fs::exists(folder.file("a")));
}

TEST(Temporary, FolderAndWhatIsInItGoTogetherWhereASignalAsksForIt) {
  TempFolder folder;
  const Temporary outer(folder.file("outer"));
  fs::create_directory(outer.path());
  const Temporary inner(outer.path() / "file");
  folder.write("outer/file", "x");
  remove_temporaries();
  EXPECT_FALSE(fs::exists(outer.path()));
}

TEST(Temporary, ThatMayStayStays) {
  const TempFolder folder;
  {
    Temporary name(folder.file("a"));
    write_file(folder.file("a"), "x");
    name.keep();
    remove_temporaries();
  }
  EXPECT_TRUE(fs::exists(folder.file("a")));
}

TEST(Temporary, FolderStaysWhereItHoldsSomething) {
  const TempFolder folder;
  fs::create_directory(folder.file("empty"));
  fs::create_directory(folder.file("full"));
  write_file(folder.file("full/a"), "x");
  {
    const Temporary empty(folder.file("empty"));
    const Temporary full(folder.file("full"));
  }
  EXPECT_FALSE(fs::exists(folder.file("empty")));
  EXPECT_TRUE(fs::exists(folder.file("full/a")));
}

TEST(Temporary, NamesThatNoHandlerSeesAreRemovedAllTheSame) {
  const TempFolder folder;
  {
    std::deque<Temporary> names;  // more than a handler has room for
    for (int k = 0; k < 100; ++k) {
      names.emplace_back(folder.file(std::to_string(k)));
      fs::create_directory(names.back().path());
    }
  }
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

}  // namespace
}  // namespace unroll
