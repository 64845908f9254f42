#include "source_file.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <string>

namespace inferway::config {
namespace {

TEST(SourceFileTest, reads_up_to_its_bound_and_no_further) {
  auto const path = testing::TempDir() + "inferway-source-file-test";
  std::ofstream(path, std::ios::binary) << std::string(40'000, 'x');
  EXPECT_EQ(read_source(path, 40'000).value_or("").size(), 40'000U);
  EXPECT_FALSE(read_source(path, 39'999));
  std::remove(path.c_str());
}

TEST(SourceFileTest, says_why_it_cannot) {
  EXPECT_EQ(read_source("/does/not/exist", 1).error(), "No such file or directory");
  EXPECT_EQ(read_source("/", 1).error(), "Is a directory");
  EXPECT_FALSE(read_source(std::string("/dev/null\0x", 11), 1));
}

}  // namespace
}  // namespace inferway::config
