#include "inferway/http/target.hpp"

#include "splits.hpp"

#include <gtest/gtest.h>

namespace inferway::http {
namespace {

struct PathRow {
  char const* name;
  std::string_view path;
  std::optional<std::string_view> normal;
};
constexpr PathRow kPathRows[] = {
    {"root", "/", "/"},
    {"plain", "/v1/chat/completions", "/v1/chat/completions"},
    {"all_that_is_allowed", "/aZ09-._~!$&'()*+,;=:@", "/aZ09-._~!$&'()*+,;=:@"},
    {"trailing_slash", "/a/", "/a/"},
    {"dots_inside_names", "/a.b/..c/d../...", "/a.b/..c/d../..."},
    {"hidden_name", "/.well-known/x", "/.well-known/x"},
    {"two_slashes", "//a", "/a"},
    {"many_slashes", "/a///b//", "/a/b/"},
    {"slashes_alone", "////", "/"},
    {"dot", "/a/./b", "/a/b"},
    {"dot_at_the_end", "/a/.", "/a/"},
    {"dot_alone", "/.", "/"},
    {"dot_dot", "/a/../b", "/b"},
    {"dot_dot_at_the_end", "/a/b/..", "/a/"},
    {"dot_dot_alone", "/..", "/"},
    {"dot_dot_above_the_root", "/../../a", "/a"},
    {"dot_dot_behind_slashes", "/a//../b", "/b"},  // the runs of slashes go first, as for nginx
    {"dot_dot_twice", "/a/b/c/../../d", "/a/d"},
    {"rfc_3986_example", "/a/b/c/./../../g", "/a/g"},
    {"encoded_dot", "/a/%2e/b", "/a/b"},
    {"encoded_dot_dot", "/a/%2E%2e/b", "/b"},
    {"half_encoded_dot_dot", "/a/.%2E/b", "/b"},
    {"encoded_letter", "/v1/%63hat", "/v1/chat"},
    {"encoded_tilde", "/%7Ea", "/~a"},
    {"encoded_slash_stays", "/a%2Fb", "/a%2Fb"},
    {"encoded_slash_in_upper_case", "/a%2fb..%2f...%2fc", "/a%2Fb..%2F...%2Fc"},
    {"encoded_backslash_in_upper_case", "/a%5cb", "/a%5Cb"},
    {"encoded_percent_stays", "/%252e%252e/a", "/%252e%252e/a"},  // decoded once, never twice
    {"encoded_reserved_stays", "/a%3Fb%23", "/a%3Fb%23"},
    {"encoded_utf_8", "/caf%c3%a9", "/caf%C3%A9"},
    {"empty", "", {}},
    {"no_slash", "a/b", {}},
    {"asterisk", "*", {}},
    {"dots_behind_an_encoded_slash", "/a%2f..%2fb", {}},
    {"dots_between_both_slashes", "/x/..%2fadmin", {}},
    {"dot_behind_an_encoded_slash_at_the_end", "/x%2F.", {}},
    {"dots_behind_an_encoded_backslash", "/x%5C%2e%2e/b", {}},
    {"parameters", "/a;x=1/b;y=../c;", "/a;x=1/b;y=../c;"},
    {"three_dots_with_a_parameter", "/a/...;x/b", "/a/...;x/b"},
    // Servers that drop parameters first would resolve these.
    {"dot_dot_with_a_parameter", "/a/..;/b", {}},
    {"dot_dot_with_a_named_parameter", "/a/..;x=1/b", {}},
    {"dot_with_a_parameter_at_the_end", "/a/.;", {}},
    {"encoded_dot_dot_with_a_parameter", "/a/%2e%2E;/b", {}},
    {"dot_dot_with_an_encoded_parameter", "/a/..%3bx/b", {}},
    {"dot_dot_with_a_parameter_behind_an_encoded_slash", "/a%2f..;%2fb", {}},
    {"encoded_nul", "/a%00b", {}},
    {"percent_at_the_end", "/a%", {}},
    {"percent_with_one_digit", "/a%2", {}},
    {"percent_no_hex", "/%zz", {}},
    {"percent_signed", "/%+1", {}},
    {"backslash", "/a\\b", {}},
    {"space", "/a b", {}},
    {"quote", "/a\"b", {}},
    {"bracket", "/a[b]", {}},
    {"brace", "/{a}", {}},
    {"pipe", "/a|b", {}},
    {"caret", "/a^b", {}},
    {"question_mark", "/a?b", {}},
    {"fragment", "/a#b", {}},
    {"obs_text", "/caf\xC3\xA9", {}},
    {"control", "/a\x01", {}},
};
class NormalPathTest : public testing::TestWithParam<PathRow> {};

TEST_P(NormalPathTest, is_the_one_form_of_all_that_mean_the_same) {
  auto const path = copy(GetParam().path);
  std::string storage = "left over";
  auto const normal = normalise_path(view(path), storage);
  ASSERT_EQ(normal.has_value(), GetParam().normal.has_value());
  if (!normal) {
    EXPECT_EQ(normal.error().code, ErrorCode::bad_request);
    EXPECT_EQ(normal.error().side, Side::client);
    return;
  }
  EXPECT_EQ(*normal, *GetParam().normal);
  EXPECT_EQ(normal->data() == path.data(), *GetParam().normal == GetParam().path) << "a copy only where needed";
  std::string again;
  EXPECT_EQ(normalise_path(*GetParam().normal, again), *GetParam().normal) << "normal paths are left alone";
}
INSTANTIATE_TEST_SUITE_P(Rows, NormalPathTest, testing::ValuesIn(kPathRows), kRowName);

struct ParameterRow {
  char const* name;
  std::string_view query;
  bool good;
  std::optional<std::string_view> value;  ///< of "model"
};
constexpr ParameterRow kParameterRows[] = {
    {"no_query", "", true, {}},
    {"absent", "a=b&c", true, {}},
    {"alone", "model=m", true, "m"},
    {"first", "model=m&a=b", true, "m"},
    {"last", "a=b&model=m", true, "m"},
    {"without_value", "model", true, ""},
    {"empty_value", "model=&a", true, ""},
    {"equals_in_value", "model=a=b", true, "a=b"},
    {"encoded_value", "model=a%2Fb%26c", true, "a/b&c"},
    {"plus", "model=a+b%2Bc", true, "a b+c"},
    {"encoded_name", "%6Dodel=m", true, "m"},
    {"longer_name", "models=m", true, {}},
    {"shorter_name", "mode=m", true, {}},
    {"other_case", "Model=m", true, {}},
    {"twice_the_same", "model=m&model=m", true, "m"},
    {"twice_the_same_decoded", "model=m&model=%6d", true, "m"},
    {"empty_parameters", "&&model=m&", true, "m"},
    {"broken_elsewhere", "a=%zz&%=1&model=m", true, "m"},
    {"twice_differently", "model=m&model=n", false, {}},
    {"twice_once_empty", "model=m&model", false, {}},
    {"twice_differently_encoded_name", "model=m&mode%6c=n", false, {}},
    {"three_times", "model=m&model=m&model=n", false, {}},
    {"broken_value", "model=%", false, {}},
    {"broken_value_second", "model=m&model=%g0", false, {}},
};
class QueryParameterTest : public testing::TestWithParam<ParameterRow> {};

TEST_P(QueryParameterTest, is_found_unless_it_is_ambiguous) {
  auto const query = copy(GetParam().query);
  auto const value = query_parameter(view(query), "model");
  ASSERT_EQ(value.has_value(), GetParam().good);
  if (value) {
    EXPECT_EQ(*value, GetParam().value);
  } else {
    EXPECT_EQ(value.error().code, ErrorCode::bad_request);
  }
}
INSTANTIATE_TEST_SUITE_P(Rows, QueryParameterTest, testing::ValuesIn(kParameterRows), kRowName);

struct WithoutRow {
  char const* name;
  std::string_view query;
  std::string_view rest;  ///< without "key" and "api_key"
};
constexpr WithoutRow kWithoutRows[] = {
    {"empty", "", ""},
    {"nothing_to_drop", "alt=sse&a=%zz&&b", "alt=sse&a=%zz&&b"},
    {"alone", "key=s", ""},
    {"first", "key=s&alt=sse", "alt=sse"},
    {"last", "alt=sse&key=s", "alt=sse"},
    {"inside", "a=1&key=s&b=2", "a=1&b=2"},
    {"several", "key=s&a=1&api_key=t&key=u", "a=1"},
    {"without_value", "a&key&b", "a&b"},
    {"encoded_name", "a=1&%6Be%79=s", "a=1"},
    {"similar_names", "keys=1&xkey=2&Key=3", "keys=1&xkey=2&Key=3"},
    {"other_bytes_stay", "a=%7e+b&key=s&c=d=e", "a=%7e+b&c=d=e"},
};
class WithoutParametersTest : public testing::TestWithParam<WithoutRow> {};

TEST_P(WithoutParametersTest, leaves_every_other_byte) {
  std::string storage = "left over";
  auto const rest = without_parameters(GetParam().query, std::to_array<std::string_view>({"key", "api_key"}), storage);
  EXPECT_EQ(rest, GetParam().rest);
  if (GetParam().rest == GetParam().query) {
    EXPECT_EQ(rest.data(), GetParam().query.data());
  }
}
INSTANTIATE_TEST_SUITE_P(Rows, WithoutParametersTest, testing::ValuesIn(kWithoutRows), kRowName);

TEST(PercentEncodingTest, round_trips_every_byte) {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  std::string encoded;
  append_percent_encoded(encoded, all);
  EXPECT_EQ(percent_decode(encoded), all);
  for (char const c : encoded) EXPECT_TRUE(c > ' ' && c < 0x7F && c != '/' && c != '?' && c != '#') << c;
}

TEST(PercentEncodingTest, leaves_unreserved_characters) {
  std::string encoded = "x";
  append_percent_encoded(encoded, "aZ09-._~/ %");
  EXPECT_EQ(encoded, "xaZ09-._~%2F%20%25");
}

TEST(PercentDecodingTest, refuses_broken_encodings) {
  EXPECT_EQ(percent_decode("a+b%20c"), "a+b c");
  for (auto const text : {"%", "%2", "a%", "%g0", "%0g", "% 2", "%%20"}) EXPECT_EQ(percent_decode(text), std::nullopt);
}

}  // namespace
}  // namespace inferway::http
