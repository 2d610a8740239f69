#include "unroll/core/processors.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <string>

#include "tests/support/temp_folder.h"
#include "unroll/core/file.h"

namespace unroll {
namespace {

/// A process's folder and the control groups that it names, made by hand.
class Quota : public testing::Test {
 protected:
  void in_version_2(const std::string& root, const std::string& group) {
    write_file(folder_.path() / "cgroup", "0::" + group + "\n");
    write_file(folder_.path() / "mountinfo", "30 20 0:25 " + root + " " + mount().string() +
                                                 " rw,nosuid shared:9 - cgroup2 cgroup rw\n");
  }
  void in_version_1(const std::string& root, const std::string& group) {
    write_file(folder_.path() / "cgroup", "3:memory:/else\n4:cpu,cpuacct:" + group + "\n0::/\n");
    write_file(folder_.path() / "mountinfo",
               "31 20 0:26 / /elsewhere rw - cgroup cgroup rw,memory\n32 20 0:27 " + root + " " +
                   mount().string() + " rw,nosuid - cgroup cgroup rw,cpu,cpuacct\n");
  }
  void set(const std::string& group, const std::string& file, const std::string& value) {
    make_folder(mount() / group);
    write_file(mount() / group / file, value + "\n");
  }
  std::filesystem::path mount() const { return folder_.path() / "groups"; }
  std::optional<double> found() const { return cpu_quota(folder_.path()); }

 private:
  TempFolder folder_;
};

TEST_F(Quota, OfVersion2IsTheLeastOnTheWayUp) {
  in_version_2("/", "/shop/worker");
  set("shop/worker", "cpu.max", "max 100000");
  EXPECT_FALSE(found());
  set("shop", "cpu.max", "150000 100000");
  EXPECT_EQ(found(), 1.5);
  set("shop/worker", "cpu.max", "50000 100000");
  EXPECT_EQ(found(), 0.5);
}

TEST_F(Quota, OfVersion1HasItsPeriodInAFileOfItsOwn) {
  in_version_1("/", "/worker");
  set("worker", "cpu.cfs_quota_us", "-1");
  set("worker", "cpu.cfs_period_us", "100000");
  EXPECT_FALSE(found());
  set("worker", "cpu.cfs_quota_us", "250000");
  EXPECT_EQ(found(), 2.5);
}

TEST_F(Quota, OfAContainerIsAtItsMountWhateverTheGroupIsCalledOutside) {
  in_version_1("/docker/abc", "/docker/abc");
  set(".", "cpu.cfs_quota_us", "200000");
  set(".", "cpu.cfs_period_us", "100000");
  EXPECT_EQ(found(), 2.0);
  in_version_2("/", "/../elsewhere");
  set(".", "cpu.max", "300000 100000");
  EXPECT_EQ(found(), 3.0);
}

TEST_F(Quota, OfAnotherGroupThatIsMountedDoesNotCount) {
  in_version_2("/containers/x", "/mine");
  set(".", "cpu.max", "100000 100000");
  EXPECT_FALSE(found());
}

TEST_F(Quota, IsFoundWherePathsHoldBlanksAndBackslashes) {
  in_version_2("/a\\134b\\040c", "/a\\b c/worker");
  set("worker", "cpu.max", "100000 100000");
  EXPECT_EQ(found(), 1.0);
}

TEST_F(Quota, IsNoneWhereNothingCanBeRead) {
  EXPECT_FALSE(found());
  in_version_2("/", "/gone");
  EXPECT_FALSE(found());
  set(".", "cpu.max", "nonsense");
  EXPECT_FALSE(found());
}

TEST(Processors, AreUsableAsFarAsAffinityAndWholeQuotaGo) {
  EXPECT_EQ((Processors{.online = 8, .affinity = 6, .quota = std::nullopt}.usable()), 6U);
  EXPECT_EQ((Processors{.online = 8, .affinity = 6, .quota = 2.9}.usable()), 2U);
  EXPECT_EQ((Processors{.online = 8, .affinity = 6, .quota = 0.4}.usable()), 1U);
  EXPECT_EQ((Processors{.online = 8, .affinity = 1, .quota = 4}.usable()), 1U);
}

TEST(Processors, OfThisProcessFollowItsAffinity) {
  cpu_set_t before, one;
  ASSERT_EQ(::sched_getaffinity(0, sizeof before, &before), 0);
  const Processors all = find_processors();
  EXPECT_EQ(all.affinity, static_cast<std::size_t>(CPU_COUNT(&before)));
  EXPECT_GE(all.online, all.affinity);
  CPU_ZERO(&one);
  for (std::size_t k = 0; k < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++k) {
    if (CPU_ISSET(k, &before)) CPU_SET(k, &one);
  }
  ASSERT_EQ(::sched_setaffinity(0, sizeof one, &one), 0);
  EXPECT_EQ(find_processors().affinity, 1U);
  EXPECT_EQ(usable_processors(), 1U);
  ASSERT_EQ(::sched_setaffinity(0, sizeof before, &before), 0);
}

}  // namespace
}  // namespace unroll
