#include "inferway/http/chunk_scanner.hpp"

#include "splits.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace inferway::http {
namespace {

using namespace std::string_view_literals;

/// What came of a body: the payload and the size of all its bytes with framing; no size while it is not complete;
/// nothing at all on an error.
struct Scanned {
  std::string payload;
  std::optional<std::size_t> size;
  bool operator==(Scanned const&) const = default;
};

std::optional<Scanned> scan(Pieces const& pieces) {
  ChunkScanner scanner;
  Scanned scanned;
  std::size_t total = 0;
  for (auto const& piece : pieces) {
    auto input = view(piece);
    while (true) {
      auto const whole = scanner.whole_chunk(input);
      auto const step = scanner.next(input);
      if (whole.consumed > 0) {
        EXPECT_TRUE(step && whole.what == step->what && whole.data == step->data && whole.consumed == step->consumed);
        EXPECT_TRUE(scanner.at_chunk_boundary());
      }
      if (!step) {
        EXPECT_EQ(step.error().code, ErrorCode::bad_request);
        EXPECT_FALSE(step.error().detail.empty());
        EXPECT_FALSE(scanner.done());
        return std::nullopt;
      }
      EXPECT_LE(step->consumed, input.size());
      total += step->consumed;
      input.remove_prefix(step->consumed);
      if (step->what == ChunkScanner::What::data) {
        EXPECT_FALSE(step->data.empty());
        scanned.payload += step->data;
        continue;
      }
      if (step->what == ChunkScanner::What::end) {
        EXPECT_TRUE(scanner.done());
        scanned.size = total;
        return scanned;
      }
      EXPECT_TRUE(input.empty());
      EXPECT_FALSE(scanner.done());
      break;
    }
  }
  return scanned;
}

struct ChunkRow {
  char const* name;
  std::string_view body;
  std::string_view payload;
  bool complete = true;
  std::size_t bytes_behind = 0;  ///< that belong to what follows
};
constexpr ChunkRow kGoodRows[] = {
    {"empty_body", "0\r\n\r\n", ""},
    {"one_chunk", "5\r\nhello\r\n0\r\n\r\n", "hello"},
    {"two_chunks", "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", "hello world"},
    {"hex_of_either_case", "a\r\n0123456789\r\nB\r\n0123456789a\r\n0\r\n\r\n", "01234567890123456789a"},
    {"sixteen_digits", "0000000000000003\r\nabc\r\n0000000000000000\r\n\r\n", "abc"},
    {"line_ends_in_payload", "4\r\n\r\n\r\n\r\n0\r\n\r\n", "\r\n\r\n"},
    {"nul_in_payload", "3\r\na\0b\r\n0\r\n\r\n"sv, "a\0b"sv},
    {"what_follows_is_left", "1\r\na\r\n0\r\n\r\nGET /", "a", true, 5},
    {"extension", "1;a\r\nx\r\n0\r\n\r\n", "x"},
    {"extension_value", "1;a=b;c=d\r\nx\r\n0;e\r\n\r\n", "x"},
    {"extension_quoted", "1;a=\"b;c \\\" \\\\d\"\r\nx\r\n0\r\n\r\n", "x"},
    {"extension_quoted_empty", "1;a=\"\"\r\nx\r\n0\r\n\r\n", "x"},
    {"extension_blanks", "1; a = b ; c\t=\t\"d\" ; e ; f\r\nx\r\n0\r\n\r\n", "x"},  // BWS, RFC 9112 section 7.1.1
    {"trailer", "1\r\na\r\n0\r\nX-Sum: 1\r\n\r\n", "a"},
    {"trailers", "0\r\nA:\r\nB: c\t d \xC3\xA9\r\n\r\n", ""},
    {"nothing_yet", "", "", false},
    {"size_cut", "5", "", false},
    {"payload_cut", "5\r\nhel", "hel", false},
    {"chunk_end_missing", "5\r\nhello", "hello", false},
    {"last_chunk_missing", "5\r\nhello\r\n", "hello", false},
    {"last_chunk_cut", "5\r\nhello\r\n0\r\n", "hello", false},
    {"last_line_cut", "0\r\n\r", "", false},
    {"trailer_cut", "0\r\nA: b\r\n", "", false},
    {"largest_size", "1000000000000000\r\nabc", "abc", false},
};
class ChunkedBodyTest : public testing::TestWithParam<ChunkRow> {};

TEST_P(ChunkedBodyTest, is_read_alike_however_it_arrives) {
  auto const& row = GetParam();
  std::optional<std::size_t> size;
  if (row.complete) size = row.body.size() - row.bytes_behind;
  for_each_split(row.body, [&](Pieces const& pieces) {
    EXPECT_EQ(scan(pieces), (Scanned{std::string(row.payload), size})) << describe(pieces);
  });
}
INSTANTIATE_TEST_SUITE_P(Rows, ChunkedBodyTest, testing::ValuesIn(kGoodRows), kRowName);

struct BrokenRow {
  char const* name;
  std::string_view body;
};
constexpr BrokenRow kBrokenRows[] = {
    {"no_size", "\r\nabc\r\n"},
    {"extension_alone", ";a\r\nabc"},
    {"no_hex", "g\r\n"},
    {"sign", "+5\r\nhello\r\n"},
    {"minus", "-5\r\nhello\r\n"},
    {"prefix", "0x5\r\nhello\r\n"},
    {"underscore", "1_0\r\n"},
    {"blank_before_size", " 5\r\nhello\r\n"},
    {"blank_behind_size", "5 \r\nhello\r\n"},
    {"tab_behind_size", "5\t;a\r\nhello\r\n"},
    {"blank_inside_size", "1 0\r\n"},
    {"nul_behind_size", "5\0\r\nhello\r\n"sv},
    {"seventeen_digits", "00000000000000005\r\nhello\r\n"},
    {"beyond_2_to_60", "1000000000000001\r\nabc"},
    {"beyond_2_to_63", "8000000000000005\r\nhello"},
    {"beyond_64_bits", "10000000000000005\r\nhello"},
    {"bare_lf_behind_size", "5\nhello\r\n0\r\n\r\n"},
    {"bare_cr_behind_size", "5\rhello\r\n0\r\n\r\n"},
    {"cr_twice_behind_size", "5\r\r\nhello\r\n"},
    {"bare_lf_behind_data", "5\r\nhello\n0\r\n\r\n"},
    {"bare_cr_behind_data", "5\r\nhello\r0\r\n\r\n"},
    {"data_longer_than_size", "4\r\nhello\r\n0\r\n\r\n"},
    {"data_shorter_than_size", "6\r\nhello\r\n0\r\n\r\n"},
    {"bare_lf_ends_body", "0\r\n\n"},
    {"bare_lf_behind_zero", "0\n\r\n"},
    {"bare_cr_ends_body", "0\r\n\rx"},
    {"extension_empty", "1;\r\na\r\n"},
    {"extension_empty_among_others", "1;a;;b\r\na\r\n"},
    {"extension_no_token", "1;a@b\r\nx\r\n"},
    {"extension_without_value", "1;a=\r\nx\r\n"},
    {"extension_without_name", "1;=b\r\nx\r\n"},
    {"extension_two_values", "1;a=b=c\r\nx\r\n"},
    {"extension_two_words", "1;a b\r\nx\r\n"},
    {"extension_blank_at_the_end", "1;a \r\nx\r\n"},
    {"extension_blank_behind_value", "1;a=b \r\nx\r\n"},
    {"extension_blank_behind_quotes", "1;a=\"b\"\t\r\nx\r\n"},
    {"extension_behind_quotes", "1;a=\"b\"c\r\nx\r\n"},
    {"extension_quote_inside_token", "1;a=b\"c\"\r\nx\r\n"},
    {"extension_quote_for_name", "1;\"a\"\r\nx\r\n"},
    {"extension_line_end_in_quotes", "1;a=\"\r\nx\r\n0\r\n\r\n\"\r\n"},
    {"extension_lf_in_quotes", "1;a=\"\n\"\r\nx\r\n"},
    {"extension_escaped_cr", "1;a=\"\\\r\n\"\r\nx\r\n"},
    {"extension_bare_lf", "1;a\nx\r\n"},
    {"extension_control", "1;a\x01\r\nx\r\n"},
    {"extension_control_in_quotes", "1;a=\"\x7F\"\r\nx\r\n"},
    {"extension_obs_text", "1;a=\xFF\r\nx\r\n"},
    {"trailer_folded", "0\r\nA: b\r\n c\r\n\r\n"},
    {"trailer_begins_with_blank", "0\r\n A: b\r\n\r\n"},
    {"trailer_without_name", "0\r\n: b\r\n\r\n"},
    {"trailer_without_colon", "0\r\nA\r\n\r\n"},
    {"trailer_blank_before_colon", "0\r\nA : b\r\n\r\n"},
    {"trailer_bare_lf", "0\r\nA: b\n\r\n"},
    {"trailer_bare_cr", "0\r\nA: b\rc\r\n\r\n"},
    {"trailer_nul", "0\r\nA: \0\r\n\r\n"sv},
    {"next_message_in_place_of_trailers", "0\r\nGET / HTTP/1.1\r\n\r\n"},
};
class BrokenChunkedBodyTest : public testing::TestWithParam<BrokenRow> {};

TEST_P(BrokenChunkedBodyTest, is_refused_however_it_arrives) {
  for_each_split(GetParam().body,
                 [](Pieces const& pieces) { EXPECT_EQ(scan(pieces), std::nullopt) << describe(pieces); });
}
INSTANTIATE_TEST_SUITE_P(Rows, BrokenChunkedBodyTest, testing::ValuesIn(kBrokenRows), kRowName);

bool good(std::string const& body) { return scan({copy(body)}).has_value(); }

TEST(ChunkScannerTest, a_whole_chunk_is_taken_at_once) {
  ChunkScanner scanner;
  EXPECT_EQ(scanner.whole_chunk("3\r\nabc\r\n0").data, "abc");
  EXPECT_EQ(scanner.whole_chunk("00a\r\n0123456789\r\n").consumed, 17U);
  for (std::string_view const other : {"", "3", "3\r\nabc\r", "3\r\nabc\n\n", "3;a\r\nabc\r\n", "0\r\n\r\n",
                                       "3\n\nabc\r\n", "g\r\nabc\r\n", "\r\n\r\n", "00003\r\nabc\r\n"}) {
    EXPECT_EQ(scanner.whole_chunk(other).consumed, 0U) << other;
  }
  ASSERT_TRUE(scanner.next("5\r\nab"));
  EXPECT_EQ(scanner.whole_chunk("1\r\na\r\n").consumed, 0U);  // that is payload
}

TEST(ChunkScannerTest, bounds_a_size_line) {
  auto const line = [](std::size_t size) { return "1;" + std::string(size - 3, 'a') + "\r\nx\r\n0\r\n\r\n"; };
  EXPECT_TRUE(good(line(ChunkScanner::kMaxLineBytes - 1)));
  EXPECT_FALSE(good(line(ChunkScanner::kMaxLineBytes + 1)));
}

TEST(ChunkScannerTest, bounds_the_extensions_of_all_chunks_together) {
  std::string const chunk = "1;" + std::string(1023, 'a') + "\r\nx\r\n";  // 1,024 bytes with its ';'
  std::string body;
  for (std::size_t i = 0; i < ChunkScanner::kMaxExtensionBytes / 1024; ++i) body += chunk;
  EXPECT_TRUE(good(body + "0\r\n\r\n"));
  EXPECT_FALSE(good(body + "0;a\r\n\r\n"));
}

TEST(ChunkScannerTest, bounds_the_trailers) {
  auto const body = [](std::size_t trailer) { return "0\r\nA:" + std::string(trailer - 4, 'b') + "\r\n\r\n"; };
  EXPECT_TRUE(good(body(ChunkScanner::kMaxTrailerBytes - 2)));
  EXPECT_FALSE(good(body(ChunkScanner::kMaxTrailerBytes)));
  std::string many = "0\r\n";
  for (int i = 0; i < 4000; ++i) many += "A:b\r\n";
  EXPECT_FALSE(good(many + "\r\n"));
}

TEST(ChunkScannerTest, returns_all_the_payload_there_is_at_once) {
  ChunkScanner scanner;
  std::string const input = "fff\r\n" + std::string(1000, 'x');
  auto const step = scanner.next(input);
  ASSERT_TRUE(step);
  EXPECT_EQ(step->data.data(), input.data() + 5);
  EXPECT_EQ(step->data.size(), 1000U);
  EXPECT_EQ(step->consumed, input.size());
}

TEST(ChunkScannerTest, knows_where_a_chunk_ends) {
  ChunkScanner scanner;
  EXPECT_TRUE(scanner.at_chunk_boundary());
  EXPECT_EQ(scanner.next("1\r\na\r\n2")->consumed, 6U);  // the CRLF goes with the payload
  EXPECT_TRUE(scanner.at_chunk_boundary());
  EXPECT_EQ(scanner.next("2")->what, ChunkScanner::What::need_more);
  EXPECT_FALSE(scanner.at_chunk_boundary());
  EXPECT_EQ(scanner.next("\r\nbc\r")->consumed, 4U);  // only a whole CRLF does
  EXPECT_FALSE(scanner.at_chunk_boundary());
  EXPECT_EQ(scanner.next("\r")->what, ChunkScanner::What::need_more);
  EXPECT_FALSE(scanner.at_chunk_boundary());
  EXPECT_EQ(scanner.next("\n")->what, ChunkScanner::What::need_more);
  EXPECT_TRUE(scanner.at_chunk_boundary());
  EXPECT_EQ(scanner.next("0\r\n\r\n")->what, ChunkScanner::What::end);
  EXPECT_FALSE(scanner.at_chunk_boundary());
}

TEST(ChunkScannerTest, stays_at_the_end) {
  ChunkScanner scanner;
  EXPECT_EQ(scanner.next("0\r\n\r\nmore")->consumed, 5U);
  auto const again = scanner.next("more");
  ASSERT_TRUE(again);
  EXPECT_EQ(again->what, ChunkScanner::What::end);
  EXPECT_EQ(again->consumed, 0U);
}

}  // namespace
}  // namespace inferway::http
