#include "inferway/dialect/stream_events.hpp"
#include "reading_events.hpp"

#include <gtest/gtest.h>

#include <random>

namespace inferway::dialect {
namespace {

using http::StreamApi;
using Seen = std::vector<std::pair<std::string, std::string>>;

struct ReaderRow {
  char const* name;
  std::string_view stream;
  Seen seen;
  StreamApi api = StreamApi::openai_done;
};

ReaderRow const kRows[] = {
    {"nothing", "", {}},
    {"one", "data: {}\n\n", {{"", "{}"}}},
    {"several", "data: a\n\ndata: b\n\n", {{"", "a"}, {"", "b"}}},
    {"crlf", "event: x\r\ndata: a\r\n\r\ndata: b\r\n\r\n", {{"x", "a"}, {"", "b"}}},
    {"cr", "event: x\rdata: a\r\rdata: b\r\r", {{"x", "a"}, {"", "b"}}},
    {"mixed_line_ends", "data: a\r\n\ndata: b\r\r\ndata: c\n\r\n", {{"", "a"}, {"", "b"}, {"", "c"}}},
    {"byte_order_mark",
     "\xEF\xBB\xBF"
     "data: a\n\n",
     {{"", "a"}}},
    {"byte_order_mark_later",
     "data: a\n\n\xEF\xBB\xBF"
     "data: b\n\n",
     {{"", "a"}}},
    {"no_space", "data:a\nevent:x\n\n", {{"x", "a"}}},
    {"two_spaces", "data:  a\n\n", {{"", " a"}}},
    {"lines_joined", "data: a\ndata: b\ndata:\ndata\ndata:c\n\n", {{"", "a\nb\n\n\nc"}}},
    {"empty_data", "data\n\ndata:\n\n", {{"", ""}, {"", ""}}},
    {"last_name_counts", "event: x\ndata: a\nevent: y\n\n", {{"y", "a"}}},
    {"name_without_data", "event: x\n\ndata: a\n\n", {{"", "a"}}},
    {"comments", ": a\n\n:data: b\n\ndata: c\n: d\n\n", {{"", "c"}}},
    {"blank_lines", "\n\n\ndata: a\n\n\n\n", {{"", "a"}}},
    {"other_fields", "id: 1\nretry: 5\ndatax: n\ndat: n\n data: n\nDATA: n\ndata: a\n\n", {{"", "a"}}},
    {"not_complete", "data: a\n\ndata: b\n", {{"", "a"}}},
    {"lines", "{\"a\":1}\n{}\r\n\n{}\n{\"b\"", {{"", "{\"a\":1}"}, {"", "{}"}, {"", "{}"}}, StreamApi::ollama_lines},
};

class EventReaderTest : public testing::TestWithParam<ReaderRow> {};

TEST_P(EventReaderTest, reads_a_stream_alike_however_it_arrives) {
  auto const& row = GetParam();
  for_each_split(row.stream, [&](Pieces const& pieces) {
    ReadStream const read(row.api, pieces);
    EXPECT_EQ(read.seen(), row.seen) << describe(pieces);
    EXPECT_EQ(read.raw + std::string(read.held()), row.stream) << describe(pieces);
    EXPECT_EQ(read.scanner().events(), row.seen.size()) << describe(pieces);
  });
}
INSTANTIATE_TEST_SUITE_P(Rows, EventReaderTest, testing::ValuesIn(kRows), kRowName);

TEST(EventReaderTest, reads_any_stream_alike_however_it_arrives) {
  static constexpr std::string_view kWords[] = {
      "data:", "data: ", "event: ", "\n",    "\r",   "\r\n",         "\n\n", "\r\n\r\n", ":",    " ",
      "x",     "{}",     "[DONE]",  "error", "data", "\xEF\xBB\xBF", "\xEF", "\"",       "event"};
  std::mt19937 random(20);
  for (int round = 0; round < 400; ++round) {
    std::string stream;
    while (random() % 24 != 0) stream += kWords[random() % std::size(kWords)];
    for (auto const api : {StreamApi::openai_done, StreamApi::anthropic_messages, StreamApi::ollama_lines}) {
      ReadStream const whole(api, stream);
      for_each_split(stream, [&](Pieces const& pieces) {
        ReadStream const read(api, pieces);
        ASSERT_EQ(read.seen(), whole.seen()) << describe(pieces) << ' ' << testing::PrintToString(stream);
        ASSERT_EQ(read.raw + std::string(read.held()), stream) << describe(pieces);
        ASSERT_EQ(read.scanner().events(), whole.scanner().events()) << describe(pieces);
      });
    }
  }
}

TEST(EventReaderTest, leaves_what_is_not_whole) {
  EventReader reader(StreamApi::openai_done);
  reader.feed("data: a\n\ndata: [DONE]\n");
  ASSERT_TRUE(reader.next());
  EXPECT_FALSE(reader.next());
  EXPECT_EQ(reader.rest(), "data: [DONE]\n");
}

}  // namespace
}  // namespace inferway::dialect
