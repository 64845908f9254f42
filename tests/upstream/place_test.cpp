#include "inferway/upstream/place.hpp"

#include "inferway/net/task_group.hpp"
#include "one_backend.hpp"

#include <gtest/gtest.h>

#include <array>
#include <ctime>
#include <memory>
#include <utility>
#include <vector>

namespace inferway::upstream {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Places = std::vector<std::unique_ptr<Place>>;

constexpr config::MaxInflight kOne{.fixed = 1, .automatic = false};
constexpr config::MaxInflight kTwo{.fixed = 2, .automatic = false};
constexpr config::Queue kRoom{.size = 10, .timeout = seconds(5)};

/// So many places, each asked for once.
Places asked(Worker& worker, int count, Choice want, std::vector<std::size_t> const& avoid = {}) {
  Places places;
  for (int i = 0; i < count; ++i) {
    places.push_back(worker.place());
    EXPECT_EQ(places.back()->take(avoid), want);
  }
  return places;
}

TEST(PlaceTest, is_never_more_than_max_inflight_at_an_endpoint) {
  Shared shared(one_backend(3, kTwo, {.size = 0, .timeout = seconds(5)}));
  Worker worker(shared);
  auto places = asked(worker, 6, Choice::taken);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(shared.endpoint(i).inflight, 2U);
  static_cast<void>(asked(worker, 1, Choice::full));
  EXPECT_EQ(shared.counters(0).queue_full.get(), 1U);
  places.pop_back();
  static_cast<void>(asked(worker, 1, Choice::taken));
}

TEST(PlaceTest, waits_for_nothing_where_there_is_no_limit) {
  Shared shared(one_backend(2, {}, kRoom));
  Worker worker(shared);
  {
    auto const places = asked(worker, 1'000, Choice::taken);
    EXPECT_EQ(shared.endpoint(0).inflight + shared.endpoint(1).inflight, 1'000U);
  }
  EXPECT_EQ(shared.endpoint(0).inflight + shared.endpoint(1).inflight, 0U);
  EXPECT_EQ(shared.counters(0).queue_waits.get(), 0U);
}

TEST(PlaceTest, is_given_in_the_order_of_asking) {
  Shared shared(one_backend(1, kOne, kRoom), 2);
  Worker here(shared, 0);
  Worker there(shared, 1);
  auto first = asked(here, 1, Choice::taken);
  Places waiting;
  for (auto* worker : {&here, &there, &there, &here, &there}) {
    waiting.push_back(std::move(asked(*worker, 1, Choice::waiting).front()));
  }
  EXPECT_EQ(shared.queue().length(), 5U);
  first.clear();
  for (std::size_t i = 0; i < waiting.size(); ++i) {
    for (std::size_t j = i + 1; j < waiting.size(); ++j) EXPECT_EQ(waiting[j]->take({}), Choice::waiting) << j;
    EXPECT_EQ(waiting[i]->take({}), Choice::taken) << i;
    EXPECT_EQ(shared.endpoint(0).inflight, 1U);
    waiting[i].reset();
  }
  EXPECT_EQ(shared.endpoint(0).inflight, 0U);
  EXPECT_EQ(shared.counters(0).queue_length.get() + shared.counters(1).queue_length.get(), 0U);
  EXPECT_EQ(shared.counters(0).queue_waits.get() + shared.counters(1).queue_waits.get(), 5U);
}

TEST(PlaceTest, whoever_comes_then_does_not_overtake_those_who_wait) {
  Shared shared(one_backend(1, kOne, kRoom));
  Worker worker(shared);
  auto first = asked(worker, 1, Choice::taken);
  auto const waits = asked(worker, 2, Choice::waiting);
  first.clear();  // the slot is the first waiter's now, although it has not asked yet
  auto const late = asked(worker, 1, Choice::waiting);
  EXPECT_EQ(waits[0]->take({}), Choice::taken);
  EXPECT_EQ(late[0]->take({}), Choice::waiting);
}

TEST(PlaceTest, of_one_who_left_is_skipped) {
  Shared shared(one_backend(1, kOne, kRoom));
  Worker worker(shared);
  auto first = asked(worker, 1, Choice::taken);
  auto waits = asked(worker, 3, Choice::waiting);
  waits[0].reset();
  EXPECT_EQ(shared.queue().length(), 2U);
  EXPECT_EQ(shared.counters(0).queue_length.get(), 2U);
  first.clear();
  waits[1].reset();  // it had been given the slot
  EXPECT_EQ(waits[2]->take({}), Choice::taken);
  waits.clear();
  EXPECT_EQ(shared.endpoint(0).inflight, 0U);
  EXPECT_EQ(shared.counters(0).queue_length.get(), 0U);
}

TEST(PlaceTest, is_not_waited_for_by_more_than_the_queue_holds) {
  Shared shared(one_backend(2, kOne, {.size = 3, .timeout = seconds(5)}));
  Worker worker(shared);
  auto const taken = asked(worker, 2, Choice::taken);
  auto waits = asked(worker, 3, Choice::waiting);
  static_cast<void>(asked(worker, 4, Choice::full));
  EXPECT_EQ(shared.queue().length(), 3U);
  EXPECT_EQ(shared.counters(0).queue_full.get(), 4U);
  waits.pop_back();
  static_cast<void>(asked(worker, 1, Choice::waiting));
}

TEST(PlaceTest, at_an_endpoint_to_avoid_goes_to_the_next_in_the_queue) {
  Shared shared(one_backend(2, kOne, kRoom));
  Worker worker(shared);
  auto taken = asked(worker, 2, Choice::taken);
  auto const avoided = taken[0]->endpoint();
  auto const picky = asked(worker, 1, Choice::waiting, {avoided});
  auto const other = asked(worker, 1, Choice::waiting);
  taken[0].reset();
  EXPECT_EQ(picky[0]->take({}), Choice::waiting);
  EXPECT_EQ(other[0]->take({}), Choice::taken);
  EXPECT_EQ(other[0]->endpoint(), avoided);
  taken[1].reset();
  EXPECT_EQ(picky[0]->take({}), Choice::taken);
  EXPECT_NE(picky[0]->endpoint(), avoided);
}

TEST(PlaceTest, at_an_endpoint_to_avoid_is_taken_when_there_is_no_other) {
  Shared shared(one_backend(2, kOne, kRoom));
  Worker worker(shared);
  auto taken = asked(worker, 2, Choice::taken);
  auto const picky = asked(worker, 1, Choice::waiting, {0});
  set_admin_state(shared.directory[0], 1, balance::AdminState::disabled, worker.loop.now());
  taken.clear();
  EXPECT_EQ(picky[0]->take({}), Choice::taken);
  EXPECT_EQ(picky[0]->endpoint(), 0U);
}

TEST(PlaceTest, a_raised_limit_lets_those_in_who_wait) {
  Shared shared(one_backend(1, kOne, kRoom));
  Worker worker(shared);
  auto const taken = asked(worker, 1, Choice::taken);
  auto const waits = asked(worker, 5, Choice::waiting);
  shared.endpoint(0).limit = 4;
  EXPECT_EQ(waits[4]->take({}), Choice::waiting);  // who looks, looks for all
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(waits[i]->take({}), Choice::taken) << i;
  EXPECT_EQ(waits[3]->take({}), Choice::waiting);
  shared.endpoint(0).limit = 0;
  for (std::size_t i = 3; i < 5; ++i) EXPECT_EQ(waits[i]->take({}), Choice::taken) << i;
}

Duration processor_time() {
  timespec spent{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return seconds(spent.tv_sec) + std::chrono::nanoseconds(spent.tv_nsec);
}

TEST(PlaceTest, of_a_long_queue_is_looked_for_without_a_walk_along_it) {
  Shared shared(one_backend(3, kOne, {.size = 6000, .timeout = seconds(50)}));
  Worker worker(shared);
  set_admin_state(shared.directory[0], 1, balance::AdminState::drained, worker.loop.now());
  for (int i = 0; i < 5; ++i) report_failure(shared.directory[0], 2, config::RetryOn::cut, worker.loop.now());
  auto const taken = asked(worker, 1, Choice::taken);
  auto const begun = processor_time();
  auto const waits = asked(worker, 6000, Choice::waiting);  // two endpoints have free slots, for nobody
  for (auto const& place : waits) EXPECT_EQ(place->take({}), Choice::waiting);
  EXPECT_LT(processor_time() - begun, seconds(1));
}

TEST(PlaceTest, says_so_when_all_endpoints_are_drained) {
  Shared shared(one_backend(1, kOne, kRoom));
  Worker worker(shared);
  auto const taken = asked(worker, 1, Choice::taken);
  auto const waits = asked(worker, 1, Choice::waiting);
  set_admin_state(shared.directory[0], 0, balance::AdminState::drained, worker.loop.now());
  static_cast<void>(asked(worker, 1, Choice::none));
  EXPECT_EQ(waits[0]->take({}), Choice::none);
  EXPECT_TRUE(shared.queue().empty());
}

void rest(Shared const& shared, Worker& worker, Duration how_long) {
  for (std::size_t i = 0; i < shared.directory[0].endpoints.size(); ++i) {
    report_refusal(shared.directory[0], i, 429, std::chrono::duration_cast<milliseconds>(how_long), worker.loop.now());
  }
}

TEST(PlaceTest, of_endpoints_that_rest_is_not_waited_for_beyond_the_timeout) {
  Shared shared(one_backend(2, {}, {.size = 0, .timeout = seconds(5)}));
  Worker worker(shared);
  rest(shared, worker, seconds(6));
  auto const places = asked(worker, 1, Choice::resting);
  EXPECT_EQ(places[0]->due(), worker.loop.now() + seconds(6));
}

TEST(PlaceTest, of_endpoints_that_rest_is_waited_for_by_a_hundred_without_a_queue) {
  Shared shared(one_backend(2, {}, {.size = 0, .timeout = seconds(5)}));
  Worker worker(shared);
  rest(shared, worker, seconds(4));
  auto const places = asked(worker, 100, Choice::waiting);
  auto const refused = asked(worker, 1, Choice::resting);
  EXPECT_EQ(refused[0]->due(), worker.loop.now() + seconds(4));
}

net::Task<> take(Place& place, net::Waiter& waiter, Choice& choice) {
  choice = place.take({});
  while (choice == Choice::waiting) {
    co_await waiter.wait();
    choice = place.take({});
  }
}

/// What a request that waits for it comes to in the end.
Choice taken_at_last(Worker& worker, Place& place) {
  auto choice = Choice::waiting;
  net::TaskGroup tasks(worker.loop, [](std::exception_ptr const&) { FAIL() << "exception"; });
  worker.loop.post([&] {
    tasks.spawn(take(place, worker.waiter, choice));
    tasks.when_empty([&] { worker.loop.stop(); });
  });
  worker.loop.run();
  return choice;
}

TEST(PlaceTimeTest, is_waited_for_no_longer_than_the_timeout) {
  Shared shared(one_backend(1, kOne, {.size = 1, .timeout = milliseconds(30)}));
  Worker worker(shared);
  auto const taken = asked(worker, 1, Choice::taken);
  auto const place = worker.place();
  EXPECT_EQ(taken_at_last(worker, *place), Choice::timed_out);
  EXPECT_EQ(shared.counters(0).queue_timeouts.get(), 1U);
  EXPECT_GE(shared.counters(0).queue_wait_ns.get(), 30'000'000U);
  EXPECT_TRUE(shared.queue().empty());
}

TEST(PlaceTimeTest, is_given_when_the_rest_is_over) {
  Shared shared(one_backend(1, {}, {.size = 0, .timeout = seconds(50)}));
  Worker worker(shared);
  rest(shared, worker, milliseconds(30));
  auto const place = worker.place();
  EXPECT_EQ(taken_at_last(worker, *place), Choice::taken);
}

TEST(PlaceTimeTest, is_given_when_an_endpoint_is_enabled_again) {
  Shared shared(one_backend(2, kOne, {.size = 9, .timeout = seconds(50)}));
  Worker worker(shared);
  set_admin_state(shared.directory[0], 1, balance::AdminState::drained, worker.loop.now());
  auto const taken = asked(worker, 1, Choice::taken);
  auto const place = worker.place();
  EXPECT_EQ(place->take({}), Choice::waiting);
  set_admin_state(shared.directory[0], 1, balance::AdminState::enabled, worker.loop.now());
  EXPECT_EQ(taken_at_last(worker, *place), Choice::taken);
  EXPECT_EQ(place->endpoint(), 1U);
}

TEST(RetryBudgetOfABackendTest, is_shared_and_its_refusals_are_counted) {
  Shared shared(one_backend(1, {}, {}), 2);
  Worker here(shared, 0);
  Worker there(shared, 1);
  for (int i = 0; i < 100; ++i) here.upstream.count_request(0);
  int tries = 0;
  while (there.upstream.allow_retry(0, 20)) ++tries;
  EXPECT_EQ(tries, 20);
  EXPECT_FALSE(here.upstream.allow_retry(0, 20));
  EXPECT_EQ(shared.counters(0).retries_refused.get(), 1U);
  EXPECT_EQ(shared.counters(1).retries_refused.get(), 1U);
}

}  // namespace
}  // namespace inferway::upstream
