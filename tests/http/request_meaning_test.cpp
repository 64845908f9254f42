// What an accepted request head means. (What is refused: request_head_test.cpp.)

#include "read_head.hpp"

#include <gtest/gtest.h>

namespace inferway::http {
namespace {

struct TargetRow {
  char const* name;
  std::string_view line;
  std::string_view path;
  std::string_view query;
  bool has_query;
  std::string_view host;  ///< beside "Host: h"
};
constexpr TargetRow kTargetRows[] = {
    {"origin_form", "GET /v1/models HTTP/1.1", "/v1/models", "", false, "h"},
    {"query", "GET /a?b=c&d HTTP/1.1", "/a", "b=c&d", true, "h"},
    {"empty_query", "GET /a? HTTP/1.1", "/a", "", true, "h"},
    {"question_mark_in_query", "GET /a?b?c HTTP/1.1", "/a", "b?c", true, "h"},
    {"path_stays_as_it_came", "GET //a/../%2e;x HTTP/1.1", "//a/../%2e;x", "", false, "h"},
    {"colon_in_path", "POST /v1beta/models/g:generateContent HTTP/1.1", "/v1beta/models/g:generateContent", "", false,
     "h"},
    {"url_in_query", "GET /a?u=http://x/ HTTP/1.1", "/a", "u=http://x/", true, "h"},
    {"absolute_form", "GET http://api.example:81/a?b HTTP/1.1", "/a", "b", true, "api.example:81"},
    {"absolute_form_https", "GET HTTPS://x/a HTTP/1.1", "/a", "", false, "x"},
    {"absolute_form_ipv6", "GET http://[::1]:80/a HTTP/1.1", "/a", "", false, "[::1]:80"},
    {"absolute_form_without_path", "GET http://x HTTP/1.1", "/", "", false, "x"},
    {"absolute_form_query_without_path", "GET http://x?a=/b HTTP/1.1", "/", "a=/b", true, "x"},
    {"options_for_the_server", "OPTIONS * HTTP/1.1", "*", "", false, "h"},
    {"options_for_the_server_in_absolute_form", "OPTIONS http://x HTTP/1.1", "*", "", false, "x"},
    {"options_for_a_path", "OPTIONS /a HTTP/1.1", "/a", "", false, "h"},
    {"http_1_0", "GET /a HTTP/1.0", "/a", "", false, "h"},
    {"method_of_another", "BREW!+x /a HTTP/1.1", "/a", "", false, "h"},
};
class RequestTargetTest : public testing::TestWithParam<TargetRow> {};

TEST_P(RequestTargetTest, is_taken_apart) {
  for_each_split(std::string(GetParam().line) + "\r\nHost: h\r\n\r\n", [](Pieces const& pieces) {
    RequestHead head;
    std::vector<char> bytes;
    auto const parsed = read_head(head, bytes, pieces, {});
    ASSERT_TRUE(parsed) << parsed.error().detail;
    EXPECT_EQ(head.path, GetParam().path);
    EXPECT_EQ(head.query, GetParam().query);
    EXPECT_EQ(head.has_query, GetParam().has_query);
    EXPECT_EQ(head.host, GetParam().host);
    EXPECT_EQ(
        std::string(head.method) + " " + std::string(head.target) + " HTTP/1." + std::to_string(head.minor_version),
        GetParam().line);
  });
}
INSTANTIATE_TEST_SUITE_P(Rows, RequestTargetTest, testing::ValuesIn(kTargetRows), kRowName);

struct MeaningRow {
  char const* name;
  std::string_view version;
  std::string_view fields;
  BodyFraming framing = BodyFraming::none;
  std::uint64_t content_length = 0;
  bool keep_alive = true;
  bool expect_continue = false;
  bool upgrade = false;
};
constexpr BodyFraming kNone = BodyFraming::none;
constexpr MeaningRow kMeaningRows[] = {
    {"no_body", "1.1", ""},
    {"length", "1.1", "Content-Length: 42\r\n", BodyFraming::length, 42},
    {"length_zero", "1.1", "Content-Length: 0\r\n", BodyFraming::length, 0},
    {"length_largest", "1.1", "Content-Length:18446744073709551615\r\n", BodyFraming::length, 18446744073709551615ULL},
    {"length_in_1_0", "1.0", "Content-Length: 42\r\n", BodyFraming::length, 42, false},
    {"chunked", "1.1", "Transfer-Encoding: chunked\r\n", BodyFraming::chunked},
    {"chunked_any_case", "1.1", "tRANSFER-eNCODING:\t CHUNKED \t\r\n", BodyFraming::chunked},
    {"close", "1.1", "Connection: close\r\n", kNone, 0, false},
    {"close_any_case", "1.1", "connection: CLOSE\r\n", kNone, 0, false},
    {"close_among_others", "1.1", "Connection: ,x-a ,, close,\r\n", kNone, 0, false},
    {"close_in_second_field", "1.1", "Connection: keep-alive\r\nConnection: close\r\n", kNone, 0, false},
    {"close_goes_before_keep_alive", "1.1", "Connection: close, keep-alive\r\n", kNone, 0, false},
    {"keep_alive", "1.1", "Connection: keep-alive\r\n"},
    {"connection_empty", "1.1", "Connection:\r\n"},
    {"http_1_0_closes", "1.0", "", kNone, 0, false},
    {"http_1_0_keeps_alive", "1.0", "Connection: Keep-Alive\r\n", kNone, 0, true},
    {"http_1_0_close_goes_before", "1.0", "Connection: keep-alive, close\r\n", kNone, 0, false},
    {"proxy_connection_means_nothing", "1.1", "Proxy-Connection: close\r\n"},
    {"expect", "1.1", "Content-Length: 1\r\nExpect: 100-Continue\r\n", BodyFraming::length, 1, true, true},
    {"expect_ignored_in_1_0", "1.0", "Expect: 100-continue\r\n", kNone, 0, false},
    {"other_expectation_ignored_in_1_0", "1.0", "Expect: x\r\n", kNone, 0, false},
    {"upgrade", "1.1", "Connection: Upgrade\r\nUpgrade: websocket\r\n", kNone, 0, true, false, true},
    {"upgrade_not_in_connection", "1.1", "Upgrade: websocket\r\n"},
    {"upgrade_without_field", "1.1", "Connection: upgrade\r\n"},
    {"upgrade_ignored_in_1_0", "1.0", "Connection: upgrade\r\nUpgrade: websocket\r\n", kNone, 0, false},
    {"obs_text_in_value", "1.1", "X: caf\xC3\xA9\r\n"},
    {"empty_value", "1.1", "X:\r\n"},
};
class RequestMeaningTest : public testing::TestWithParam<MeaningRow> {};

TEST_P(RequestMeaningTest, is_read_from_the_fields) {
  auto const text =
      "POST / HTTP/" + std::string(GetParam().version) + "\r\nHost: h\r\n" + std::string(GetParam().fields) + "\r\n";
  for_each_split(text, [](Pieces const& pieces) {
    RequestHead head;
    std::vector<char> bytes;
    auto const parsed = read_head(head, bytes, pieces, {});
    ASSERT_TRUE(parsed) << parsed.error().detail;
    EXPECT_EQ(head.framing, GetParam().framing);
    EXPECT_EQ(head.content_length, GetParam().content_length);
    EXPECT_EQ(head.keep_alive, GetParam().keep_alive);
    EXPECT_EQ(head.expect_continue, GetParam().expect_continue);
    EXPECT_EQ(head.upgrade, GetParam().upgrade);
  });
}
INSTANTIATE_TEST_SUITE_P(Rows, RequestMeaningTest, testing::ValuesIn(kMeaningRows), kRowName);

/// The names of the fields that stay on this connection, joined.
std::string hop_by_hop(RequestHead const& head) {
  std::string names;
  for (auto const& field : head.fields) {
    if (field.hop_by_hop) names += std::string(field.name) + ' ';
  }
  return names;
}

TEST(RequestHeadTest, marks_what_must_not_be_forwarded) {
  RequestHead head;
  ASSERT_TRUE(
      head.parse("POST / HTTP/1.1\r\nHost: h\r\nConnection: x\r\nKeep-Alive: x\r\nProxy-Connection: x\r\n"
                 "TE: trailers\r\nTrailer: x\r\nUpgrade: x\r\nContent-Length: 1\r\nExpect: 100-continue\r\n"
                 "Proxy-Authorization: x\r\nContent-Encoding: gzip\r\nX: y\r\n\r\n",
                 {}));
  EXPECT_EQ(hop_by_hop(head), "Connection Keep-Alive Proxy-Connection TE Trailer Upgrade Content-Length Expect X ");
  ASSERT_TRUE(head.parse("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", {}));
  EXPECT_EQ(hop_by_hop(head), "Transfer-Encoding ");
}

TEST(RequestHeadTest, marks_what_connection_names) {
  RequestHead head;
  ASSERT_TRUE(
      head.parse("POST / HTTP/1.1\r\nX-A: 1\r\nHost: h\r\nConnection: x-a, Cookie\r\nconnection: X-C\r\n"
                 "Cookie: 1\r\nX-B: 1\r\nx-c: 1\r\nx-A: 2\r\n\r\n",
                 {}));
  EXPECT_EQ(hop_by_hop(head), "X-A Connection connection Cookie x-c x-A ");
}

TEST(RequestHeadTest, lets_connection_take_away_nothing_that_says_how_to_read_the_message) {
  RequestHead head;
  ASSERT_TRUE(
      head.parse("POST / HTTP/1.1\r\nHost: h\r\nContent-Type: a/b\r\nContent-Encoding: gzip\r\n"
                 "Content-Length: 3\r\nConnection: host, content-length, transfer-encoding, content-type, "
                 "content-encoding\r\n\r\n",
                 {}));
  EXPECT_EQ(hop_by_hop(head), "Content-Length Connection ");
  EXPECT_EQ(head.host, "h");
  EXPECT_EQ(head.framing, BodyFraming::length);
  EXPECT_EQ(head.content_length, 3U);
}

TEST(RequestHeadTest, keeps_fields_in_order_with_values_trimmed) {
  RequestHead head;
  ASSERT_TRUE(head.parse("GET / HTTP/1.1\r\nhOsT:\t h \t\r\nX-A:one  two\r\nx-a: \r\n\r\n", {}));
  ASSERT_EQ(head.fields.size(), 3U);
  EXPECT_EQ(head.fields[0].name, "hOsT");
  EXPECT_EQ(head.fields[0].value, "h");
  EXPECT_EQ(head.fields[0].id, FieldId::host);
  EXPECT_EQ(head.fields[1].value, "one  two");
  EXPECT_EQ(head.fields[2].value, "");
  EXPECT_EQ(head.find("X-a"), &head.fields[1]);
  EXPECT_EQ(head.find(FieldId::host), &head.fields[0]);
  EXPECT_EQ(head.find(FieldId::cookie), nullptr);
  EXPECT_EQ(head.find("x-b"), nullptr);
}

TEST(RequestHeadTest, takes_http_1_0_without_host) {
  RequestHead head;
  ASSERT_TRUE(head.parse("GET / HTTP/1.0\r\n\r\n", {}));
  EXPECT_EQ(head.host, "");
  EXPECT_EQ(head.minor_version, 0);
}

TEST(RequestHeadTest, keeps_its_storage_and_nothing_else_for_the_next_head) {
  RequestHead head;
  ASSERT_TRUE(
      head.parse("POST http://x/a?b HTTP/1.0\r\nHost: h\r\nConnection: upgrade\r\nContent-Length: 7\r\n\r\n", {}));
  auto const* const storage = head.fields.data();
  auto const capacity = head.fields.capacity();
  ASSERT_TRUE(head.parse("GET /c HTTP/1.1\r\nHost: g\r\n\r\n", {}));
  EXPECT_EQ(head.fields.data(), storage);
  EXPECT_EQ(head.fields.capacity(), capacity);
  EXPECT_EQ(head.fields.size(), 1U);
  EXPECT_EQ(head.host, "g");
  EXPECT_FALSE(head.has_query);
  EXPECT_EQ(head.query, "");
  EXPECT_EQ(head.framing, BodyFraming::none);
  EXPECT_EQ(head.content_length, 0U);
  EXPECT_EQ(head.minor_version, 1);
  EXPECT_TRUE(head.keep_alive);
}

}  // namespace
}  // namespace inferway::http
