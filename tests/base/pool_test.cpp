#include "inferway/base/pool.hpp"

#include <gtest/gtest.h>

namespace inferway {
namespace {

struct Counted {
  explicit Counted(int& alive) : count(alive) { ++count; }
  Counted(Counted const&) = delete;
  Counted& operator=(Counted const&) = delete;
  ~Counted() { --count; }
  int& count;
};

TEST(PoolTest, an_object_lives_as_long_as_its_owner) {
  int alive = 0;
  Pool<Counted> pool;
  auto first = pool.make(alive);
  auto second = pool.make(alive);
  EXPECT_EQ(alive, 2);
  first.reset();
  EXPECT_EQ(alive, 1);
  second = pool.make(alive);
  EXPECT_EQ(alive, 1);
  second.reset();
  EXPECT_EQ(alive, 0);
}

TEST(PoolTest, the_memory_that_came_back_last_serves_the_next_one) {
  int alive = 0;
  Pool<Counted> pool;
  auto first = pool.make(alive);
  auto const* const memory = first.get();
  first.reset();
  EXPECT_EQ(pool.make(alive).get(), memory);
}

TEST(PoolTest, none_can_be_given_one_later) {
  int alive = 0;
  Pool<Counted> pool;
  auto owner = Pool<Counted>::none();
  EXPECT_EQ(owner, nullptr);
  owner = pool.make(alive);
  EXPECT_EQ(alive, 1);
}

}  // namespace
}  // namespace inferway
