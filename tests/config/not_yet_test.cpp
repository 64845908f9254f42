#include "not_yet.hpp"

#include "loading.hpp"

#include <gtest/gtest.h>

namespace inferway::config {
namespace {

Refusal const kRefusals[] = {
    {"tpm", with_gateway("keys: {static: [{tpm: 1, name: a, sha256: " + kHash + "}]}"), {1, 18}, "not supported yet"},
    {"budget",
     with_gateway("keys: {static: [{budget_usd: 5, name: a, sha256: " + kHash + "}]}"),
     {1, 18},
     "not supported yet"},
    {"prefix", with_backend("balance: prefix"), {4, 5}, "not supported yet"},
    {"session", with_backend("balance: session"), {4, 5}, "not supported yet"},
    {"load", with_backend("balance: load"), {4, 5}, "not supported yet"},
    {"health_metrics", with_backend("health: {metrics: /metrics}"), {4, 14}, "not supported yet"},
};
class NotSupportedTest : public testing::TestWithParam<Refusal> {};
TEST_P(NotSupportedTest, is_refused_when_it_asks_for_something) { expect_refused(GetParam()); }
INSTANTIATE_TEST_SUITE_P(Rows, NotSupportedTest, testing::ValuesIn(kRefusals), refusal_name);

TEST(NotSupportedTest, what_came_from_a_variable_counts_too) {
  auto const loaded = load(with_backend("balance: \"${B}\""), {{"B", "prefix"}});
  EXPECT_FALSE(loaded.config);
  EXPECT_EQ(errors_of(loaded).find("prefix"), std::string::npos);
}

}  // namespace
}  // namespace inferway::config
