#include "process.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <unistd.h>

namespace inferway::telemetry {
namespace {

TEST(ProcessFigures, tell_of_this_process) {
  auto const figures = process_figures();
  EXPECT_GT(figures.resident_bytes, 100'000U);
  EXPECT_GE(figures.virtual_bytes, figures.resident_bytes);
  EXPECT_GT(figures.max_descriptors, 3U);
  EXPECT_GT(figures.cpu_ns, 0U);
}

TEST(ProcessFigures, count_descriptors) {
  auto const before = process_figures().open_descriptors;
  int const descriptor = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ASSERT_GE(descriptor, 0);
  EXPECT_EQ(process_figures().open_descriptors, before + 1);
  ::close(descriptor);
  EXPECT_EQ(process_figures().open_descriptors, before);
}

}  // namespace
}  // namespace inferway::telemetry
