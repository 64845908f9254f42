#include "inferway/balance/adaptive_limit.hpp"

#include "inferway/balance/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <queue>
#include <string>
#include <vector>

namespace inferway::balance {
namespace {

using std::chrono::milliseconds;
using Seconds = std::chrono::duration<double>;

/// A model server, and callers who want more from it than the limit allows. Discrete events, a seeded generator.
class Server {
 public:
  enum class Kind : std::uint8_t {
    shared,  ///< all in flight share its throughput: up to the knee an answer begins after 0.2 s, beyond it later, in
             ///< proportion
    slots,   ///< a batch of so many places; who has none waits in the server until one becomes free
  };
  Server(Kind kind, std::uint32_t knee, double noise) : kind_(kind), knee_(knee), noise_(noise) {}

  void change_knee(std::uint32_t knee) { knee_ = knee; }
  void change_demand(std::uint32_t demand) { demand_ = demand; }

  /// Serves so many requests, and returns the limits that were in force, one for each.
  std::vector<std::uint32_t> serve(int requests) {
    std::vector<std::uint32_t> limits;
    while (requests > 0) {
      while (inflight_ < std::min(demand_, limit.limit())) start();
      auto const event = events_.top();
      events_.pop();
      now_ = event.at;
      if (event.what == What::first_byte) {
        limit.add(event.at - event.begun, event.inflight, now_);
        continue;
      }
      --inflight_;
      if (kind_ == Kind::slots) leave_slot();
      limits.push_back(limit.limit());
      --requests;
    }
    return limits;
  }

  AdaptiveLimit limit;

 private:
  enum class What : std::uint8_t { first_byte, end };
  struct Event {
    TimePoint at;
    What what;
    TimePoint begun;
    std::uint32_t inflight;
    bool operator>(Event const& other) const { return at > other.at; }
  };

  void start() {
    ++inflight_;
    if (kind_ == Kind::slots && busy_ >= knee_) {
      waiting_.push({now_, inflight_});
      return;
    }
    auto const over = kind_ == Kind::shared ? std::max(1.0, static_cast<double>(inflight_) / knee_) : 1.0;
    ++busy_;
    run(now_, inflight_, over);
  }
  void leave_slot() {
    --busy_;
    while (!waiting_.empty() && busy_ < knee_) {
      auto const [begun, inflight] = waiting_.front();
      waiting_.pop();
      ++busy_;
      run(begun, inflight, 1);
    }
  }
  void run(TimePoint begun, std::uint32_t inflight, double slower) {
    auto const first = now_ + lasting(0.2 * slower);
    events_.push({first, What::first_byte, begun, inflight});
    events_.push({first + lasting(1.0 * slower), What::end, begun, inflight});
  }
  /// Log-normal around `seconds`.
  Duration lasting(double seconds) {
    auto const uniform = [&] { return (static_cast<double>(random_() >> 11U) + 0.5) / 9007199254740992.0; };
    auto const normal = std::sqrt(-2 * std::log(uniform())) * std::cos(6.283185307179586 * uniform());
    return std::chrono::duration_cast<Duration>(Seconds(seconds * std::exp(noise_ * normal)));
  }

