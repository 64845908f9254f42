#include "machine.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

namespace inferway::app {
namespace {

constexpr auto kNone = std::numeric_limits<std::uint32_t>::max();

struct GroupRow {
  char const* name;
  std::string membership;
  std::vector<std::pair<std::string, std::string>> files;  ///< below the mount
  std::uint32_t cores;
};

GroupRow const kGroupRows[] = {
    {"nothing", "", {}, kNone},
    {"root", "0::/\n", {{"cpu.max", "150000 100000\n"}}, 2},
    {"no_quota", "0::/a\n", {{"a/cpu.max", "max 100000\n"}}, kNone},
    {"own_group", "0::/system.slice/x.service\n", {{"system.slice/x.service/cpu.max", "100000 100000\n"}}, 1},
    {"a_group_above", "0::/a/b/c\n", {{"a/cpu.max", "400000 100000\n"}, {"a/b/c/cpu.max", "max 100000\n"}}, 4},
    {"the_least", "0::/a/b\n", {{"a/cpu.max", "200000 100000\n"}, {"a/b/cpu.max", "700000 100000\n"}}, 2},
    {"another_group", "0::/a\n", {{"b/cpu.max", "100000 100000\n"}}, kNone},
    {"version_1",
     "7:memory:/x\n4:cpu,cpuacct:/x\n",
     {{"cpu/x/cpu.cfs_quota_us", "250000\n"}, {"cpu/x/cpu.cfs_period_us", "100000\n"}},
     3},
    {"version_1_without_quota",
     "4:cpu:/x\n",
     {{"cpu/x/cpu.cfs_quota_us", "-1\n"}, {"cpu/x/cpu.cfs_period_us", "100000\n"}},
     kNone},
    {"junk", "0\n::\n0::/a\n", {{"a/cpu.max", "many 0\n"}}, kNone},
    {"no_period", "0::/a\n", {{"a/cpu.max", "100000 0\n"}}, kNone},
};
class CgroupTest : public testing::TestWithParam<GroupRow> {};

TEST_P(CgroupTest, the_least_quota_on_the_way_counts) {
  auto const root = std::filesystem::path(testing::TempDir()) / ("inferway-cgroup-" + std::string(GetParam().name));
  std::filesystem::remove_all(root);
  std::filesystem::create_directories(root / "mounted");
  std::ofstream(root / "membership") << GetParam().membership;
  for (auto const& [path, text] : GetParam().files) {
    std::filesystem::create_directories((root / "mounted" / path).parent_path());
    std::ofstream(root / "mounted" / path) << text;
  }
  EXPECT_EQ(cores_of_cgroup((root / "mounted").string(), (root / "membership").string()), GetParam().cores);
  std::filesystem::remove_all(root);
}
INSTANTIATE_TEST_SUITE_P(Rows, CgroupTest, testing::ValuesIn(kGroupRows),
                         [](auto const& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace inferway::app
