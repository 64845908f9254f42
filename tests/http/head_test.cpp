#include "inferway/http/head.hpp"

#include "inferway/base/text.hpp"
#include "splits.hpp"

#include <gtest/gtest.h>

namespace inferway::http {
namespace {

/// The head's size, or nothing on an error; 0 while it is not there.
std::optional<std::size_t> find_in(Pieces const& pieces) {
  std::vector<char> bytes;
  std::size_t scanned = 0;
  for (auto const& piece : pieces) {
    bytes.insert(bytes.end(), piece.begin(), piece.end());
    auto const end = find_head_end(view(bytes), scanned);
    if (!end) {
      EXPECT_EQ(end.error().code, ErrorCode::bad_request);
      return std::nullopt;
    }
    if (end->size > 0) return end->size;
    EXPECT_LE(end->scanned, bytes.size());
    scanned = end->scanned;
  }
  return 0;
}

struct HeadEndRow {
  char const* name;
  std::string_view bytes;
  std::optional<std::size_t> size;
};
constexpr HeadEndRow kHeadEndRows[] = {
    {"nothing", "", 0},
    {"one_line", "GET / HTTP/1.1\r\n", 0},
    {"no_fields", "GET / HTTP/1.1\r\n\r\n", 18},
    {"fields", "G\r\nA: b\r\nC: d\r\n\r\n", 17},
    {"bytes_behind", "G\r\n\r\nbody\n\r", 5},
    {"cr_waits_for_lf", "G\r\n\r", 0},
    {"blank_line_alone", "\r\n", 2},
    {"blank_line_before", "\r\nG\r\n\r\n", 2},
    {"bare_lf", "G\nA: b\r\n\r\n", {}},            // RFC 9112 section 2.2 lets a recipient take it; we do not
    {"bare_lf_first", "\nG\r\n\r\n", {}},          // likewise
    {"bare_lf_ends_head", "G\r\nA: b\r\n\n", {}},  // "\r\n\n" ends a head for some readers
    {"bare_lf_in_last_line", "G\r\nA: b\n\r\n", {}},
    {"bare_cr", "G\r\nA: b\rC: d\r\n\r\n", {}},  // RFC 9112 section 2.2: a bare CR is invalid
    {"cr_twice", "G\r\r\n\r\n", {}},
    {"cr_twice_at_the_end", "G\r\nA: b\r\n\r\r\n", {}},
    {"bare_cr_without_a_line_end", "G\rA", {}},
    {"nul", std::string_view("G\0", 2), {}},
    {"control_in_a_field", "G\r\nA: \x1B", {}},
    {"delete", "G\r\nA: b\x7F", {}},
    {"tab_and_obs_text", "G\r\nA:\t\xFF\x80\r\n\r\n", 12},
};
class HeadEndTest : public testing::TestWithParam<HeadEndRow> {};

TEST_P(HeadEndTest, is_found_alike_however_the_bytes_arrive) {
  for_each_split(GetParam().bytes,
                 [](Pieces const& pieces) { EXPECT_EQ(find_in(pieces), GetParam().size) << describe(pieces); });
}
INSTANTIATE_TEST_SUITE_P(Rows, HeadEndTest, testing::ValuesIn(kHeadEndRows), kRowName);

TEST(HeadEndTest, is_refused_before_the_head_is_whole) {
  EXPECT_FALSE(find_head_end("GET / HTTP/1.1\n", 0));
  EXPECT_FALSE(find_head_end("GET / HTTP/1.1\rH", 0));
}

TEST(LeadingBlankLinesTest, counts_two_lines_at_most) {
  EXPECT_EQ(leading_blank_lines(""), 0U);
  EXPECT_EQ(leading_blank_lines("\r"), 0U);
  EXPECT_EQ(leading_blank_lines("\n"), 0U);
  EXPECT_EQ(leading_blank_lines("GET"), 0U);
  EXPECT_EQ(leading_blank_lines("\r\nGET"), 2U);
  EXPECT_EQ(leading_blank_lines("\r\n\r\nGET"), 4U);
  EXPECT_EQ(leading_blank_lines("\r\n\r\n\r\nGET"), 4U);
}

struct FieldIdRow {
  std::string_view name;
  FieldId id;
};
constexpr FieldIdRow kFieldIds[] = {
    {"Accept-Encoding", FieldId::accept_encoding},
    {"Api-Key", FieldId::api_key},
    {"Authorization", FieldId::authorization},
    {"Connection", FieldId::connection},
    {"Content-Encoding", FieldId::content_encoding},
    {"Content-Length", FieldId::content_length},
    {"Content-Type", FieldId::content_type},
    {"Cookie", FieldId::cookie},
    {"Date", FieldId::date},
    {"Expect", FieldId::expect},
    {"Host", FieldId::host},
    {"Keep-Alive", FieldId::keep_alive},
    {"Proxy-Authenticate", FieldId::proxy_authenticate},
    {"Proxy-Authorization", FieldId::proxy_authorization},
    {"Proxy-Connection", FieldId::proxy_connection},
    {"Retry-After", FieldId::retry_after},
    {"Sec-WebSocket-Accept", FieldId::sec_websocket_accept},
    {"Sec-WebSocket-Extensions", FieldId::sec_websocket_extensions},
    {"Sec-WebSocket-Key", FieldId::sec_websocket_key},
    {"Sec-WebSocket-Protocol", FieldId::sec_websocket_protocol},
    {"Sec-WebSocket-Version", FieldId::sec_websocket_version},
    {"TE", FieldId::te},
    {"Trailer", FieldId::trailer},
    {"Transfer-Encoding", FieldId::transfer_encoding},
    {"Upgrade", FieldId::upgrade},
    {"Via", FieldId::via},
    {"X-Accel-Buffering", FieldId::x_accel_buffering},
    {"X-Api-Key", FieldId::x_api_key},
    {"X-Forwarded-For", FieldId::x_forwarded_for},
    {"X-Forwarded-Host", FieldId::x_forwarded_host},
    {"X-Forwarded-Proto", FieldId::x_forwarded_proto},
    {"X-Goog-Api-Key", FieldId::x_goog_api_key},
    {"X-Inferway-Attempts", FieldId::x_inferway_attempts},
    {"X-Request-Id", FieldId::x_request_id},
};

TEST(FieldIdTest, knows_every_special_field_in_any_case) {
  // One row an enumerator, `other` left out.
  EXPECT_EQ(std::size(kFieldIds), static_cast<std::size_t>(FieldId::x_request_id));
  for (auto const& [name, id] : kFieldIds) {
    std::string upper(name);
    for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    EXPECT_EQ(field_id(name), id) << name;
    EXPECT_EQ(field_id(lower(name)), id) << name;
    EXPECT_EQ(field_id(upper), id) << name;
  }
}

TEST(FieldIdTest, takes_nothing_that_differs_in_one_byte) {
  for (auto const& [name, id] : kFieldIds) {
    for (std::size_t i = 0; i < name.size(); ++i) {
      std::string changed(name);
      changed[i] = '_';
      EXPECT_EQ(field_id(changed), FieldId::other) << changed;
      changed[i] = static_cast<char>(name[i] ^ 0x40);
      EXPECT_EQ(field_id(changed), FieldId::other) << changed;
    }
    EXPECT_EQ(field_id(name.substr(1)), FieldId::other) << name;
    EXPECT_EQ(field_id(std::string(name) + "s"), FieldId::other) << name;
  }
  EXPECT_EQ(field_id(""), FieldId::other);
}

}  // namespace
}  // namespace inferway::http
