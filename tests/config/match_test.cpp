#include "match.hpp"

#include "loading.hpp"

#include <gtest/gtest.h>

namespace inferway::config {
namespace {

/// A whole file whose one route has this match, at 2:18.
std::string with_match(std::string_view match) {
  return std::string(kBackends) + "routes: [{match: " + std::string(match) + ", to: [{backend: b}]}]\n";
}

TEST(MatchTest, everything_given_is_taken) {
  auto const match =
      accepted(with_match("{path: /v1/*, method: POST, model: llama-*, headers: {X-Team: a*}}")).routes.at(0).match;
  EXPECT_EQ(match.path, "/v1/*");
  EXPECT_EQ(match.method, "POST");
  EXPECT_EQ(match.model, "llama-*");
  ASSERT_EQ(match.headers.size(), 1U);
  EXPECT_EQ(match.headers[0].name, "x-team");
  EXPECT_EQ(match.headers[0].value, "a*");
  EXPECT_FALSE(match.headers[0].hidden);
}

TEST(MatchTest, null_matches_anything) {
  auto const match = accepted(with_match("{path: /, method: null, model: null, headers: {}}")).routes.at(0).match;
  EXPECT_FALSE(match.method);
  EXPECT_FALSE(match.model);
  EXPECT_TRUE(match.headers.empty());
}

TEST(MatchTest, a_number_is_a_models_name_too) {
  EXPECT_EQ(accepted(with_match("{path: /, model: 4}")).routes.at(0).match.model, "4");
}

TEST(MatchTest, credentials_and_values_out_of_variables_are_hidden) {
  auto const match =
      accepted(with_match("{path: /, headers: {Authorization: Bearer x, a: \"${V}\", b: c}}"), {{"V", "v"}})
          .routes.at(0)
          .match;
  ASSERT_EQ(match.headers.size(), 3U);
  EXPECT_TRUE(match.headers[0].hidden);
  EXPECT_TRUE(match.headers[1].hidden);
  EXPECT_FALSE(match.headers[2].hidden);
}

Refusal const kRefusals[] = {
    {"no_path", with_match("{model: x}"), {2, 18}, "match.path: must be given"},
    {"null_path", with_match("{path: null}"), {2, 19}, "null is not text"},
    {"path", with_match("{path: v1}"), {2, 25}, "\"v1\" does not begin with /"},
    {"pattern", with_match("{path: /v1*}"), {2, 25}, "not the end of /*"},
    {"method", with_match("{path: /, method: post}"), {2, 36}, "write POST"},
    {"empty_model", with_match("{path: /, model: \"\"}"), {2, 35}, "is empty"},
    {"model_list", with_match("{path: /, model: [a]}"), {2, 35}, "a list is not text"},
    {"model_line_break", with_match("{path: /, model: \"a\\nb\"}"), {2, 35}, "line break"},
    {"header_name", with_match("{path: /, headers: {\"a:\": b}}"), {2, 38}, "not a header's name"},
    {"header_twice", with_match("{path: /, headers: {a: b, A: c}}"), {2, 44}, "given twice"},
    {"header_value", with_match("{path: /, headers: {a: \" b\"}}"), {2, 38}, "blank at an end"},
    {"header_null", with_match("{path: /, headers: {a: null}}"), {2, 38}, "is not text"},
    {"unknown", with_match("{path: /, modell: x}"), {2, 28}, "did you mean \"model\"?"},
};
class MatchRefusalTest : public testing::TestWithParam<Refusal> {};
TEST_P(MatchRefusalTest, names_place_and_reason) { expect_refused(GetParam()); }
INSTANTIATE_TEST_SUITE_P(Rows, MatchRefusalTest, testing::ValuesIn(kRefusals), refusal_name);

}  // namespace
}  // namespace inferway::config
