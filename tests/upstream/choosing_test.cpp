// Which endpoint a request gets a place at, as their health goes.

#include "backends.hpp"
#include "inferway/upstream/place.hpp"

#include <gtest/gtest.h>

#include <array>

namespace inferway::upstream {
namespace {

using balance::AdminState;
using std::chrono::seconds;

struct ChoosingTest : testing::TestWithParam<config::Balance> {
  /// How often each of the three endpoints is chosen.
  std::array<int, 3> chosen(std::vector<std::size_t> const& avoid = {}) {
    std::array<int, 3> out{};
    for (int i = 0; i < 300; ++i) {
      Place place(upstream, 0, waiter);
      EXPECT_EQ(place.take(avoid), Choice::taken);
      if (place.taken()) ++out[place.endpoint()];
    }
    return out;
  }

  Choice choice() {
    Place place(upstream, 0, waiter);
    return place.take({});
  }

  static config::Backend balanced(config::Balance how) {
    config::Backend out;
    out.balance = how;
    out.outlier.max_ejected_percent = 100;
    return out;
  }

  net::Loop loop;
  net::Waiter waiter{loop};
  OneBackend backend{3, balanced(GetParam())};
  telemetry::Telemetry telemetry{config_of(backend), 1};
  Upstream upstream{loop, backend.directory, {}, telemetry.shard(0), 7};
  TimePoint const now = loop.now();

  static config::Config config_of(OneBackend const& backend) {
    config::Config out;
    out.backends.push_back(backend.state.config);
    out.log.access = "off";
    return out;
  }
};

TEST_P(ChoosingTest, all_are_chosen_while_all_is_in_order) {
  for (auto const count : chosen()) EXPECT_GT(count, 30);
  EXPECT_EQ(chosen({1})[1], 0);
  EXPECT_GT(chosen({0, 1, 2})[1], 0);
}

TEST_P(ChoosingTest, an_ejected_one_is_not_chosen) {
  backend.fail(1, 5, now);
  EXPECT_EQ(chosen()[1], 0);
  EXPECT_EQ(chosen({0, 2})[1], 0) << "those that may be taken come first, avoided or not";
  EXPECT_EQ(backend.state.state->health.panics, 0U);
}

TEST_P(ChoosingTest, in_panic_the_ejected_are_chosen_but_none_that_rests_or_is_drained) {
  backend.fail(0, 5, now);
  report_refusal(backend.state, 1, 429, seconds(60), now);
  set_admin_state(backend.state, 2, AdminState::drained, now);
  EXPECT_EQ(chosen(), (std::array{300, 0, 0}));
  EXPECT_EQ(backend.state.state->health.panics, 300U);
}

TEST_P(ChoosingTest, when_all_rest_it_says_until_when) {
  report_refusal(backend.state, 0, 429, seconds(60), now);
  report_refusal(backend.state, 1, 429, seconds(30), now);
  set_admin_state(backend.state, 2, AdminState::disabled, now);
  Place place(upstream, 0, waiter);
  EXPECT_EQ(place.take({}), Choice::resting);
  EXPECT_EQ(place.due(), now + seconds(30));
  auto const outlook = upstream.outlook(0, {});
  EXPECT_FALSE(outlook.open);
  EXPECT_FALSE(outlook.other);
  EXPECT_EQ(outlook.soonest, now + seconds(30));
}

TEST_P(ChoosingTest, when_all_are_drained_there_is_none) {
  for (std::size_t i = 0; i < 3; ++i) set_admin_state(backend.state, i, AdminState::drained, now);
  EXPECT_EQ(choice(), Choice::none);
  EXPECT_EQ(upstream.outlook(0, {}).soonest, TimePoint::max());
  set_admin_state(backend.state, 1, AdminState::enabled, now);
  EXPECT_EQ(choice(), Choice::taken);
  EXPECT_EQ(chosen()[1], 300);
}

TEST_P(ChoosingTest, one_that_returns_starts_slowly) {
  set_admin_state(backend.state, 1, AdminState::disabled, now);
  set_admin_state(backend.state, 1, AdminState::enabled, now);
  auto const counts = chosen();
  EXPECT_GT(counts[1], 0);
  EXPECT_LT(counts[1], 60);
  EXPECT_GT(counts[0], 70);
}

TEST_P(ChoosingTest, the_outlook_knows_of_others) {
  EXPECT_TRUE(upstream.outlook(0, {}).other);
  std::vector<std::size_t> const tried{0, 1};
  EXPECT_TRUE(upstream.outlook(0, tried).other);
  backend.fail(2, 5, now);
  EXPECT_TRUE(upstream.outlook(0, tried).open);
  EXPECT_FALSE(upstream.outlook(0, tried).other);
}

INSTANTIATE_TEST_SUITE_P(Balancers, ChoosingTest,
                         testing::Values(config::Balance::round_robin, config::Balance::least_requests,
                                         config::Balance::ewma),
                         [](auto const& row) { return std::string(config::name(row.param)); });

}  // namespace
}  // namespace inferway::upstream
