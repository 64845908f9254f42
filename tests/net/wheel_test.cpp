#include "inferway/net/wheel.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <vector>

namespace inferway::net {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

struct Bell final : Watcher {
  void notify() override { ++rings; }
  int rings = 0;
};

class WheelTest : public testing::Test {
 protected:
  TimePoint const start{hours(1000)};
  Wheel wheel{start};
  Bell bell;
};

TEST_F(WheelTest, expires_a_deadline_once_and_not_before_its_time) {
  Deadline deadline(wheel, bell);
  deadline.arm(start + milliseconds(100));
  wheel.advance(start + milliseconds(99));
  EXPECT_FALSE(deadline.expired());
  wheel.advance(start + milliseconds(105));
  EXPECT_TRUE(deadline.expired());
  wheel.advance(start + hours(1));
  EXPECT_EQ(bell.rings, 1);
}

TEST_F(WheelTest, stays_expired_until_it_is_armed_anew) {
  Deadline deadline(wheel, bell);
  deadline.arm(start + milliseconds(10));
  wheel.advance(start + milliseconds(50));
  EXPECT_TRUE(deadline.expired());
  deadline.arm(start + milliseconds(200));
  EXPECT_FALSE(deadline.expired());
  wheel.advance(start + milliseconds(210));
  EXPECT_TRUE(deadline.expired());
}

TEST_F(WheelTest, a_deadline_moved_on_expires_at_its_new_time) {
  Deadline deadline(wheel, bell);
  deadline.arm(start + milliseconds(50));
  for (int i = 1; i <= 100; ++i) {
    wheel.advance(start + milliseconds(40 * i));
    EXPECT_FALSE(deadline.expired()) << i;
    deadline.arm(start + milliseconds(40 * i + 50));
  }
  wheel.advance(start + milliseconds(40 * 100 + 60));
  EXPECT_TRUE(deadline.expired());
}

TEST_F(WheelTest, a_deadline_moved_forward_expires_early) {
  Deadline deadline(wheel, bell);
  deadline.arm(start + hours(1));
  deadline.arm(start + milliseconds(20));
  wheel.advance(start + milliseconds(30));
  EXPECT_TRUE(deadline.expired());
}

TEST_F(WheelTest, a_disarmed_deadline_never_rings) {
  Deadline deadline(wheel, bell);
  deadline.arm(start + milliseconds(20));
  deadline.disarm();
  wheel.advance(start + hours(1));
  EXPECT_EQ(bell.rings, 0);
  EXPECT_FALSE(deadline.expired());
}

TEST_F(WheelTest, a_destroyed_deadline_leaves_the_others_alone) {
  Deadline first(wheel, bell);
  first.arm(start + milliseconds(20));
  {
    Deadline second(wheel, bell);
    second.arm(start + milliseconds(20));
  }
  Deadline third(wheel, bell);
  third.arm(start + milliseconds(20));
  wheel.advance(start + milliseconds(30));
  EXPECT_EQ(bell.rings, 2);
}

TEST_F(WheelTest, longer_than_a_turn_of_the_wheel_is_no_matter) {
  Deadline deadline(wheel, bell);
  auto const turn = Wheel::kTick * static_cast<int>(Wheel::kSlots);
  deadline.arm(start + 3 * turn + milliseconds(7));
  for (auto now = start; now < start + 3 * turn; now += milliseconds(500)) wheel.advance(now);
  EXPECT_FALSE(deadline.expired());
  wheel.advance(start + 3 * turn + milliseconds(12));
  EXPECT_TRUE(deadline.expired());
}

TEST_F(WheelTest, a_long_sleep_skips_no_deadline) {
  std::vector<std::unique_ptr<Deadline>> deadlines;
  for (int i = 0; i < 500; ++i) {
    deadlines.push_back(std::make_unique<Deadline>(wheel, bell));
    deadlines.back()->arm(start + milliseconds(37 * i));
  }
  wheel.advance(start + hours(2));
  EXPECT_EQ(bell.rings, 500);
}

TEST_F(WheelTest, sleeps_for_ever_only_when_nothing_is_armed) {
  EXPECT_EQ(wheel.sleep_ms(start), -1);
  Deadline deadline(wheel, bell);
  deadline.arm(start + milliseconds(100));
  auto const sleep = wheel.sleep_ms(start);
  EXPECT_GE(sleep, 95);
  EXPECT_LE(sleep, 105);
}

TEST_F(WheelTest, sleeping_as_told_meets_every_deadline_within_a_tick) {
  std::mt19937 random(7);  // NOLINT(cert-msc51-cpp): the same row each time
  std::uniform_int_distribution<int> spread(1, 60'000);
  for (int round = 0; round < 200; ++round) {
    Wheel own(start);
    Deadline deadline(own, bell);
    auto const due = start + milliseconds(spread(random));
    deadline.arm(due);
    auto now = start;
    for (int turns = 0; !deadline.expired(); ++turns) {
      ASSERT_LT(turns, 100);
      auto const sleep = own.sleep_ms(now);
      ASSERT_GE(sleep, 0);
      now += milliseconds(std::max(sleep, 1));
      own.advance(now);
    }
    EXPECT_GE(now, due);
    EXPECT_LE(now, due + 2 * Wheel::kTick);
  }
}

}  // namespace
}  // namespace inferway::net
