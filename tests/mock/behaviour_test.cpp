#include "inferway/mock/behaviour.hpp"

#include <gtest/gtest.h>

namespace inferway::mock {
namespace {

using std::chrono::milliseconds;

TEST(Behaviour, is_set_by_name) {
  Behaviour behaviour;
  for (auto const& [name, value] :
       {std::pair{"first-token", "250ms"}, std::pair{"token-interval", "2s"}, std::pair{"tokens", "7"},
        std::pair{"status", "503"}, std::pair{"fail-rate", "0.25"}, std::pair{"cut-after", "0"},
        std::pair{"cut-bytes", "100"}, std::pair{"reset", "true"}, std::pair{"stall-after", "1"},
        std::pair{"error-after", "2"}, std::pair{"error-code", "slow_down"}, std::pair{"error-message", "No more."},
        std::pair{"close-rate", "1"}, std::pair{"stall-head", "0.5"}, std::pair{"early-hints", "3"},
        std::pair{"retry-after", "2s"}, std::pair{"idle-close", "5ms"}, std::pair{"seed", "18446744073709551615"}}) {
    EXPECT_TRUE(set(behaviour, name, value)) << name;
  }
  EXPECT_EQ(behaviour.first_token, milliseconds(250));
  EXPECT_EQ(behaviour.token_interval, milliseconds(2'000));
  EXPECT_EQ(behaviour.tokens, 7U);
  EXPECT_EQ(behaviour.status, 503U);
  EXPECT_EQ(behaviour.fail_rate, 0.25);
  EXPECT_EQ(behaviour.cut_after, 0U);
  EXPECT_EQ(behaviour.cut_bytes, 100U);
  EXPECT_TRUE(behaviour.reset);
  EXPECT_EQ(behaviour.stall_after, 1U);
  EXPECT_EQ(behaviour.error_after, 2U);
  EXPECT_EQ(behaviour.error_code, "slow_down");
  EXPECT_EQ(behaviour.error_message, "No more.");
  EXPECT_EQ(behaviour.close_rate, 1);
  EXPECT_EQ(behaviour.stall_head, 0.5);
  EXPECT_EQ(behaviour.early_hints, 3U);
  EXPECT_EQ(behaviour.retry_after, milliseconds(2'000));
  EXPECT_EQ(behaviour.idle_close, milliseconds(5));
  EXPECT_EQ(behaviour.seed, UINT64_MAX);
}

struct Duration {
  char const* name;
  std::string_view text;
  milliseconds expected;
};

class BehaviourDuration : public testing::TestWithParam<Duration> {};

TEST_P(BehaviourDuration, is_read_with_its_unit) {
  Behaviour behaviour;
  ASSERT_TRUE(set(behaviour, "first-token", GetParam().text));
  EXPECT_EQ(behaviour.first_token, GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(Texts, BehaviourDuration,
                         testing::Values(Duration{"zero", "0", milliseconds(0)},
                                         Duration{"milliseconds", "1ms", milliseconds(1)},
                                         Duration{"seconds", "3s", milliseconds(3'000)},
                                         Duration{"minutes", "2m", milliseconds(120'000)},
                                         Duration{"a_day", "1440m", milliseconds(86'400'000)}),
                         [](auto const& row) { return row.param.name; });

struct Wrong {
  char const* name;
  std::string_view key;
  std::string_view value;
};

class BehaviourRefuses : public testing::TestWithParam<Wrong> {};

TEST_P(BehaviourRefuses, what_makes_no_sense) {
  Behaviour behaviour;
  auto const done = set(behaviour, GetParam().key, GetParam().value);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::bad_request);
  EXPECT_NE(done.error().detail.find(GetParam().key), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    Values, BehaviourRefuses,
    testing::Values(Wrong{"unknown_name", "speed", "1"}, Wrong{"no_unit", "first-token", "50"},
                    Wrong{"unknown_unit", "first-token", "50us"}, Wrong{"negative", "first-token", "-1s"},
                    Wrong{"unit_alone", "first-token", "ms"}, Wrong{"more_than_a_day", "first-token", "1441m"},
                    Wrong{"overflow", "first-token", "18446744073709551616s"}, Wrong{"no_number", "tokens", "many"},
                    Wrong{"too_many_tokens", "tokens", "10000001"}, Wrong{"no_error_status", "status", "302"},
                    Wrong{"no_status", "status", "600"}, Wrong{"share_above_one", "fail-rate", "1.5"},
                    Wrong{"share_below_zero", "fail-rate", "-0.5"}, Wrong{"share_nan", "fail-rate", "nan"},
                    Wrong{"share_with_more", "fail-rate", "0.5x"}, Wrong{"empty", "cut-after", ""},
                    Wrong{"no_switch", "reset", "yes"}),
    [](auto const& row) { return row.param.name; });

}  // namespace
}  // namespace inferway::mock
