#include "inferway/base/text.hpp"
#include "read_head.hpp"

#include <gtest/gtest.h>

namespace inferway::http {
namespace {

using namespace std::string_view_literals;

struct RefusedRow {
  char const* name;
  char const* section;  ///< of RFC 9112, unless it says otherwise
  std::string_view head;
};
constexpr RefusedRow kRefusedRows[] = {
    {"empty", "4", "\r\n\r\n"},
    {"version_lower_case", "2.3", "http/1.1 200 OK\r\n\r\n"},
    {"version_1_2", "2.3", "HTTP/1.2 200 OK\r\n\r\n"},
    {"version_2", "2.3", "HTTP/2 200\r\n\r\n"},
    {"icy", "4", "ICY 200 OK\r\n\r\n"},
    {"two_spaces", "4", "HTTP/1.1  200 OK\r\n\r\n"},
    {"tab", "4", "HTTP/1.1\t200 OK\r\n\r\n"},
    {"space_at_the_start", "4", " HTTP/1.1 200 OK\r\n\r\n"},
    {"no_status", "4", "HTTP/1.1\r\n\r\n"},
    {"status_empty", "4", "HTTP/1.1 \r\n\r\n"},
    {"status_two_digits", "4", "HTTP/1.1 20 OK\r\n\r\n"},
    {"status_four_digits", "4", "HTTP/1.1 2000 OK\r\n\r\n"},
    {"status_signed", "4", "HTTP/1.1 +20 OK\r\n\r\n"},
    {"status_letters", "4", "HTTP/1.1 2x0 OK\r\n\r\n"},
    {"status_99", "9110 15", "HTTP/1.1 099 OK\r\n\r\n"},
    {"status_600", "9110 15", "HTTP/1.1 600 OK\r\n\r\n"},
    {"status_999", "9110 15", "HTTP/1.1 999 Denied\r\n\r\n"},
    {"reason_without_space", "4", "HTTP/1.1 200OK\r\n\r\n"},
    {"reason_with_nul", "4", "HTTP/1.1 200 O\0K\r\n\r\n"sv},
    {"reason_with_control", "4", "HTTP/1.1 200 O\x01K\r\n\r\n"},
    {"bare_lf", "2.2", "HTTP/1.1 200 OK\n\r\n"},
    {"bare_lf_in_fields", "2.2", "HTTP/1.1 200 OK\r\nA: b\nC: d\r\n\r\n"},
    {"bare_cr", "2.2", "HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n"},
    {"folded", "5.2", "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n"},
    {"space_before_colon", "5.1", "HTTP/1.1 200 OK\r\nA : b\r\n\r\n"},
    {"no_colon", "5", "HTTP/1.1 200 OK\r\nA\r\n\r\n"},
    {"empty_name", "5.1", "HTTP/1.1 200 OK\r\n: b\r\n\r\n"},
    {"name_no_token", "5.1", "HTTP/1.1 200 OK\r\nA\"B: b\r\n\r\n"},
    {"value_with_nul", "9110 5.5", "HTTP/1.1 200 OK\r\nA: \0\r\n\r\n"sv},
    {"too_many_fields", "5.4", "HTTP/1.1 200 OK\r\nA: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\nE: 5\r\n\r\n"},
    {"length_with_coding", "6.3", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"},
    {"length_with_coding_without_body", "6.3",
     "HTTP/1.1 304 X\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"},
    {"lengths_differ", "6.3", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"},
    {"length_repeated", "6.3", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n"},
    {"length_list", "6.3", "HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\n"},
    {"length_no_number", "6.2", "HTTP/1.1 200 OK\r\nContent-Length: one\r\n\r\n"},
    {"length_overflow", "6.2", "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551616\r\n\r\n"},
    {"coding_unknown", "6.1", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n"},
    {"coding_before_chunked", "6.1", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"},
    {"coding_doubled", "7.1", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n"},
    {"coding_two_fields", "6.1", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"},
    {"coding_identity", "6.1", "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\n"},
    {"coding_in_1_0", "6.1", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"},
    {"connection_is_no_list", "9110 7.6.1", "HTTP/1.1 200 OK\r\nConnection: a b\r\n\r\n"},
};
class RefusedResponseTest : public testing::TestWithParam<RefusedRow> {};

TEST_P(RefusedResponseTest, is_refused_however_it_arrives) {
  for_each_split(GetParam().head, [](Pieces const& pieces) {
    ResponseHead head;
    std::vector<char> bytes;
    auto const parsed = read_head(head, bytes, pieces, {.bytes = 1024, .fields = 4}, false);
    EXPECT_FALSE(parsed) << "RFC section " << GetParam().section << ", " << describe(pieces);
  });
}

TEST_P(RefusedResponseTest, is_refused_by_the_parser_alone_as_the_backends_fault) {
  auto const text = copy(GetParam().head);
  ResponseHead head;
  auto const parsed = head.parse(view(text), {.bytes = 1024, .fields = 4}, false);
  ASSERT_FALSE(parsed) << "RFC section " << GetParam().section;
  EXPECT_EQ(parsed.error().code, ErrorCode::bad_response);
  EXPECT_EQ(parsed.error().side, Side::upstream);
  EXPECT_FALSE(parsed.error().detail.empty());
}
INSTANTIATE_TEST_SUITE_P(Rows, RefusedResponseTest, testing::ValuesIn(kRefusedRows), kRowName);

enum class Asked : std::uint8_t { get, head };

struct AcceptedRow {
  char const* name;
  std::string_view line;
  std::string_view fields;
  BodyFraming framing;
  std::uint64_t content_length = 0;
  bool keep_alive = true;
  Asked asked = Asked::get;
};
constexpr BodyFraming kNone = BodyFraming::none;
constexpr BodyFraming kLength = BodyFraming::length;
constexpr BodyFraming kUntilClose = BodyFraming::until_close;
constexpr AcceptedRow kAcceptedRows[] = {
    {"length", "HTTP/1.1 200 OK", "Content-Length: 7\r\n", kLength, 7},
    {"length_zero", "HTTP/1.1 200 OK", "Content-Length: 0\r\n", kLength, 0},
    {"chunked", "HTTP/1.1 200 OK", "Transfer-Encoding: Chunked\r\n", BodyFraming::chunked},
    {"until_close", "HTTP/1.1 200 OK", "", kUntilClose, 0, false},
    {"until_close_despite_keep_alive", "HTTP/1.1 200 OK", "Connection: keep-alive\r\n", kUntilClose, 0, false},
    {"close", "HTTP/1.1 200 OK", "Content-Length: 7\r\nConnection: close\r\n", kLength, 7, false},
    {"http_1_0", "HTTP/1.0 200 OK", "Content-Length: 7\r\n", kLength, 7, false},
    {"http_1_0_keep_alive", "HTTP/1.0 200 OK", "Content-Length: 7\r\nConnection: keep-alive\r\n", kLength, 7},
    {"head", "HTTP/1.1 200 OK", "Content-Length: 7\r\n", kNone, 7, true, Asked::head},
    {"head_chunked", "HTTP/1.1 200 OK", "Transfer-Encoding: chunked\r\n", kNone, 0, true, Asked::head},
    {"head_without_framing", "HTTP/1.1 200 OK", "", kNone, 0, true, Asked::head},
    {"continue", "HTTP/1.1 100 Continue", "", kNone},
    {"early_hints", "HTTP/1.1 103 Early Hints", "Link: </a>\r\n", kNone},
    {"no_content", "HTTP/1.1 204 No Content", "", kNone},
    {"no_content_of_length_zero", "HTTP/1.1 204 No Content", "Content-Length: 0\r\n", kNone, 0},
    {"no_content_with_length", "HTTP/1.1 204 No Content", "Content-Length: 7\r\n", kNone, 7, false},
    {"no_content_chunked", "HTTP/1.1 204 No Content", "Transfer-Encoding: chunked\r\n", kNone, 0, false},
    {"not_modified", "HTTP/1.1 304 Not Modified", "Content-Length: 7\r\n", kNone, 7},
    {"no_reason", "HTTP/1.1 200 ", "Content-Length: 7\r\n", kLength, 7},
    {"neither_space_nor_reason", "HTTP/1.1 200", "Content-Length: 7\r\n", kLength, 7},
    {"reason_of_any_text", "HTTP/1.1 429 Zu  viel\t\xC3\xBC", "Content-Length: 7\r\n", kLength, 7},
    {"status_599", "HTTP/1.1 599 X", "Content-Length: 7\r\n", kLength, 7},
};
class ResponseMeaningTest : public testing::TestWithParam<AcceptedRow> {};

TEST_P(ResponseMeaningTest, is_read_from_the_head) {
  auto const text = std::string(GetParam().line) + "\r\n" + std::string(GetParam().fields) + "\r\n";
  for_each_split(text, [](Pieces const& pieces) {
    ResponseHead head;
    std::vector<char> bytes;
    auto const parsed = read_head(head, bytes, pieces, {}, GetParam().asked == Asked::head);
    ASSERT_TRUE(parsed) << parsed.error().detail;
    EXPECT_EQ(head.framing, GetParam().framing);
    EXPECT_EQ(head.content_length, GetParam().content_length);
    EXPECT_EQ(head.keep_alive, GetParam().keep_alive);
    EXPECT_EQ(std::to_string(head.status), GetParam().line.substr(9, 3));
    EXPECT_EQ(head.reason, GetParam().line.size() > 13 ? GetParam().line.substr(13) : "");
    EXPECT_EQ(head.minor_version, GetParam().line[7] - '0');
  });
}
INSTANTIATE_TEST_SUITE_P(Rows, ResponseMeaningTest, testing::ValuesIn(kAcceptedRows), kRowName);

struct MediaTypeRow {
  char const* name;
  std::string_view fields;
  bool event_stream;
  bool ndjson;
};
constexpr MediaTypeRow kMediaTypeRows[] = {
    {"none", "", false, false},
    {"json", "Content-Type: application/json\r\n", false, false},
    {"events", "Content-Type: text/event-stream\r\n", true, false},
    {"events_with_parameter", "content-type: Text/Event-Stream ; charset=utf-8\r\n", true, false},
    {"longer_name", "Content-Type: text/event-streams\r\n", false, false},
    {"parameter_that_looks_so", "Content-Type: a/b; x=text/event-stream\r\n", false, false},
    {"ndjson", "Content-Type: application/x-ndjson;charset=utf-8\r\n", false, true},
    {"events_compressed", "Content-Type: text/event-stream\r\nContent-Encoding: gzip\r\n", false, false},
    {"events_identity", "Content-Type: text/event-stream\r\nContent-Encoding: Identity\r\n", true, false},
    {"events_compressed_second",
     "Content-Encoding: identity\r\nContent-Encoding: br\r\nContent-Type: text/event-stream\r\n", false, false},
    {"ndjson_compressed", "Content-Type: application/x-ndjson\r\nContent-Encoding: gzip\r\n", false, false},
};
class ResponseMediaTypeTest : public testing::TestWithParam<MediaTypeRow> {};

TEST_P(ResponseMediaTypeTest, tells_streams_of_events_and_lines) {
  ResponseHead head;
  auto const text = "HTTP/1.1 200 OK\r\n" + std::string(GetParam().fields) + "\r\n";
  ASSERT_TRUE(head.parse(text, {}, false));
  EXPECT_EQ(head.event_stream, GetParam().event_stream);
  EXPECT_EQ(head.ndjson, GetParam().ndjson);
}
INSTANTIATE_TEST_SUITE_P(Rows, ResponseMediaTypeTest, testing::ValuesIn(kMediaTypeRows), kRowName);

TEST(ResponseHeadTest, marks_what_must_not_be_forwarded) {
  ResponseHead head;
  std::string_view const text =
      "HTTP/1.1 200 OK\r\nConnection: x-a, content-type\r\nKeep-Alive: x\r\nProxy-Authenticate: x\r\nTrailer: x\r\n"
      "Transfer-Encoding: chunked\r\nUpgrade: x\r\nX-A: x\r\nContent-Type: a/b\r\nExpect: x\r\nVia: x\r\n\r\n";
  ASSERT_TRUE(head.parse(text, {}, false));
  std::string stays;
  for (auto const& field : head.fields) {
    if (!field.hop_by_hop) stays += std::string(field.name) + ' ';
  }
  EXPECT_EQ(stays, "Content-Type Expect Via ");
  EXPECT_NE(head.find(FieldId::via), nullptr);
  EXPECT_NE(head.find("x-A"), nullptr);
  EXPECT_EQ(head.find("x-b"), nullptr);
}

TEST(ResponseHeadTest, keeps_back_what_only_requests_bear) {
  ResponseHead head;
  std::string_view const text =
      "HTTP/1.1 200 OK\r\nAuthorization: x\r\nProxy-Authorization: x\r\nX-API-Key: x\r\nApi-Key: x\r\nX-Goog-Api-Key: "
      "x\r\n"
      "Cookie: x\r\nSet-Cookie: x\r\nWWW-Authenticate: x\r\n\r\n";
  ASSERT_TRUE(head.parse(text, {}, false));
  std::string stays;
  for (auto const& field : head.fields) {
    if (!field.hop_by_hop) stays += std::string(field.name) + ' ';
  }
  EXPECT_EQ(stays, "Set-Cookie WWW-Authenticate ");
}

TEST(ResponseHeadTest, keeps_its_storage_and_nothing_else_for_the_next_head) {
  ResponseHead head;
  ASSERT_TRUE(
      head.parse("HTTP/1.0 404 Gone\r\nContent-Length: 7\r\nContent-Type: text/event-stream\r\n\r\n", {}, false));
  auto const* const storage = head.fields.data();
  ASSERT_TRUE(head.parse("HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n", {}, false));
  EXPECT_EQ(head.fields.data(), storage);
  EXPECT_EQ(head.reason, "");
  EXPECT_EQ(head.content_length, 0U);
  EXPECT_FALSE(head.event_stream);
  EXPECT_TRUE(head.keep_alive);
}

}  // namespace
}  // namespace inferway::http
