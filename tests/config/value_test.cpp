#include "value.hpp"

#include "loading.hpp"

#include <gtest/gtest.h>

namespace inferway::config {
namespace {

Refusal const kRefusals[] = {
    {"unknown_key", with_gateway("thread: 1"), {1, 1}, "thread: no such key; did you mean \"threads\"?"},
    {"unknown_key_far_from_all", with_gateway("zzzzzzzzzz: 1"), {1, 1}, "known here: listen, admin, threads"},
    {"unknown_key_in_a_section", with_gateway("limits:\n  conections: 1"), {2, 3}, "limits.conections: no such key"},
    {"unknown_key_in_a_list",
     "backends: {b: {endpoints: [{url: http://h, wait: 1}]}}\n" + std::string(kRoutes),
     {1, 44},
     "backends.b.endpoints[0].wait: no such key"},
    {"merge_key", with_backend("pool: {<<: {max_idle: 1}}"), {4, 12}, "merge keys"},
    {"list_for_a_section", with_gateway("limits: []"), {1, 9}, "a list is not a mapping"},
    {"scalar_for_a_section", with_gateway("limits: 5"), {1, 9}, "\"5\" is not a mapping"},
    {"null_for_a_section", with_gateway("limits:"), {1, 1}, "null is not a mapping"},
    {"scalar_for_a_list", with_gateway("keys: {static: 5}"), {1, 16}, "is not a list"},
    {"mapping_for_a_duration", with_gateway("timeouts: {body: {}}"), {1, 18}, "a mapping is not a duration"},
    {"null_for_a_duration", with_gateway("timeouts: {body: null}"), {1, 12}, "null is not a duration"},
    {"list_for_a_size", with_gateway("limits: {body_bytes: [1B]}"), {1, 22}, "a list is not a size"},
    {"quoted_number", with_gateway("limits: {connections: \"5\"}"), {1, 23}, "quoted"},
    {"quoted_truth", with_gateway("reload: {watch: \"false\"}"), {1, 17}, "quoted"},
    {"yes_for_true", with_gateway("reload: {watch: yes}"), {1, 17}, "\"yes\" is neither true nor false"},
    {"empty_text", with_gateway("log: {access: \"\"}"), {1, 15}, "is empty"},
    {"near_choice", with_gateway("log: {level: warning}"), {1, 14}, "did you mean \"warn\"?"},
    {"long_value_is_cut", with_gateway("log: {level: " + std::string(500, 'x') + "}"), {1, 14}, "xxx...\" is none of"},
    {"line_break_is_escaped", with_gateway("log: {level: \"a\\nb\"}"), {1, 14}, "\"a\\nb\" is none of"},
};
class ValueTest : public testing::TestWithParam<Refusal> {};
TEST_P(ValueTest, is_refused_with_place_value_and_expectation) { expect_refused(GetParam()); }
INSTANTIATE_TEST_SUITE_P(Rows, ValueTest, testing::ValuesIn(kRefusals), refusal_name);

TEST(ValueRuleTest, an_alias_may_stand_for_a_whole_value) {
  auto const config = accepted(
      "backends:\n  b: {endpoints: [http://h], pool: &pool {max_idle: 7}}\n"
      "  c: {endpoints: [http://h], pool: *pool}\n" +
      std::string(kRoutes));
  ASSERT_EQ(config.backends.size(), 2U);
  EXPECT_EQ(config.backends[1].pool.max_idle, 7U);
}

}  // namespace
}  // namespace inferway::config
