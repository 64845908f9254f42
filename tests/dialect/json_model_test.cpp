#include "http/splits.hpp"
#include "inferway/dialect/model_scan.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>

namespace inferway::dialect {
namespace {

Result<std::optional<BodyModel>> scan(Pieces const& pieces) {
  JsonModelScanner scanner;
  for (auto const& piece : pieces) scanner.feed(view(piece));
  return scanner.finish();
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

/// `raw` is what the offset and length must cover.
struct FoundRow {
  char const* name;
  std::string body;
  std::string model;
  std::string raw;
};
FoundRow const kFoundRows[] = {
    {"alone", R"({"model":"m"})", "m", R"("m")"},
    {"first", R"({"model":"llama-3","messages":[{"role":"user","content":"hi"}]})", "llama-3", R"("llama-3")"},
    {"last", R"({"messages":[{"role":"user","content":"hi"}],"model":"llama-3"})", "llama-3", R"("llama-3")"},
    {"white_space", " \t\r\n{ \n\"model\"\t:\r\"m\" , \"n\" : 1 } \n", "m", R"("m")"},
    {"escaped_value", R"({"model":"a\"\\\/\u0041b"})", "a\"\\/Ab", R"("a\"\\\/\u0041b")"},
    {"escaped_key", R"({"mod\u0065l":"m"})", "m", R"("m")"},
    {"wholly_escaped_key", R"({"\u006d\u006F\u0064\u0065\u006C":"m"})", "m", R"("m")"},
    {"utf_8_value", "{\"model\":\"mod\xC3\xA8le-\xE2\x82\xAC\"}", "mod\xC3\xA8le-\xE2\x82\xAC",
     "\"mod\xC3\xA8le-\xE2\x82\xAC\""},
    {"escaped_two_bytes", R"({"model":"\u00e8"})", "\xC3\xA8", R"("\u00e8")"},
    {"escaped_three_bytes", R"({"model":"\u20AC"})", "\xE2\x82\xAC", R"("\u20AC")"},
    {"escaped_pair", R"({"model":"\ud83d\ude00"})", "\xF0\x9F\x98\x80", R"("\ud83d\ude00")"},
    {"slash_and_colon", R"({"model":"org/name:7b@x"})", "org/name:7b@x", R"("org/name:7b@x")"},
    {"only_the_top_level_counts", R"({"x":{"model":"a"},"y":[{"model":"b"}],"model":"c"})", "c", R"("c")"},
    {"text_that_looks_like_a_key", R"({"x":"\"model\":\"a\"","model":"b"})", "b", R"("b")"},
    {"value_model", R"({"x":"model","model":"b"})", "b", R"("b")"},
    {"scalars_before", R"({"a":1,"b":-2.5e+3,"c":true,"d":null,"e":"","f":[],"g":{},"model":"m"})", "m", R"("m")"},
    {"scalar_behind", R"({"model":"m","temperature":0.5})", "m", R"("m")"},
    {"empty_key", R"({"":1,"model":"m"})", "m", R"("m")"},
    {"longer_key", R"({"models":["a"],"model_":"b","model":"m"})", "m", R"("m")"},
    {"brackets_in_strings", R"({"x":["]}{[","\\"],"model":"m"})", "m", R"("m")"},
    {"lone_surrogate_elsewhere", R"({"x":"\ud800","model":"m"})", "m", R"("m")"},
    {"longest", R"({"model":")" + std::string(1024, 'a') + R"("})", std::string(1024, 'a'),
     '"' + std::string(1024, 'a') + '"'},
    {"longest_escaped", R"({"model":")" + repeated(R"(\u0061)", 1024) + R"("})", std::string(1024, 'a'),
     '"' + repeated(R"(\u0061)", 1024) + '"'},
    {"deepest", R"({"x":)" + repeated("[", 1023) + repeated("]", 1023) + R"(,"model":"m"})", "m", R"("m")"},
    {"values_are_the_backends_business", R"({"x":tru1,"y":[1 2,,],"z":{"a" 1},"model":"m"})", "m", R"("m")"},
};
class JsonModelFoundTest : public testing::TestWithParam<FoundRow> {};

