// Boost.Beast as a second reader, written by others: what we accept, it reads alike. (Not the other way round: it takes
// much that we refuse.)

#include "inferway/base/text.hpp"
#include "inferway/http/chunk_scanner.hpp"
#include "inferway/http/head.hpp"
#include "mutation.hpp"

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <gtest/gtest.h>

#include <map>

namespace inferway::http {
namespace {

namespace beast = boost::beast;

constexpr int kRounds = 10'000;

/// By name, since Beast brings fields of one name together; those of one name in their order.
using FieldTexts = std::multimap<std::string, std::string>;

template <typename Head>
FieldTexts our_fields(Head const& head) {
  FieldTexts fields;
  for (auto const& field : head.fields) fields.emplace(lower(field.name), field.value);
  return fields;
}

template <typename Message>
FieldTexts their_fields(Message const& message) {
  FieldTexts fields;
  for (auto const& field : message) fields.emplace(lower(field.name_string()), field.value());
  return fields;
}

template <typename Parser>
beast::error_code put(Parser& parser, std::string_view bytes) {
  beast::error_code error;
  parser.body_limit(boost::none);
  parser.put(boost::asio::buffer(bytes.data(), bytes.size()), error);
  return error;
}

TEST(DifferentialTest, an_accepted_request_is_read_alike_by_beast) {
  Mutator mutator(kRequestSeeds, kHeadWords, 6);
  int accepted = 0;
  for (int round = 0; round < kRounds; ++round) {
    auto const text = mutator.next();
    RequestHead head;
    if (!head.parse(text, {})) continue;
    ++accepted;
    beast::http::request_parser<beast::http::empty_body> parser;
    auto const error = put(parser, text);
    ASSERT_TRUE(!error) << error.message() << "\n" << text;
    ASSERT_TRUE(parser.is_header_done()) << text;
    auto const& message = parser.get();
    EXPECT_EQ(std::string(message.method_string()), head.method) << text;
    EXPECT_EQ(std::string(message.target()), head.target) << text;
    EXPECT_EQ(message.version(), static_cast<unsigned>(10 + head.minor_version)) << text;
    EXPECT_EQ(their_fields(message), our_fields(head)) << text;
    EXPECT_EQ(parser.chunked(), head.framing == BodyFraming::chunked) << text;
    EXPECT_EQ(parser.content_length().has_value(), head.framing == BodyFraming::length) << text;
    EXPECT_EQ(parser.content_length().value_or(0), head.content_length) << text;
    EXPECT_TRUE(parser.upgrade() || !head.upgrade) << text;  // Beast does not ask for an Upgrade field
    EXPECT_EQ(parser.keep_alive(), head.keep_alive) << text;
  }
  EXPECT_GT(accepted, kRounds / 20);
}

TEST(DifferentialTest, an_accepted_answer_is_read_alike_by_beast) {
  Mutator mutator(kResponseSeeds, kHeadWords, 7);
  int accepted = 0;
  for (int round = 0; round < kRounds; ++round) {
    auto const text = mutator.next();
    ResponseHead head;
    if (!head.parse(text, {}, false)) continue;
    // Beast wants the space that RFC 9112 section 4 asks for even without a reason; we do not.
    if (head.reason.empty() && !text.substr(12).starts_with(' ')) continue;
    ++accepted;
    beast::http::response_parser<beast::http::empty_body> parser;
    auto const error = put(parser, text);
    ASSERT_TRUE(!error) << error.message() << "\n" << text;
    ASSERT_TRUE(parser.is_header_done()) << text;
    auto const& message = parser.get();
    EXPECT_EQ(message.result_int(), static_cast<unsigned>(head.status)) << text;
    if (!head.reason.empty()) {  // else Beast names one of its own
      EXPECT_EQ(std::string(message.reason()), head.reason) << text;
    }
    EXPECT_EQ(message.version(), static_cast<unsigned>(10 + head.minor_version)) << text;
    EXPECT_EQ(their_fields(message), our_fields(head)) << text;
    if (head.framing == BodyFraming::none) continue;
    EXPECT_EQ(parser.chunked(), head.framing == BodyFraming::chunked) << text;
    EXPECT_EQ(parser.content_length().value_or(0), head.content_length) << text;
    EXPECT_EQ(parser.need_eof(), head.framing == BodyFraming::until_close) << text;
  }
  EXPECT_GT(accepted, kRounds / 20);
}

TEST(DifferentialTest, an_accepted_chunked_body_is_read_alike_by_beast) {
  static constexpr std::string_view kSeeds[] = {
      "5\r\nhello\r\n0\r\n\r\n",
      "a;x=y;z=\"q\"\r\n0123456789\r\n1\r\nx\r\n000\r\nX-Sum: 1\r\nY: 2\r\n\r\n",
  };
  static constexpr std::string_view kWords[] = {"\r\n", "\r", "\n", "0", "f", ";",         "=",
                                                "\"",   "\\", " ",  ":", "a", "1\r\nx\r\n"};
  static constexpr std::string_view kHead = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  Mutator mutator(kSeeds, kWords, 8);
  int accepted = 0;
  for (int round = 0; round < kRounds; ++round) {
    auto const text = mutator.next();
    ChunkScanner scanner;
    std::string payload;
    std::size_t size = 0;
    while (size < text.size() && !scanner.done()) {
      auto const step = scanner.next(std::string_view(text).substr(size));
      if (!step) break;
      payload += step->data;
      size += step->consumed;
    }
    if (!scanner.done()) continue;
    ++accepted;
    beast::http::request_parser<beast::http::string_body> parser;
    parser.eager(true);
    auto const error = put(parser, std::string(kHead) + text.substr(0, size));
    ASSERT_TRUE(!error) << error.message() << "\n" << text;
    EXPECT_TRUE(parser.is_done()) << text;
    EXPECT_EQ(parser.get().body(), payload) << text;
  }
  EXPECT_GT(accepted, kRounds / 50);
}

}  // namespace
}  // namespace inferway::http
