#include "inferway/net/loop.hpp"

#include "inferway/net/task_group.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace inferway::net {
namespace {

struct Running {
  explicit Running(Loop& loop) : thread([&loop] { loop.run(); }), loop(loop) {}
  ~Running() {
    loop.stop();
    thread.join();
  }
  std::thread thread;
  Loop& loop;
};

Task<> wait_once(Waiter& waiter, int& woken) {
  co_await waiter.wait();
  ++woken;
}

TEST(LoopTest, ends_when_it_is_told_to_before_it_runs) {
  Loop loop;
  loop.stop();
  loop.run();
}

TEST(LoopTest, runs_what_other_threads_post_in_their_order) {
  Loop loop;
  std::vector<int> seen;
  {
    Running const running(loop);
    for (int i = 0; i < 1000; ++i) loop.post([&seen, i] { seen.push_back(i); });
  }
  ASSERT_EQ(seen.size(), 1000U);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(seen[static_cast<std::size_t>(i)], i);
}

TEST(LoopTest, a_waiter_wakes_its_coroutine_once_for_many_notifications) {
  Loop loop;
  int woken = 0;
  std::string failure;
  TaskGroup tasks(loop, [&](std::exception_ptr const&) { failure = "exception"; });
  Waiter waiter(loop);
  loop.post([&] {
    tasks.spawn(wait_once(waiter, woken));
    EXPECT_EQ(woken, 0);
    waiter.notify();
    waiter.notify();
    tasks.when_empty([&] { loop.stop(); });
  });
  loop.run();
  EXPECT_EQ(woken, 1);
  EXPECT_EQ(failure, "");
}

TEST(LoopTest, a_notification_before_the_wait_is_not_lost) {
  Loop loop;
  int woken = 0;
  TaskGroup tasks(loop, [](std::exception_ptr const&) {});
  Waiter waiter(loop);
  loop.post([&] {
    waiter.notify();
    tasks.spawn(wait_once(waiter, woken));
    tasks.when_empty([&] { loop.stop(); });
  });
  loop.run();
  EXPECT_EQ(woken, 1);
}

Task<> wait_for_deadline(Loop& loop, bool& expired) {
  Waiter waiter(loop);
  Deadline deadline(loop.wheel(), waiter);
  deadline.arm(loop.now() + std::chrono::milliseconds(20));
  while (!deadline.expired()) co_await waiter.wait();
  expired = true;
}

TEST(LoopTest, a_deadline_wakes_a_coroutine_with_nothing_else_going_on) {
  Loop loop;
  bool expired = false;
  TaskGroup tasks(loop, [](std::exception_ptr const&) {});
  loop.post([&] {
    tasks.spawn(wait_for_deadline(loop, expired));
    tasks.when_empty([&] { loop.stop(); });
  });
  loop.run();
  EXPECT_TRUE(expired);
}

Task<> throws() {
  throw std::runtime_error("broken");
  co_return;
}

TEST(TaskGroupTest, an_exception_ends_its_own_task_alone) {
  Loop loop;
  int failed = 0;
  int woken = 0;
  TaskGroup tasks(loop, [&](std::exception_ptr const&) { ++failed; });
  Waiter waiter(loop);
  loop.post([&] {
    tasks.spawn(wait_once(waiter, woken));
    tasks.spawn(throws());
    tasks.when_empty([&] { loop.stop(); });
    waiter.notify();
  });
  loop.run();
  EXPECT_EQ(failed, 1);
  EXPECT_EQ(woken, 1);
}

}  // namespace
}  // namespace inferway::net
