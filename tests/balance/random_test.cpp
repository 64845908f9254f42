#include "inferway/balance/random.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>

namespace inferway::balance {
namespace {

static_assert(std::uniform_random_bit_generator<Random>);

TEST(RandomTest, gives_the_same_row_for_the_same_seed_and_another_for_another) {
  Random a(7);
  Random b(7);
  Random c(8);
  bool differs = false;
  for (int i = 0; i < 100; ++i) {
    auto const value = a();
    EXPECT_EQ(value, b());
    differs = differs || value != c();
  }
  EXPECT_TRUE(differs);
}

TEST(RandomTest, gives_the_numbers_of_splitmix64) {
  Random random(1234567);  // the vectors of Vigna's reference implementation
  EXPECT_EQ(random(), 6457827717110365317U);
  EXPECT_EQ(random(), 3203168211198807973U);
  EXPECT_EQ(random(), 9817491932198370423U);
}

struct BoundRow {
  char const* name;
  std::uint64_t bound;
};
constexpr BoundRow kBoundRows[] = {
    {"zero", 0}, {"one", 1}, {"two", 2}, {"ten", 10}, {"widest_weights", std::uint64_t{1} << 40U},
};
class RandomBelowTest : public testing::TestWithParam<BoundRow> {};

TEST_P(RandomBelowTest, stays_below_its_bound) {
  Random random(1);
  auto const bound = GetParam().bound;
  for (int i = 0; i < 1000; ++i) EXPECT_LE(random.below(bound), bound == 0 ? 0 : bound - 1);
}
INSTANTIATE_TEST_SUITE_P(Rows, RandomBelowTest, testing::ValuesIn(kBoundRows),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(RandomTest, spreads_evenly_below_a_bound) {
  Random random(42);
  std::array<int, 10> counts{};
  for (int i = 0; i < 100'000; ++i) ++counts[random.below(counts.size())];
  for (auto const count : counts) EXPECT_NEAR(count, 10'000, 400);  // four times the standard deviation
}

}  // namespace
}  // namespace inferway::balance