TEST_P(JsonModelFoundTest, finds_the_name_and_the_bytes_that_say_it) {
  auto const& row = GetParam();
  for_each_split(row.body, [&](Pieces const& pieces) {
    auto const found = scan(pieces);
    ASSERT_TRUE(found.has_value()) << found.error().detail;
    ASSERT_TRUE(found->has_value());
    EXPECT_EQ((*found)->model, row.model);
    EXPECT_EQ(row.body.substr((*found)->offset, (*found)->length), row.raw);
  });
}
INSTANTIATE_TEST_SUITE_P(Rows, JsonModelFoundTest, testing::ValuesIn(kFoundRows), kRowName);

struct AbsentRow {
  char const* name;
  std::string_view body;
};
constexpr AbsentRow kAbsentRows[] = {
    {"empty_object", "{}"},
    {"white_space_inside", " { \n } "},
    {"other_keys", R"({"prompt":"model"})"},
    {"nested", R"({"x":{"model":"a"}})"},
    {"other_case", R"({"Model":"a","MODEL":"b"})"},
    {"prefix_of_the_key", R"({"mode":"a"})"},
    {"zero_inside_the_key", R"({"model\u0000":"a"})"},
};
class JsonModelAbsentTest : public testing::TestWithParam<AbsentRow> {};

TEST_P(JsonModelAbsentTest, finds_nothing_where_no_top_level_model_is) {
  for_each_split(GetParam().body, [](Pieces const& pieces) {
    auto const found = scan(pieces);
    ASSERT_TRUE(found.has_value()) << found.error().detail;
    EXPECT_FALSE(found->has_value());
  });
}
INSTANTIATE_TEST_SUITE_P(Rows, JsonModelAbsentTest, testing::ValuesIn(kAbsentRows), kRowName);

