// Requests of several workers at once for few places.

#include "inferway/net/task_group.hpp"
#include "inferway/upstream/place.hpp"
#include "one_backend.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

namespace inferway::upstream {
namespace {

constexpr std::size_t kWorkers = 4;
constexpr int kCallers = 20;          ///< of each worker
constexpr int kRequests = 200;        ///< of each caller, one after another
constexpr std::uint64_t kLeaves = 5;  ///< one in so many leaves while it waits

/// What all workers' callers saw.
struct Ledger {
  struct Served {
    std::uint64_t asked;   ///< stamps before and after it asked,
    std::uint64_t queued;  ///< and when it had its place
    std::uint64_t served;
  };

  std::atomic<std::uint64_t> stamp{0};
  std::array<std::atomic<std::uint32_t>, 8> at{};  ///< each endpoint, as callers count it
  std::atomic<std::uint32_t> most{0};
  std::atomic<int> served{0};
  std::atomic<int> left{0};
  std::atomic<int> refused{0};
  std::array<std::vector<Served>, kWorkers> log;
};

/// Asks for places as the proxy does.
class Caller {
 public:
  Caller(Worker& worker, Ledger& ledger, std::size_t index, std::uint64_t seed)
      : worker_(worker), ledger_(ledger), index_(index), random_(seed) {}

  net::Task<> run() {
    net::Waiter waiter(worker_.loop);
    for (int i = 0; i < kRequests; ++i) co_await request(waiter);
  }

 private:
  net::Task<> request(net::Waiter& waiter) {
    bool const leaves = random_.below(kLeaves) == 0;
    Place place(worker_.upstream, 0, waiter);
    Ledger::Served entry{.asked = ledger_.stamp++, .queued = 0, .served = 0};
    auto choice = place.take({});
    entry.queued = ledger_.stamp++;
    while (choice == Choice::waiting) {
      if (leaves && random_.below(3) == 0) {
        ++ledger_.left;
        co_return;
      }
      // The one that means to leave does not sleep, so that it leaves at any moment.
      if (leaves) waiter.notify();
      co_await waiter.wait();
      choice = place.take({});
    }
    if (choice != Choice::taken) {
      ++ledger_.refused;
      co_return;
    }
    entry.served = ledger_.stamp++;
    ledger_.log[index_].push_back(entry);
    auto& at = ledger_.at[place.endpoint()];
    auto const now = ++at;
    auto most = ledger_.most.load();
    while (now > most && !ledger_.most.compare_exchange_weak(most, now)) {
    }
    for (auto turns = random_.below(3); turns > 0; --turns) {
      waiter.notify();
      co_await waiter.wait();
    }
    ++ledger_.served;
    --at;
  }

  Worker& worker_;
  Ledger& ledger_;
  std::size_t index_;
  balance::Random random_;
};

/// Waits in the queue without ever looking for itself: whoever is not told waits for ever.
class TrustingCaller {
 public:
  TrustingCaller(Worker& worker, Ledger& ledger, std::size_t, std::uint64_t seed)
      : worker_(worker), ledger_(ledger), random_(seed) {}

  net::Task<> run() {
    net::Waiter waiter(worker_.loop);
    for (int i = 0; i < kRequests; ++i) co_await request(waiter);
  }

