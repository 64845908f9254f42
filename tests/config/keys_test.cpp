#include "keys.hpp"

#include "loading.hpp"

#include <gtest/gtest.h>

namespace inferway::config {
namespace {

std::string const kOtherHash = std::string(62, '0') + "fF";

/// A file with these entries in keys.static, from 1:17 on.
std::string with_keys(std::string const& entries) { return with_gateway("keys: {static: [" + entries + "]}"); }

std::string key(std::string const& more) { return "{name: a, sha256: " + kHash + ", " + more + "}"; }

TEST(KeysTest, everything_given_is_taken) {
  auto const config = accepted(with_gateway("keys: {required: true, static: [{name: ci.x-1_y, sha256: " + kOtherHash +
                                            ", models: [m, \"llama-*\"], rpm: 60, tpm: 0, budget_usd: 0}, " +
                                            "{name: b, sha256: " + kHash + "}]}"));
  EXPECT_TRUE(config.keys.required);
  ASSERT_EQ(config.keys.static_keys.size(), 2U);
  auto const& first = config.keys.static_keys[0];
  EXPECT_EQ(first.name, "ci.x-1_y");
  EXPECT_EQ(first.position.line, 1);
  EXPECT_EQ(first.sha256[0], 0);
  EXPECT_EQ(first.sha256[31], 0xFF);
  EXPECT_EQ(first.models, (std::vector<std::string>{"m", "llama-*"}));
  EXPECT_EQ(first.rpm, 60U);
  auto const& second = config.keys.static_keys[1];
  EXPECT_EQ(second.sha256[17], 0xAA);
  EXPECT_EQ(second.models, std::vector<std::string>{"*"});
  EXPECT_EQ(second.rpm, 0U);
}

TEST(KeysTest, hashes_may_come_from_variables) {
  auto const config = accepted(with_keys("{name: a, sha256: \"${HASH}\"}"), {{"HASH", kOtherHash}});
  EXPECT_EQ(config.keys.static_keys.at(0).sha256[31], 0xFF);
}

Refusal const kRefusals[] = {
    {"no_list", with_gateway("keys: {static: {}}"), {1, 16}, "is not a list"},
    {"unknown", with_keys(key("modles: [x]")), {1, 101}, "did you mean \"models\"?"},
    {"no_name", with_keys("{sha256: " + kHash + "}"), {1, 17}, "name: must be given"},
    {"no_hash", with_keys("{name: a}"), {1, 17}, "sha256: must be given"},
    {"name_with_a_blank", with_keys("{name: a b, sha256: " + kHash + "}"), {1, 24}, "is no name for a key"},
    {"name_too_long", with_keys("{name: " + std::string(65, 'x') + ", sha256: " + kHash + "}"), {1, 24}, "1 to 64"},
    {"name_twice", with_keys(key("rpm: 1") + ", {name: a, sha256: " + kOtherHash + "}"), {1, 117}, "in line 1 already"},
    {"hash_twice",
     with_keys("{name: a, sha256: " + kHash + "}, {name: b, sha256: " + std::string(64, 'A') + "}"),
     {1, 120},
     "the hash of the key in line 1, too"},
    {"hash_too_short", with_keys("{name: a, sha256: " + kHash.substr(1) + "}"), {1, 35}, "64 digits"},
    {"hash_of_other_digits", with_keys("{name: a, sha256: " + kHash.substr(1) + "g}"), {1, 35}, "64 digits"},
    {"hash_of_nothing",
     with_keys("{name: a, sha256: E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855}"),
     {1, 35},
     "hash of an empty text"},
    {"models_no_list", with_keys(key("models: m")), {1, 109}, "is not a list"},
    {"models_empty", with_keys(key("models: []")), {1, 109}, "could use no model"},
    {"model_twice", with_keys(key("models: [m, m]")), {1, 113}, "stands in the list twice"},
    {"model_empty", with_keys(key("models: [\"\"]")), {1, 110}, "is empty"},
    {"rpm_negative", with_keys(key("rpm: -1")), {1, 106}, "0 to 1000000000"},
    {"rpm_with_a_unit", with_keys(key("rpm: 5/s")), {1, 106}, "is not a"},
    {"tpm", with_keys(key("tpm: x")), {1, 106}, "is not a"},
    {"required_without_keys", with_gateway("keys: {required: true}"), {1, 18}, "nobody could call"},
    {"required_with_an_empty_list", with_gateway("keys: {required: true, static: []}"), {1, 18}, "nobody could call"},
    {"a_route_without_keys", with_route("auth: true"), {3, 5}, "asks for a key (auth: true)"},
};
class KeysRefusalTest : public testing::TestWithParam<Refusal> {};
TEST_P(KeysRefusalTest, names_place_and_reason) { expect_refused(GetParam()); }
INSTANTIATE_TEST_SUITE_P(Rows, KeysRefusalTest, testing::ValuesIn(kRefusals), refusal_name);

TEST(KeysTest, what_stands_in_the_place_of_a_hash_is_in_no_message) {
  auto const errors = errors_of(load(with_keys("{name: a, sha256: sk-the-key-itself}")));
  EXPECT_NE(errors.find("64 digits"), std::string::npos);
  EXPECT_EQ(errors.find("sk-the-key"), std::string::npos);
}

TEST(KeysTest, routes_ask_as_they_say_or_as_keys_say) {
  Route route;
  for (bool const required : {false, true}) {
    Keys const keys{.required = required, .static_keys = {}};
    route.auth.reset();
    EXPECT_EQ(needs_key(route, keys), required);
    for (bool const auth : {false, true}) {
      route.auth = auth;
      EXPECT_EQ(needs_key(route, keys), auth);
    }
  }
}

}  // namespace
}  // namespace inferway::config