struct RefusedRow {
  char const* name;
  std::string body;
  ErrorCode want;
  std::uint64_t at;  ///< the byte that the detail names
};
RefusedRow const kRefusedRows[] = {
    {"empty", "", ErrorCode::invalid_json, 0},
    {"only_white_space", " \n", ErrorCode::invalid_json, 2},
    {"byte_order_mark", "\xEF\xBB\xBF{}", ErrorCode::invalid_json, 0},
    {"array", R"([{"model":"m"}])", ErrorCode::invalid_json, 0},
    {"string", R"("model")", ErrorCode::invalid_json, 0},
    {"form", "model=m", ErrorCode::invalid_json, 0},
    {"cut_in_a_string", R"({"model":"m)", ErrorCode::invalid_json, 11},
    {"cut_in_an_escape", R"({"model":"\u00)", ErrorCode::invalid_json, 14},
    {"cut_behind_the_model", R"({"model":"m")", ErrorCode::invalid_json, 12},
    {"cut_in_an_array", R"({"model":"m","x":[1)", ErrorCode::invalid_json, 19},
    {"two_objects", R"({"model":"a"}{"model":"b"})", ErrorCode::invalid_json, 13},
    {"something_behind", R"({"model":"a"} x)", ErrorCode::invalid_json, 14},
    {"zero_behind", std::string("{}\0", 3), ErrorCode::invalid_json, 2},
    {"no_colon", R"({"model" "a"})", ErrorCode::invalid_json, 9},
    {"two_colons", R"({"model"::"a"})", ErrorCode::invalid_model, 9},
    {"two_colons_elsewhere", R"({"x"::"a"})", ErrorCode::invalid_json, 5},
    {"two_commas", R"({"a":1,,"model":"x"})", ErrorCode::invalid_json, 7},
    {"only_a_comma", "{,}", ErrorCode::invalid_json, 1},
    {"comma_first", R"({,"model":"a"})", ErrorCode::invalid_json, 1},
    {"trailing_comma", R"({"model":"a",})", ErrorCode::invalid_json, 13},
    {"no_comma", R"({"a":"b" "model":"m"})", ErrorCode::invalid_json, 9},
    {"no_comma_behind_a_scalar", R"({"a":1 "model":"m"})", ErrorCode::invalid_json, 7},
    {"quote_inside_a_scalar", R"({"a":1"model":"m"})", ErrorCode::invalid_json, 6},
    {"no_value", R"({"a":,"model":"m"})", ErrorCode::invalid_json, 5},
    {"no_value_at_the_end", R"({"a":})", ErrorCode::invalid_json, 5},
    {"key_without_value", R"({"model"})", ErrorCode::invalid_json, 8},
    {"key_without_quotes", R"({model:"m"})", ErrorCode::invalid_json, 1},
    {"key_in_single_quotes", R"({'model':"m"})", ErrorCode::invalid_json, 1},
    {"number_as_key", R"({1:"m"})", ErrorCode::invalid_json, 1},
    {"wrong_bracket", R"({"model":"a","x":[1}})", ErrorCode::invalid_json, 19},
    {"wrong_bracket_deeper", R"({"x":{"y":[{]}]},"model":"a"})", ErrorCode::invalid_json, 12},
    {"bracket_closes_the_object", R"({"model":"a"])", ErrorCode::invalid_json, 12},
    {"too_many_brackets", R"({"x":[]],"model":"a"})", ErrorCode::invalid_json, 7},
    {"comment_on_the_top_level", R"({"model":"a" /* "*/})", ErrorCode::invalid_json, 13},
    {"comment_deeper", R"({"x":[1 /*"*/],"model":"a"/*"*/})", ErrorCode::invalid_json, 8},
    {"line_comment_deeper", "{\"x\":[1 # \"\n],\"model\":\"a\"}", ErrorCode::invalid_json, 8},
    {"single_quotes_deeper", R"({"x":['"'],"model":"a"})", ErrorCode::invalid_json, 6},
    {"escape_outside_a_string", R"({"x":[\"],"model":"a"})", ErrorCode::invalid_json, 6},
    {"not_ascii_outside_a_string", "{\"x\":[\xC2\xA0]}", ErrorCode::invalid_json, 6},
    {"control_outside_a_string", "{\"x\":[\f]}", ErrorCode::invalid_json, 6},
    {"line_break_in_a_string", "{\"x\":\"a\nb\"}", ErrorCode::invalid_json, 7},
    {"line_break_in_a_deeper_string", "{\"x\":[\"a\nb\"]}", ErrorCode::invalid_json, 8},
    {"zero_in_a_key", std::string("{\"a\0\":1}", 8), ErrorCode::invalid_json, 3},
    {"control_far_in_a_string", R"({"x":")" + std::string(40, 'a') + "\x1F\"}", ErrorCode::invalid_json, 46},
    {"tab_in_the_model", "{\"model\":\"a\tb\"}", ErrorCode::invalid_json, 11},
    {"unknown_escape", R"({"x":"\a"})", ErrorCode::invalid_json, 7},
    {"unknown_escape_deeper", R"({"x":["\'"]})", ErrorCode::invalid_json, 8},
    {"escape_without_digits", R"({"x":"\u12g4"})", ErrorCode::invalid_json, 10},
    {"escape_cut_by_the_quote", R"({"x":["\u12"]})", ErrorCode::invalid_json, 11},
    {"capital_u", R"({"x":"\U0041"})", ErrorCode::invalid_json, 7},
    {"too_deep", R"({"x":)" + repeated("[", 1024) + repeated("]", 1024) + "}", ErrorCode::invalid_json, 1028},
    {"two_models", R"({"model":"a","model":"b"})", ErrorCode::ambiguous_model, 13},
    {"two_equal_models", R"({"model":"a","model":"a"})", ErrorCode::ambiguous_model, 13},
    {"the_second_escaped", R"({"model":"a","mod\u0065l":"b"})", ErrorCode::ambiguous_model, 13},
    {"the_first_escaped", R"({"\u006dodel":"a","model":"b"})", ErrorCode::ambiguous_model, 18},
    {"the_second_in_another_case", R"({"model":"a","Model":"b"})", ErrorCode::ambiguous_model, 13},
    {"the_first_in_another_case", R"({"MODEL":"a","model":"b"})", ErrorCode::ambiguous_model, 13},
    {"number", R"({"model":5})", ErrorCode::invalid_model, 9},
    {"null", R"({"model":null})", ErrorCode::invalid_model, 9},
    {"list", R"({"model":["a"]})", ErrorCode::invalid_model, 9},
    {"object", R"({"model":{"id":"a"}})", ErrorCode::invalid_model, 9},
    {"empty_model", R"({"model":""})", ErrorCode::invalid_model, 9},
    {"too_long", R"({"model":")" + std::string(1025, 'a') + R"("})", ErrorCode::invalid_model, 9},
    {"far_too_long", R"({"model":")" + std::string(6145, 'a') + R"("})", ErrorCode::invalid_model, 9},
    {"escaped_control", R"({"model":"a\n"})", ErrorCode::invalid_model, 9},
    {"escaped_zero", R"({"model":"a\u0000"})", ErrorCode::invalid_model, 9},
    {"delete", "{\"model\":\"a\x7F\"}", ErrorCode::invalid_model, 9},
    {"c1_control", R"({"model":"a\u009b"})", ErrorCode::invalid_model, 9},
    {"lone_high_surrogate", R"({"model":"\ud83d"})", ErrorCode::invalid_model, 9},
    {"lone_low_surrogate", R"({"model":"\ude00"})", ErrorCode::invalid_model, 9},
    {"two_high_surrogates", R"({"model":"\ud83d\ud83d"})", ErrorCode::invalid_model, 9},
    {"surrogate_before_text", R"({"model":"\ud83dabcdef"})", ErrorCode::invalid_model, 9},
    {"not_utf_8", "{\"model\":\"a\xFF\"}", ErrorCode::invalid_model, 9},
    {"overlong_utf_8", "{\"model\":\"\xC1\xA1\"}", ErrorCode::invalid_model, 9},
    {"surrogate_as_utf_8", "{\"model\":\"\xED\xA0\x80\"}", ErrorCode::invalid_model, 9},
    {"the_first_error_counts", R"({"model":5,"model":"a"},)", ErrorCode::invalid_model, 9},
};
class JsonModelRefusedTest : public testing::TestWithParam<RefusedRow> {};