 private:
  net::Task<> request(net::Waiter& waiter) {
    auto const& backend = worker_.upstream.directory()[0];
    auto& queue = backend.state->queue;
    auto const ticket = std::make_shared<Ticket>(waiter, backend, std::span<std::size_t const>());
    EXPECT_TRUE(queue.join(ticket, 10'000, worker_.loop.now()));
    bool const leaves = random_.below(kLeaves) == 0;
    if (leaves) {
      for (auto turns = random_.below(5); turns > 0; --turns) {
        waiter.notify();
        co_await waiter.wait();
      }
      queue.leave(*ticket);
    } else {
      while (ticket->granted() == nullptr) co_await waiter.wait();
    }
    ticket->waiter = nullptr;
    ++(leaves ? ledger_.left : ledger_.served);
    if (ticket->granted() != nullptr) free_slot(*ticket->granted(), queue, worker_.loop.now(), &worker_.loop);
  }

  Worker& worker_;
  Ledger& ledger_;
  balance::Random random_;
};

template <typename Kind>
void run(Shared& shared, Ledger& ledger) {
  std::vector<std::unique_ptr<Worker>> workers;
  for (std::size_t i = 0; i < kWorkers; ++i) workers.push_back(std::make_unique<Worker>(shared, i));
  std::vector<std::thread> threads;
  std::atomic<std::size_t> busy = kWorkers;
  for (std::size_t i = 0; i < kWorkers; ++i) {
    threads.emplace_back([&, i] {
      auto& worker = *workers[i];
      net::TaskGroup tasks(worker.loop, [](std::exception_ptr const&) { FAIL() << "exception"; });
      std::vector<std::unique_ptr<Kind>> callers;
      worker.loop.post([&] {
        for (int j = 0; j < kCallers; ++j) {
          callers.push_back(std::make_unique<Kind>(worker, ledger, i, i * 1'000 + static_cast<std::uint64_t>(j)));
          tasks.spawn(callers.back()->run());
        }
        // A loop is there until all are done: what is posted to it is run.
        tasks.when_empty([&] {
          if (--busy > 0) return;
          for (auto const& each : workers) each->loop.stop();
        });
      });
      worker.loop.run();
    });
  }
  for (auto& thread : threads) thread.join();
}

struct StressRow {
  char const* name;
  std::size_t endpoints;
  std::uint32_t limit;
};
class PlaceStressTest : public testing::TestWithParam<StressRow> {};

TEST_P(PlaceStressTest, nobody_is_lost_and_never_are_there_too_many) {
  auto const& row = GetParam();
  Shared shared(one_backend(row.endpoints, {.fixed = row.limit, .automatic = false},
                            {.size = 10'000, .timeout = std::chrono::minutes(10)}),
                kWorkers);
  Ledger ledger;
  run<Caller>(shared, ledger);
  EXPECT_EQ(ledger.served + ledger.left, static_cast<int>(kWorkers) * kCallers * kRequests);
  EXPECT_EQ(ledger.refused, 0);
  if (row.endpoints * row.limit == 1) EXPECT_GT(ledger.left, 0);  // with more there may be a place at once each time
  EXPECT_LE(ledger.most, row.limit);
  EXPECT_TRUE(shared.queue().empty());
  for (std::size_t i = 0; i < row.endpoints; ++i) EXPECT_EQ(shared.endpoint(i).inflight, 0U);
  std::uint64_t length = 0;
  for (std::size_t i = 0; i < kWorkers; ++i) length += shared.counters(i).queue_length.get();
  EXPECT_EQ(length, 0U);
}

TEST_P(PlaceStressTest, nobody_waits_for_a_wake_up_that_does_not_come) {
  auto const& row = GetParam();
  Shared shared(one_backend(row.endpoints, {.fixed = row.limit, .automatic = false}, {}), kWorkers);
  Ledger ledger;
  run<TrustingCaller>(shared, ledger);  // or it hangs
  EXPECT_EQ(ledger.served + ledger.left, static_cast<int>(kWorkers) * kCallers * kRequests);
  EXPECT_TRUE(shared.queue().empty());
  for (std::size_t i = 0; i < row.endpoints; ++i) EXPECT_EQ(shared.endpoint(i).inflight, 0U);
}

constexpr StressRow kStressRows[] = {
    {"one_place", 1, 1}, {"three_places", 1, 3}, {"two_endpoints", 2, 1}, {"many_places", 3, 8}};
INSTANTIATE_TEST_SUITE_P(Rows, PlaceStressTest, testing::ValuesIn(kStressRows),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(PlaceOrderTest, who_began_to_wait_before_another_asked_is_served_before) {
  Shared shared(one_backend(1, {.fixed = 1, .automatic = false}, {.size = 10'000, .timeout = std::chrono::minutes(10)}),
                kWorkers);
  Ledger ledger;
  run<Caller>(shared, ledger);
  std::vector<Ledger::Served> all;
  for (auto const& log : ledger.log) all.insert(all.end(), log.begin(), log.end());
  ASSERT_EQ(static_cast<int>(all.size()), ledger.served);
  // By the time of asking: nobody who was queued before may be served after.
  std::ranges::sort(all, {}, &Ledger::Served::served);
  std::uint64_t latest_asked = 0;
  for (auto const& entry : all) {
    // Somebody served before it asked only after it had been queued.
    EXPECT_LT(latest_asked, entry.queued + 1) << "asked at " << entry.asked << ", served at " << entry.served;
    latest_asked = std::max(latest_asked, entry.asked);
  }
}

}  // namespace
}  // namespace inferway::upstream
