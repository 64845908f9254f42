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

struct NoteRow {
  char const* name;
  std::string text;
  std::string_view note;  ///< how it begins; "": there is none
};
NoteRow const kNotes[] = {
    {"nothing", with_gateway(""), ""},
    {"health", with_backend("health: {path: /health, interval: 9s}"), ""},
    {"outlier", with_backend("outlier: {eject: 1s}"), ""},
    {"cooldown", with_backend("cooldown: {default: 1s}"), ""},
    {"queue", with_backend("max_inflight: 8\n    queue: {size: 1, timeout: 1s}"), ""},
    {"api", with_backend("api: ollama"), ""},
    {"pool", with_backend("pool: {max_idle: 1}"), ""},
};
class NotActedOnTest : public testing::TestWithParam<NoteRow> {};
TEST_P(NotActedOnTest, is_accepted_and_said) {
  auto const loaded = load(GetParam().text);
  EXPECT_TRUE(loaded.config) << errors_of(loaded);
  ASSERT_EQ(loaded.not_acted_on.size(), GetParam().note.empty() ? 0U : 1U);
  if (!GetParam().note.empty()) EXPECT_TRUE(loaded.not_acted_on[0].message.starts_with(GetParam().note));
}
INSTANTIATE_TEST_SUITE_P(Rows, NotActedOnTest, testing::ValuesIn(kNotes),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(NotYetTest, tells_which_keys_are_acted_on) {
  EXPECT_TRUE(acts_on("routes.[].match"));
  EXPECT_FALSE(acts_on("backends.*.balance")) << "refused where it is given";
}

}  // namespace
}  // namespace inferway::config
