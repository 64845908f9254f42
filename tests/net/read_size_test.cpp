#include "inferway/net/read_size.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace inferway::net {
namespace {

constexpr std::size_t kKiB = 1024;

struct Passed {
  std::size_t bytes;
  bool taken;
};

struct ReadSizeRow {
  char const* name;
  std::vector<Passed> passed;
  std::size_t want;
};

ReadSizeRow const kReadSizeRows[] = {
    {"begins_small", {}, 64 * kKiB},
    {"grows_with_a_full_read", {{64 * kKiB, true}}, 128 * kKiB},
    {"a_read_need_not_be_quite_full", {{33 * kKiB, true}}, 128 * kKiB},
    {"tokens_do_not_let_it_grow", {{234, true}, {234, true}, {234, true}}, 64 * kKiB},
    {"is_bounded", {{64 * kKiB, true}, {128 * kKiB, true}, {256 * kKiB, true}}, 256 * kKiB},
    {"a_small_read_changes_nothing", {{64 * kKiB, true}, {1, true}}, 128 * kKiB},
    {"who_leaves_something_gets_little", {{64 * kKiB, true}, {128 * kKiB, true}, {256 * kKiB, false}}, 64 * kKiB},
    {"grows_again", {{64 * kKiB, false}, {64 * kKiB, true}}, 128 * kKiB},
};

class ReadSizeTest : public testing::TestWithParam<ReadSizeRow> {};

TEST_P(ReadSizeTest, follows_what_is_taken) {
  ReadSize size;
  for (auto const& passed : GetParam().passed) size.passed_on(passed.bytes, passed.taken);
  EXPECT_EQ(size.bytes(), GetParam().want);
  EXPECT_EQ(static_cast<std::size_t>(size.least_reads()) * ReadSize::kLeast, size.bytes());
}
INSTANTIATE_TEST_SUITE_P(Rows, ReadSizeTest, testing::ValuesIn(kReadSizeRows),
                         [](auto const& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace inferway::net