  Kind kind_;
  std::uint32_t knee_;
  double noise_;
  std::uint32_t demand_ = 100'000;
  std::uint32_t inflight_ = 0;
  std::uint32_t busy_ = 0;
  std::queue<std::pair<TimePoint, std::uint32_t>> waiting_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  TimePoint now_ = TimePoint{} + std::chrono::hours(1000);
  Random random_{11};
};

double mean(std::vector<std::uint32_t> const& limits) {
  return std::accumulate(limits.begin(), limits.end(), 0.0) / static_cast<double>(limits.size());
}

std::uint32_t median(std::vector<std::uint32_t> limits) {
  std::ranges::nth_element(limits, limits.begin() + static_cast<std::ptrdiff_t>(limits.size() / 2));
  return limits[limits.size() / 2];
}

struct KneeRow {
  std::string name;
  Server::Kind kind;
  std::uint32_t knee;
  double noise;
};
std::vector<KneeRow> knees() {
  std::vector<KneeRow> rows;
  for (auto const kind : {Server::Kind::shared, Server::Kind::slots}) {
    for (std::uint32_t const knee : {1U, 2U, 4U, 8U, 16U, 40U, 64U, 200U}) {
      for (int const noise : {0, 10, 30, 60}) {
        rows.push_back({(kind == Server::Kind::shared ? "shared_" : "slots_") + std::to_string(knee) + "_noise_" +
                            std::to_string(noise),
                        kind, knee, noise / 100.0});
      }
    }
  }
  return rows;
}
class AdaptiveLimitTest : public testing::TestWithParam<KneeRow> {};

/// `limits` lies around the knee: the median within a tenth of it, and the mean, trials included, too.
void expect_at(std::uint32_t knee, std::vector<std::uint32_t> const& limits) {
  EXPECT_NEAR(median(limits), knee, knee * 0.1);
  EXPECT_NEAR(mean(limits), knee, knee * 0.15);
}

TEST_P(AdaptiveLimitTest, finds_the_knee) {
  auto const& row = GetParam();
  Server server(row.kind, row.knee, row.noise);
  server.serve(60 * static_cast<int>(std::max(row.knee, 16U)));
  expect_at(row.knee, server.serve(20'000));
}
INSTANTIATE_TEST_SUITE_P(Rows, AdaptiveLimitTest, testing::ValuesIn(knees()),
                         [](auto const& row) { return row.param.name; });

struct ChangeRow {
  char const* name;
  std::uint32_t before;
  std::uint32_t after;
};
constexpr ChangeRow kChangeRows[] = {
    {"half_the_server_fails", 64, 32}, {"it_comes_back", 32, 64}, {"next_to_nothing_is_left", 40, 1},
    {"a_larger_machine", 1, 40},       {"by_a_third", 48, 32},
};
class AdaptiveLimitChangeTest : public testing::TestWithParam<ChangeRow> {};

TEST_P(AdaptiveLimitChangeTest, follows_the_knee) {
  for (auto const kind : {Server::Kind::shared, Server::Kind::slots}) {
    Server server(kind, GetParam().before, 0.3);
    server.serve(5'000);
    server.change_knee(GetParam().after);
    server.serve(10'000);
    expect_at(GetParam().after, server.serve(20'000));
  }
}
INSTANTIATE_TEST_SUITE_P(Rows, AdaptiveLimitChangeTest, testing::ValuesIn(kChangeRows),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(AdaptiveLimitRulesTest, starts_at_eight) { EXPECT_EQ(AdaptiveLimit().limit(), 8U); }

TEST(AdaptiveLimitRulesTest, stays_where_it_is_while_nobody_reaches_it) {
  Server server(Server::Kind::shared, 64, 0.3);
  server.change_demand(5);
  for (auto const limit : server.serve(5'000)) EXPECT_EQ(limit, AdaptiveLimit::kStart);
}

TEST(AdaptiveLimitRulesTest, what_began_under_another_limit_does_not_count) {
  AdaptiveLimit limit;
  auto now = TimePoint{} + std::chrono::hours(1);
  while (limit.limit() == AdaptiveLimit::kStart) limit.add(milliseconds(100), limit.limit(), now += milliseconds(1));
  auto const raised = limit.limit();
  EXPECT_EQ(raised, 2 * AdaptiveLimit::kStart);
  // Ten times as long: would be the end of the trial.
  for (int i = 0; i < 1'000; ++i) limit.add(std::chrono::seconds(10), raised, now + milliseconds(i));
  EXPECT_EQ(limit.limit(), raised);
}

TEST(AdaptiveLimitRulesTest, never_leaves_its_bounds) {
  Random random(5);
  AdaptiveLimit limit;
  auto now = TimePoint{} + std::chrono::hours(1);
  for (int i = 0; i < 200'000; ++i) {
    limit.add(Duration(static_cast<Duration::rep>(random.below(1'000'000'000))), limit.limit(),
              now += milliseconds(400));
    ASSERT_GE(limit.limit(), AdaptiveLimit::kFloor);
    ASSERT_LE(limit.limit(), AdaptiveLimit::kCeiling);
  }
}

TEST(AdaptiveLimitRulesTest, an_endpoint_that_nothing_slows_gets_the_most) {
  AdaptiveLimit limit;
  auto now = TimePoint{} + std::chrono::hours(1);
  for (int i = 0; i < 400'000; ++i) limit.add(milliseconds(100), limit.limit(), now += milliseconds(1));
  EXPECT_EQ(limit.settled(), AdaptiveLimit::kCeiling);
}

}  // namespace
}  // namespace inferway::balance
