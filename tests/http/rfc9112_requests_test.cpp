// RFC 9112, rule by rule, for what a client sends: whole connections of bytes, and the messages that are in them.
// The parts alone, with more rows each: request_head_test.cpp, request_meaning_test.cpp, chunk_scanner_test.cpp.

#include "inferway/http/answer.hpp"
#include "inferway/http/chunk_scanner.hpp"
#include "inferway/http/head.hpp"
#include "splits.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace inferway::http {
namespace {

using namespace std::string_view_literals;

struct Row {
  char const* section;  ///< of RFC 9112, or "9110 ..."
  char const* name;
  std::string_view bytes;
  /// Each message as METHOD path "body", then the status of a refusal, "close" or, where more has to come, "...".
  std::string_view want;
};

/// The body at the front of `rest`, which is advanced behind it; nothing: it is not whole.
Result<std::optional<std::string>> take_body(RequestHead const& head, std::string_view& rest) {
  if (head.framing == BodyFraming::none) return std::string();
  std::string body;
  if (head.framing == BodyFraming::length) {
    if (rest.size() < head.content_length) return std::nullopt;
    body = rest.substr(0, static_cast<std::size_t>(head.content_length));
    rest.remove_prefix(body.size());
    return body;
  }
  ChunkScanner chunks;
  while (true) {
    auto const step = chunks.next(rest);
    if (!step) return std::unexpected(step.error());
    rest.remove_prefix(step->consumed);
    body += step->data;
    if (step->what == ChunkScanner::What::end) return body;
    if (step->what == ChunkScanner::What::need_more && rest.empty()) return std::nullopt;
  }
}

/// As a session reads them.
std::string messages_in(std::string_view rest) {
  std::string found;
  auto const refused = [&](Error const& error) { return found + std::to_string(answer_kind(error.code).status); };
  while (true) {
    rest.remove_prefix(leading_blank_lines(rest));
    if (rest.empty()) return found;
    auto const end = find_head_end(rest, 0);
    if (!end) return refused(end.error());
    if (end->size == 0) return found + "...";
    RequestHead head;
    auto const parsed = head.parse(rest.substr(0, end->size), {});
    if (!parsed) return refused(parsed.error());
    rest.remove_prefix(end->size);
    auto const body = take_body(head, rest);
    if (!body) return refused(body.error());
    if (!*body) return found + "...";
    found += std::string(head.method) + ' ' + std::string(head.path) + " \"" + **body + "\" ";
    if (!head.keep_alive) return found + "close";
  }
}

constexpr Row kMessageRows[] = {
    {"2.1", "one_message", "GET /a HTTP/1.1\r\nHost: h\r\n\r\n", "GET /a \"\" "},
    {"2.1", "two_messages", "GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n",
     "GET /a \"\" GET /b \"\" "},
    {"2.2", "an_empty_line_in_front", "\r\nGET /a HTTP/1.1\r\nHost: h\r\n\r\n", "GET /a \"\" "},
    {"2.2", "an_empty_line_between",
     "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n",
     "POST /a \"x\" GET /b \"\" "},
    {"2.2", "three_empty_lines_in_front", "\r\n\r\n\r\nGET /a HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
    {"2.2", "a_bare_lf_in_front", "\nGET /a HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
    {"2.2", "bare_lfs", "GET /a HTTP/1.1\nHost: h\n\n", "400"},
    {"2.2", "a_bare_lf_at_the_end", "GET /a HTTP/1.1\r\nHost: h\r\n\n", "400"},
    {"2.2", "a_bare_cr", "GET /a HTTP/1.1\r\nHost: h\r\nA: b\rC: d\r\n\r\n", "400"},
    {"2.2", "a_bare_cr_in_the_line", "GET /a\rHTTP/1.1\r\nHost: h\r\n\r\n", "400"},
    {"2.2", "white_space_behind_the_line", "GET /a HTTP/1.1\r\n Host: h\r\n\r\n", "400"},
    {"2.2", "a_whole_blank_line_behind_the_line", "GET /a HTTP/1.1\r\n \r\nHost: h\r\n\r\n", "400"},
    {"2.3", "a_lower_case_version", "GET /a http/1.1\r\nHost: h\r\n\r\n", "400"},
    {"2.3", "version_1_2", "GET /a HTTP/1.2\r\nHost: h\r\n\r\n", "505"},
    {"2.3", "version_2_0", "GET /a HTTP/2.0\r\nHost: h\r\n\r\n", "505"},
    {"2.3", "version_0_9", "GET /a HTTP/0.9\r\n\r\n", "505"},
    {"3", "two_spaces", "GET  /a HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
    {"3", "a_space_at_the_end", "GET /a HTTP/1.1 \r\nHost: h\r\n\r\n", "400"},
    {"3", "a_tab", "GET\t/a HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
    {"3", "http_0_9", "GET /a\r\n\r\n", "400"},
    {"3.1", "a_method_that_is_no_token", "G@T /a HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
    {"3.1", "an_unknown_method", "BREW /a HTTP/1.1\r\nHost: h\r\n\r\n", "BREW /a \"\" "},
    {"3.1", "a_method_in_lower_case", "get /a HTTP/1.1\r\nHost: h\r\n\r\n", "get /a \"\" "},
    {"3.2", "no_host", "GET /a HTTP/1.1\r\n\r\n", "400"},
    {"3.2", "two_hosts", "GET /a HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n", "400"},
    {"3.2", "a_host_that_is_none", "GET /a HTTP/1.1\r\nHost: h/i\r\n\r\n", "400"},
    {"3.2", "white_space_in_the_target", "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
    {"3.2.1", "a_query_alone", "GET ?a HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
    {"3.2.2", "absolute_form", "GET http://i/a HTTP/1.1\r\nHost: h\r\n\r\n", "GET /a \"\" "},
    {"3.2.2", "absolute_form_without_host", "GET http://i/a HTTP/1.1\r\n\r\n", "400"},
    {"3.2.2", "absolute_form_with_userinfo", "GET http://u@i/a HTTP/1.1\r\nHost: i\r\n\r\n", "400"},
    {"3.2.3", "authority_form", "CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n", "405"},
    {"3.2.3", "authority_form_for_get", "GET h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n", "400"},
    {"3.2.4", "asterisk_form", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "OPTIONS * \"\" "},
    {"3.2.4", "asterisk_form_for_get", "GET * HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
    {"5", "a_line_without_colon", "GET /a HTTP/1.1\r\nHost: h\r\nA\r\n\r\n", "400"},
    {"5", "a_field_without_value", "GET /a HTTP/1.1\r\nHost: h\r\nA:\r\n\r\n", "GET /a \"\" "},
    {"5.1", "space_before_the_colon", "GET /a HTTP/1.1\r\nHost : h\r\n\r\n", "400"},
    {"5.1", "white_space_around_the_value", "GET /a HTTP/1.1\r\nHost: \t h\t \r\n\r\n", "GET /a \"\" "},
    {"5.2", "a_folded_line", "GET /a HTTP/1.1\r\nHost: h\r\nA: b\r\n c\r\n\r\n", "400"},
    {"6.1", "a_coding_and_a_length",
     "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"},
    {"6.1", "an_unknown_coding", "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
     "400"},
    {"6.1", "a_coding_in_1_0", "POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"},
    {"6.1", "chunked_twice", "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
     "400"},
    {"6.2", "a_length", "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabcGET /b HTTP/1.1\r\nHost: h\r\n\r\n",
     "POST /a \"abc\" GET /b \"\" "},
    {"6.2", "a_length_of_zero",
     "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n",
     "POST /a \"\" GET /b \"\" "},
    {"6.2", "a_length_with_a_sign", "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: +3\r\n\r\nabc", "400"},
    {"6.3", "neither_is_no_body", "POST /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n",
     "POST /a \"\" GET /b \"\" "},
    {"6.3", "a_body_on_get", "GET /a HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nok", "GET /a \"ok\" "},
    {"6.3", "lengths_that_differ", "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
     "400"},
    {"6.3", "lengths_that_are_equal", "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1, 1\r\n\r\na", "400"},
    {"6.3", "chunked_is_not_last", "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, gzip\r\n\r\n", "400"},
    {"7", "chunked_in_any_case", "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
     "POST /a \"a\" "},
    {"7", "chunked_with_a_parameter", "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked;a=b\r\n\r\n0\r\n\r\n",
     "400"},
    {"7.1", "chunks",
     "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n00A\r\n0123456789\r\n00\r\n\r\nGET "
     "/b HTTP/1.1\r\nHost: h\r\n\r\n",
     "POST /a \"abc0123456789\" GET /b \"\" "},
    {"7.1", "a_size_beyond_64_bits",
     "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000003\r\nabc\r\n0\r\n\r\n", "400"},
    {"7.1", "a_size_with_a_prefix",
     "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n", "400"},
    {"7.1", "data_beyond_its_size",
     "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n", "400"},
    {"7.1", "a_bare_lf_behind_a_size",
     "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n", "400"},
    {"7.1", "a_last_chunk_that_is_missing",
     "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "..."},
    {"7.1.1", "an_extension",
     "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1;a=\"b;\\\"\"\r\nx\r\n0;c\r\n\r\n",
     "POST /a \"x\" "},
    {"7.1.1", "a_bare_lf_in_an_extension",
     "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1;a\nx\r\n0\r\n\r\n", "400"},
    {"7.1.1", "a_blank_behind_an_extension",
     "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1;a \r\nx\r\n0\r\n\r\n", "400"},
    {"7.1.2", "a_trailer",
     "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nHost: i\r\nContent-Length: 9\r\n\r\nGET /b "
     "HTTP/1.1\r\nHost: h\r\n\r\n",
     "POST /a \"\" GET /b \"\" "},
    {"7.1.2", "a_trailer_that_is_none",
     "POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA b\r\n\r\n", "400"},
    {"8", "a_head_that_is_not_whole", "GET /a HTTP/1.1\r\nHost: h\r\n", "..."},
    {"8", "a_body_that_is_not_whole", "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nab", "..."},
    {"9.3", "close", "GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n",
     "GET /a \"\" close"},
    {"9.3", "http_1_0", "GET /a HTTP/1.0\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n", "GET /a \"\" close"},
    {"9.3", "http_1_0_stays", "GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n",
     "GET /a \"\" GET /b \"\" "},
    {"9.3.2", "behind_a_refusal",
     "GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET b HTTP/1.1\r\nHost: h\r\n\r\nGET /c HTTP/1.1\r\nHost: h\r\n\r\n",
     "GET /a \"\" 400"},
    {"9110 5.5", "a_nul_in_a_value", "GET /a HTTP/1.1\r\nHost: h\r\nA: b\0c\r\n\r\n"sv, "400"},
    {"9110 5.5", "a_control_in_a_value", "GET /a HTTP/1.1\r\nHost: h\r\nA: b\x0b\r\n\r\n", "400"},
    {"9110 5.6.2", "a_name_that_is_no_token", "GET /a HTTP/1.1\r\nHost: h\r\nA\x85: b\r\n\r\n", "400"},
    {"9110 7.6.1", "connection_names_the_length",
     "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nConnection: content-length, host\r\n\r\na", "POST /a \"a\" "},
    {"9110 8.6", "a_length_that_overflows",
     "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 18446744073709551617\r\n\r\na", "400"},
    {"9110 9.3.8", "trace", "TRACE /a HTTP/1.1\r\nHost: h\r\n\r\n", "405"},
    {"9110 10.1.1", "an_expectation",
     "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\na", "POST /a \"a\" "},
    {"9110 10.1.1", "another_expectation", "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nExpect: x\r\n\r\na",
     "417"},
};
class Rfc9112RequestsTest : public testing::TestWithParam<Row> {};

TEST_P(Rfc9112RequestsTest, are_what_the_rule_says) {
  EXPECT_EQ(messages_in(GetParam().bytes), GetParam().want) << "RFC section " << GetParam().section;
}
INSTANTIATE_TEST_SUITE_P(Rows, Rfc9112RequestsTest, testing::ValuesIn(kMessageRows), kRowName);

}  // namespace
}  // namespace inferway::http