TEST_P(JsonModelRefusedTest, says_what_is_wrong_and_at_which_byte) {
  auto const& row = GetParam();
  auto const whole = scan({copy(row.body)});
  for_each_split(row.body, [&](Pieces const& pieces) {
    auto const found = scan(pieces);
    ASSERT_FALSE(found.has_value());
    EXPECT_EQ(name(found.error().code), name(row.want));
    EXPECT_EQ(found.error().side, Side::client);
    EXPECT_TRUE(found.error().detail.ends_with("(at byte " + std::to_string(row.at) + ")")) << found.error().detail;
    EXPECT_EQ(found.error().detail, whole.error().detail);
  });
}
INSTANTIATE_TEST_SUITE_P(Rows, JsonModelRefusedTest, testing::ValuesIn(kRefusedRows), kRowName);

TEST(JsonModelScannerTest, refuses_every_front_of_a_body) {
  std::string const body = R"({"a":[{"b":"c\u0041\n"},[-1.5e3,null]],"model":"m","x":{"y":"z"}})";
  for (std::size_t size = 0; size < body.size(); ++size) {
    EXPECT_FALSE(scan({copy(body.substr(0, size))}).has_value()) << size;
  }
  EXPECT_TRUE(scan({copy(body)}).has_value());
}

TEST(JsonModelScannerTest, counts_offsets_over_all_pieces) {
  JsonModelScanner scanner;
  scanner.feed(R"({"prompt":")");
  std::string const filler(100'000, 'x');
  for (int i = 0; i < 20; ++i) scanner.feed(filler);
  scanner.feed(R"(","model":"m"})");
  auto const found = scanner.finish();
  ASSERT_TRUE(found.has_value() && found->has_value());
  EXPECT_EQ((*found)->offset, 11 + 2'000'000 + 10);
}

TEST(JsonStringTest, writes_what_a_parser_reads_back) {
  std::string const names[] = {"llama-3", "a\"b\\c/d", "\xE2\x82\xAC", "tab\there"};
  for (auto const& text : names) EXPECT_EQ(nlohmann::json::parse(json_string(text)), text);
}

}  // namespace
}  // namespace inferway::dialect
