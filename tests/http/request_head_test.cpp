#include "read_head.hpp"

#include <gtest/gtest.h>

namespace inferway::http {
namespace {

/// A head of a request line and field lines, each with its CRLF.
std::string head_of(std::string_view line, std::string_view fields) {
  return std::string(line) + "\r\n" + std::string(fields) + "\r\n";
}

struct RefusedRow {
  char const* name;
  char const* section;  ///< of RFC 9112, unless it says otherwise
  std::string_view line;
  std::string_view fields;
  ErrorCode code = ErrorCode::bad_request;
};
constexpr std::string_view kGet = "GET /v1/models HTTP/1.1";
constexpr std::string_view kPost = "POST /v1/chat/completions HTTP/1.1";
constexpr std::string_view kHost = "Host: h\r\n";
using namespace std::string_view_literals;

constexpr RefusedRow kFramingRows[] = {
    {"length_with_coding", "6.1", kPost, "Host: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n"},
    {"coding_with_length", "6.1", kPost, "Host: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n"},
    {"lengths_differ", "6.3", kPost, "Host: h\r\nContent-Length: 5\r\nContent-Length: 6\r\n"},
    {"length_repeated", "6.3", kPost, "Host: h\r\nContent-Length: 5\r\nContent-Length: 5\r\n"},
    {"length_list", "6.3", kPost, "Host: h\r\nContent-Length: 5, 5\r\n"},
    {"length_list_differs", "6.3", kPost, "Host: h\r\nContent-Length: 5, 6\r\n"},
    {"length_empty", "6.2", kPost, "Host: h\r\nContent-Length:\r\n"},
    {"length_plus", "6.2", kPost, "Host: h\r\nContent-Length: +5\r\n"},
    {"length_minus", "6.2", kPost, "Host: h\r\nContent-Length: -5\r\n"},
    {"length_hex", "6.2", kPost, "Host: h\r\nContent-Length: 0x5\r\n"},
    {"length_fraction", "6.2", kPost, "Host: h\r\nContent-Length: 5.0\r\n"},
    {"length_exponent", "6.2", kPost, "Host: h\r\nContent-Length: 1e3\r\n"},
    {"length_blank_inside", "6.2", kPost, "Host: h\r\nContent-Length: 5 5\r\n"},
    {"length_overflow", "6.2", kPost, "Host: h\r\nContent-Length: 18446744073709551616\r\n"},
    {"length_far_overflow", "6.2", kPost, "Host: h\r\nContent-Length: 999999999999999999999999\r\n"},
    {"coding_unknown", "6.1", kPost, "Host: h\r\nTransfer-Encoding: gzip\r\n"},
    {"coding_identity", "6.1", kPost, "Host: h\r\nTransfer-Encoding: identity\r\n"},
    {"coding_before_chunked", "6.1", kPost, "Host: h\r\nTransfer-Encoding: gzip, chunked\r\n"},
    {"coding_behind_chunked", "6.1", kPost, "Host: h\r\nTransfer-Encoding: chunked, gzip\r\n"},
    {"coding_doubled", "7.1", kPost, "Host: h\r\nTransfer-Encoding: chunked, chunked\r\n"},
    {"coding_two_fields", "6.1", kPost, "Host: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"},
    {"coding_two_fields_identity", "6.1", kPost,
     "Host: h\r\nTransfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n"},
    {"coding_empty", "6.1", kPost, "Host: h\r\nTransfer-Encoding:\r\n"},
    {"coding_empty_element", "6.1", kPost, "Host: h\r\nTransfer-Encoding: , chunked\r\n"},
    {"coding_trailing_comma", "6.1", kPost, "Host: h\r\nTransfer-Encoding: chunked,\r\n"},
    {"coding_with_parameter", "6.1", kPost, "Host: h\r\nTransfer-Encoding: chunked;q=1\r\n"},
    {"coding_quoted", "6.1", kPost, "Host: h\r\nTransfer-Encoding: \"chunked\"\r\n"},
    {"coding_longer", "6.1", kPost, "Host: h\r\nTransfer-Encoding: xchunked\r\n"},
    {"coding_vertical_tab", "9110 5.5", kPost,
     "Host: h\r\nTransfer-Encoding: \x0b"
     "chunked\r\n"},
    {"coding_nbsp", "6.1", kPost,
     "Host: h\r\nTransfer-Encoding: \xA0"
     "chunked\r\n"},
    {"coding_in_1_0", "6.1", "POST / HTTP/1.0", "Host: h\r\nTransfer-Encoding: chunked\r\n"},
    {"alias_of_length", "9110 5.1", kPost, "Host: h\r\nContent_Length: 5\r\n"},
    {"alias_of_coding", "9110 5.1", kPost, "Host: h\r\ntransfer_encoding: chunked\r\n"},
};

constexpr RefusedRow kFieldRows[] = {
    {"bare_lf", "2.2", kGet, "Host: h\nA: b\r\n"},
    {"bare_cr", "2.2", kGet, "Host: h\rA: b\r\n"},
    {"bare_cr_before_crlf", "2.2", kGet, "Host: h\r\r\n"},
    {"nul", "9110 5.5", kGet, "Host: h\r\nA: b\0c\r\n"sv},
    {"control", "9110 5.5", kGet, "Host: h\r\nA: b\x01\r\n"},
    {"escape", "9110 5.5", kGet, "Host: h\r\nA: \x1B[2J\r\n"},
    {"delete", "9110 5.5", kGet, "Host: h\r\nA: b\x7F\r\n"},
    {"folded_by_space", "5.2", kGet, "Host: h\r\nA: b\r\n c\r\n"},
    {"folded_by_tab", "5.2", kGet, "Host: h\r\nA: b\r\n\tc\r\n"},
    {"folded_framing", "5.2", kPost, "Host: h\r\nTransfer-Encoding:\r\n chunked\r\n"},
    {"first_line_folded", "2.2", kGet, " Host: h\r\n"},
    {"white_line", "5.2", kGet, "Host: h\r\n \r\n"},
    {"space_before_colon", "5.1", kGet, "Host : h\r\n"},
    {"tab_before_colon", "5.1", kGet, "Host\t: h\r\n"},
    {"space_in_name", "5.1", kPost, "Host: h\r\nTransfer Encoding: chunked\r\n"},
    {"no_colon", "5", kGet, "Host: h\r\nAccept\r\n"},
    {"empty_name", "5.1", kGet, "Host: h\r\n: b\r\n"},
    {"name_with_nul", "9110 5.1", kGet, "Host: h\r\nA\0: b\r\n"sv},
    {"name_with_control", "9110 5.1", kGet, "Host: h\r\nA\x01: b\r\n"},
    {"name_with_obs_text", "9110 5.1", kGet, "Host: h\r\nA\xFF: b\r\n"},
    {"name_quoted", "9110 5.1", kGet, "Host: h\r\n\"A\": b\r\n"},
    {"name_with_bracket", "9110 5.1", kGet, "Host: h\r\nA[]: b\r\n"},
    {"name_with_slash", "9110 5.1", kGet, "Host: h\r\nA/B: b\r\n"},
    {"content_type_twice", "9110 5.3", kPost, "Host: h\r\nContent-Type: a/b\r\nContent-Type: c/d\r\n"},
    {"authorization_twice", "9110 5.3", kGet, "Host: h\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n"},
    {"connection_is_no_list", "9110 7.6.1", kGet, "Host: h\r\nConnection: close; now\r\n"},
    {"host_missing", "3.2", kGet, "Accept: */*\r\n"},
    {"no_fields_at_all", "3.2", kGet, ""},
    {"host_twice", "3.2", kGet, "Host: h\r\nHost: h\r\n"},
    {"host_twice_apart", "3.2", kGet, "Host: h\r\nA: b\r\nhOST: g\r\n"},
    {"host_empty", "3.2", kGet, "Host:\r\n"},
    {"host_blank", "3.2", kGet, "Host: \t \r\n"},
    {"host_list", "3.2", kGet, "Host: a, b\r\n"},
    {"host_with_path", "3.2", kGet, "Host: h/x\r\n"},
    {"host_with_userinfo", "3.2", kGet, "Host: u@h\r\n"},
    {"host_with_bad_port", "3.2", kGet, "Host: h:http\r\n"},
    {"host_twice_in_1_0", "3.2", "GET / HTTP/1.0", "Host: h\r\nHost: h\r\n"},
    {"host_empty_in_1_0", "3.2", "GET / HTTP/1.0", "Host:\r\n"},
    {"host_missing_beside_absolute_form", "3.2", "GET http://h/ HTTP/1.1", ""},
    {"too_many_fields", "5.4", kGet, "Host: h\r\nA: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n", ErrorCode::header_too_large},
    {"expectation_unknown", "9110 10.1.1", kPost, "Host: h\r\nExpect: 200-ok\r\n", ErrorCode::expectation_failed},
    {"expectation_empty", "9110 10.1.1", kPost, "Host: h\r\nExpect:\r\n", ErrorCode::expectation_failed},
    {"expectation_list", "9110 10.1.1", kPost, "Host: h\r\nExpect: 100-continue, x\r\n", ErrorCode::expectation_failed},
    {"expectation_twice", "9110 10.1.1", kPost, "Host: h\r\nExpect: 100-continue\r\nExpect: 100-continue\r\n",
     ErrorCode::expectation_failed},
    {"framing_before_expectation", "6.1", kPost, "Host: h\r\nExpect: x\r\nTransfer-Encoding: x\r\n"},
};

constexpr RefusedRow kLineRows[] = {
    {"empty", "3", "", kHost},
    {"method_alone", "3", "GET", kHost},
    {"http_0_9", "3", "GET /", kHost},
    {"no_method", "3", " / HTTP/1.1", kHost},
    {"method_no_token", "3.1", "G(T / HTTP/1.1", kHost},
    {"method_with_colon", "3.1", "GET: / HTTP/1.1", kHost},
    {"method_with_nul", "3.1", "GE\0T / HTTP/1.1"sv, kHost},
    {"method_head_in_lower_case", "9110 9.1", "head / HTTP/1.1", kHost},
    {"method_trace_in_mixed_case", "9110 9.1", "Trace / HTTP/1.1", kHost},
    {"two_spaces_before_target", "3", "GET  / HTTP/1.1", kHost},
    {"two_spaces_behind_target", "3", "GET /  HTTP/1.1", kHost},
    {"space_at_the_end", "3", "GET / HTTP/1.1 ", kHost},
    {"space_at_the_start", "3", " GET / HTTP/1.1", kHost},
    {"tabs", "3", "GET\t/\tHTTP/1.1", kHost},
    {"tab_in_target", "3.2", "GET /a\tb HTTP/1.1", kHost},
    {"space_in_target", "3.2", "GET /a b HTTP/1.1", kHost},
    {"bare_cr_in_line", "2.2", "GET /\rHTTP/1.1", kHost},
    {"bare_lf_in_line", "2.2", "GET / HTTP/1.1\nX: HTTP/1.1", kHost},
    {"version_lower_case", "2.3", "GET / http/1.1", kHost},
    {"version_other_name", "2.3", "GET / ICAP/1.0", kHost},
    {"version_two_digits", "2.3", "GET / HTTP/1.10", kHost},
    {"version_leading_zero", "2.3", "GET / HTTP/01.1", kHost},
    {"version_comma", "2.3", "GET / HTTP/1,1", kHost},
    {"version_letter", "2.3", "GET / HTTP/1.x", kHost},
    {"version_short", "2.3", "GET / HTTP/1", kHost},
    {"version_1_2", "2.3", "GET / HTTP/1.2", kHost, ErrorCode::unsupported_version},
    {"version_0_9", "2.3", "GET / HTTP/0.9", kHost, ErrorCode::unsupported_version},
    {"version_2_0", "2.3", "GET / HTTP/2.0", kHost, ErrorCode::unsupported_version},
    {"http_2_preface", "9113 3.4", "PRI * HTTP/2.0", "", ErrorCode::unsupported_version},
    {"connect", "9110 9.3.6", "CONNECT h:443 HTTP/1.1", kHost, ErrorCode::method_not_allowed},
    {"connect_with_path", "9110 9.3.6", "CONNECT / HTTP/1.1", kHost, ErrorCode::method_not_allowed},
    {"trace", "9110 9.3.8", "TRACE / HTTP/1.1", kHost, ErrorCode::method_not_allowed},
    {"authority_form", "3.2.3", "GET h:443 HTTP/1.1", kHost},
    {"relative_path", "3.2.1", "GET v1/models HTTP/1.1", kHost},
    {"asterisk_for_get", "3.2.4", "GET * HTTP/1.1", kHost},
    {"asterisk_with_path", "3.2.4", "OPTIONS */x HTTP/1.1", kHost},
    {"query_alone", "3.2.1", "GET ?a=b HTTP/1.1", kHost},
    {"fragment", "3.2", "GET /a#b HTTP/1.1", kHost},
    {"fragment_in_query", "3.2", "GET /a?b#c HTTP/1.1", kHost},
    {"obs_text_in_target", "3.2", "GET /caf\xC3\xA9 HTTP/1.1", kHost},
    {"delete_in_target", "3.2", "GET /\x7F HTTP/1.1", kHost},
    {"nul_in_target", "3.2", "GET /\0 HTTP/1.1"sv, kHost},
    {"scheme_ftp", "3.2.2", "GET ftp://h/ HTTP/1.1", kHost},
    {"scheme_empty", "3.2.2", "GET ://h/ HTTP/1.1", kHost},
    {"url_without_slashes", "3.2.2", "GET http:/h HTTP/1.1", kHost},
    {"url_without_authority", "9110 4.2.1", "GET http:///x HTTP/1.1", kHost},
    {"url_with_userinfo", "9110 4.2.4", "GET http://u:p@h/ HTTP/1.1", kHost},
    {"url_with_bad_port", "9110 4.2.1", "GET http://h:x/ HTTP/1.1", kHost},
};

class RefusedRequestTest : public testing::TestWithParam<RefusedRow> {};

TEST_P(RefusedRequestTest, is_refused_however_it_arrives) {
  auto const text = head_of(GetParam().line, GetParam().fields);
  for_each_split(text, [](Pieces const& pieces) {
    RequestHead head;
    std::vector<char> bytes;
    auto const parsed = read_head(head, bytes, pieces, {.bytes = 1024, .fields = 4});
    ASSERT_FALSE(parsed) << "RFC section " << GetParam().section << ", " << describe(pieces);
    EXPECT_EQ(parsed.error().code, GetParam().code) << parsed.error().detail;
    EXPECT_EQ(parsed.error().side, Side::client);
    EXPECT_FALSE(parsed.error().detail.empty());
  });
}

/// Without find_head_end() before it: the parser relies on nothing that was checked elsewhere.
TEST_P(RefusedRequestTest, is_refused_by_the_parser_alone) {
  auto const text = copy(head_of(GetParam().line, GetParam().fields));
  RequestHead head;
  auto const parsed = head.parse(view(text), {.bytes = 1024, .fields = 4});
  ASSERT_FALSE(parsed) << "RFC section " << GetParam().section;
  EXPECT_EQ(parsed.error().code, GetParam().code) << parsed.error().detail;
}
INSTANTIATE_TEST_SUITE_P(Framing, RefusedRequestTest, testing::ValuesIn(kFramingRows), kRowName);
INSTANTIATE_TEST_SUITE_P(Fields, RefusedRequestTest, testing::ValuesIn(kFieldRows), kRowName);
INSTANTIATE_TEST_SUITE_P(Line, RefusedRequestTest, testing::ValuesIn(kLineRows), kRowName);

TEST(RequestHeadTest, is_refused_when_it_is_not_whole) {
  std::string_view const whole = "GET / HTTP/1.1\r\nHost: h\r\nA: b\r\n\r\n";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    auto const front = copy(whole.substr(0, size));
    RequestHead head;
    EXPECT_FALSE(head.parse(view(front), {})) << size;
  }
  RequestHead head;
  EXPECT_TRUE(head.parse(whole, {}));
  EXPECT_FALSE(head.parse(std::string(whole) + "x", {}));
}

TEST(RequestHeadTest, is_refused_beyond_the_limit_of_bytes) {
  RequestHead head;
  std::string_view const text = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  EXPECT_TRUE(head.parse(text, {.bytes = text.size(), .fields = 1}));
  auto const parsed = head.parse(text, {.bytes = text.size() - 1, .fields = 1});
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().code, ErrorCode::header_too_large);
}

TEST(RequestHeadTest, names_method_and_target_even_when_refused) {
  RequestHead head;
  EXPECT_FALSE(head.parse("POST /v1/x?y HTTP/1.1\r\nBroken\r\n\r\n", {}));
  EXPECT_EQ(head.method, "POST");
  EXPECT_EQ(head.path, "/v1/x");
}

TEST(RequestHeadTest, bounds_what_connection_may_list) {
  std::string list = "a";
  for (int i = 1; i < 64; ++i) list += ",a";
  RequestHead head;
  EXPECT_TRUE(head.parse("GET / HTTP/1.1\r\nHost: h\r\nConnection: " + list + "\r\n\r\n", {}));
  EXPECT_FALSE(head.parse("GET / HTTP/1.1\r\nHost: h\r\nConnection: " + list + ",a\r\n\r\n", {}));
}

}  // namespace
}  // namespace inferway::http
