#include "inferway/policy/key_ring.hpp"

#include <gtest/gtest.h>

namespace inferway::policy {
namespace {

config::StaticKey entry(std::string name, std::string_view key, std::vector<std::string> models = {"*"},
                        std::uint32_t rpm = 0) {
  config::StaticKey out;
  out.name = std::move(name);
  out.sha256 = Sha256().digest(key);
  out.models = std::move(models);
  out.rpm = rpm;
  return out;
}

TEST(KeyRingTest, finds_each_key_and_no_other) {
  std::vector<config::StaticKey> entries;
  entries.reserve(500);
  for (int i = 0; i < 500; ++i) entries.push_back(entry("k" + std::to_string(i), "sk-" + std::to_string(i)));
  KeyRing const ring(entries);
  Sha256 sha256;
  for (std::uint32_t i = 0; i < 500; ++i) {
    auto const found = ring.find("sk-" + std::to_string(i), sha256);
    ASSERT_EQ(found, std::optional(i));
    EXPECT_EQ(ring[*found].name(), "k" + std::to_string(i));
  }
  for (auto const* const other : {"", "sk-", "sk-500", "sk-1 ", "SK-1", "k1"}) {
    EXPECT_FALSE(ring.find(other, sha256)) << other;
  }
}

TEST(KeyRingTest, compares_the_whole_hash) {
  auto almost = entry("almost", "sk-1");
  almost.sha256.back() ^= 1;
  auto other = entry("other", "sk-1");
  other.sha256[8] ^= 0x80;
  Sha256 sha256;
  EXPECT_FALSE(KeyRing({almost, other}).find("sk-1", sha256));
  // The same first bytes do not hide the right one.
  EXPECT_EQ(KeyRing({almost, entry("right", "sk-1"), other}).find("sk-1", sha256), std::optional(1U));
}

TEST(KeyRingTest, without_keys_is_empty) {
  Sha256 sha256;
  EXPECT_TRUE(KeyRing({}).empty());
  EXPECT_FALSE(KeyRing({}).find("sk-1", sha256));
  EXPECT_FALSE(KeyRing({entry("a", "sk-1")}).empty());
}

TEST(KeyRingTest, goes_on_with_the_rates_of_the_ring_before) {
  KeyRing const before({entry("stays", "sk-1", {"*"}, 2), entry("raised", "sk-2", {"*"}, 2), entry("free", "sk-3")});
  TimePoint const now{std::chrono::seconds(100)};
  for (std::uint32_t const key : {0U, 1U}) {
    EXPECT_FALSE(before[key].count_request(now));
    EXPECT_FALSE(before[key].count_request(now));
    EXPECT_TRUE(before[key].count_request(now));
  }
  KeyRing const after({entry("new", "sk-4", {"*"}, 2), entry("raised", "sk-2", {"*"}, 20),
                       entry("stays", "another", {"*"}, 2), entry("free", "sk-3", {"*"}, 1)},
                      &before);
  EXPECT_FALSE(after[0].count_request(now));
  EXPECT_TRUE(after[1].count_request(now)) << "what is used up stays so under another limit";
  EXPECT_FALSE(after[1].count_request(now + std::chrono::seconds(4))) << "and comes back at its pace";
  EXPECT_TRUE(after[2].count_request(now)) << "the rate is the holder's, whatever the key is now";
  EXPECT_FALSE(after[3].count_request(now));
  EXPECT_TRUE(after[3].count_request(now));
}

struct ModelsRow {
  char const* name;
  std::vector<std::string> globs;
  std::string_view model;
  bool any;
  bool allowed;
};
class KeyModelsTest : public testing::TestWithParam<ModelsRow> {};

TEST_P(KeyModelsTest, are_names_or_globs) {
  Key const key(entry("a", "sk-1", GetParam().globs));
  EXPECT_EQ(key.any_model(), GetParam().any);
  EXPECT_EQ(key.allows(GetParam().model), GetParam().allowed);
}
INSTANTIATE_TEST_SUITE_P(Rows, KeyModelsTest,
                         testing::Values(ModelsRow{"all", {"*"}, "m", true, true},
                                         ModelsRow{"all_among_others", {"x", "**"}, "m", true, true},
                                         ModelsRow{"exact", {"m"}, "m", false, true},
                                         ModelsRow{"another", {"m"}, "m2", false, false},
                                         ModelsRow{"case_counts", {"m"}, "M", false, false},
                                         ModelsRow{"glob", {"x", "llama-*"}, "llama-3", false, true},
                                         ModelsRow{"glob_of_another", {"llama-*"}, "qwen", false, false},
                                         ModelsRow{"slashes", {"org/*"}, "org/a/b:c", false, true}),
                         [](auto const& row) { return std::string(row.param.name); });

TEST(KeyTest, counts_requests_where_it_has_a_limit) {
  KeyRing const ring({entry("free", "sk-1"), entry("limited", "sk-2", {"*"}, 2)});
  TimePoint const now(std::chrono::hours(1));
  EXPECT_EQ(ring[0].limit(), 0U);
  EXPECT_EQ(ring[1].limit(), 2U);
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(ring[0].count_request(now));
  EXPECT_FALSE(ring[1].count_request(now));
  EXPECT_FALSE(ring[1].count_request(now));
  EXPECT_TRUE(ring[1].count_request(now));
}

}  // namespace
}  // namespace inferway::policy
