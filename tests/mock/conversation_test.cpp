// A Realtime session over a real WebSocket.

#include "inferway/mock/mock_server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket.hpp>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <thread>

namespace inferway::mock {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using asio::ip::tcp;
using Json = nlohmann::json;

/// A client that speaks and listens, blocking.
class Talker {
 public:
  explicit Talker(MockServer const& server, std::string const& behaviour = "", std::string const& value = "") {
    socket_.next_layer().connect({asio::ip::make_address("127.0.0.1"), server.port()});
    websocket::permessage_deflate deflate;
    deflate.client_enable = true;
    socket_.set_option(deflate);
    socket_.set_option(websocket::stream_base::decorator([=](websocket::request_type& request) {
      request.set(http::field::sec_websocket_protocol, "other, realtime");
      if (!behaviour.empty()) request.set("x-mock-" + behaviour, value);
    }));
    boost::system::error_code refused;
    socket_.handshake(answer, "mock", "/v1/realtime?model=m", refused);
  }

  void say(Json const& message) { socket_.write(asio::buffer(message.dump())); }
  /// The type of the next event; why there is none.
  std::string hear() {
    boost::beast::flat_buffer buffer;
    boost::system::error_code error;
    socket_.read(buffer, error);
    if (error == websocket::error::closed) return "closed " + std::to_string(socket_.reason().code);
    if (error) return "cut";
    return Json::parse(boost::beast::buffers_to_string(buffer.data())).at("type");
  }
  void close(std::uint16_t code) { socket_.close(websocket::close_code(code)); }

  websocket::response_type answer;

 private:
  asio::io_context context_;
  websocket::stream<tcp::socket> socket_{context_};
};

TEST(Conversation, is_a_session_with_its_subprotocol) {
  MockServer const server;
  Talker talker(server);
  EXPECT_EQ(talker.answer.result_int(), 101U);
  EXPECT_EQ(talker.answer[http::field::sec_websocket_protocol], "realtime");
  EXPECT_TRUE(talker.answer[http::field::sec_websocket_extensions].starts_with("permessage-deflate"));
  EXPECT_EQ(talker.hear(), "session.created");
  talker.say({{"type", "response.create"}});
  talker.say({{"type", "session.update"}, {"session", Json::object()}});
  std::size_t deltas = 0;
  std::string heard;
  while ((heard = talker.hear()) != "response.done") deltas += heard == "response.output_text.delta" ? 1U : 0U;
  EXPECT_EQ(deltas, 16U);
  EXPECT_EQ(talker.hear(), "session.updated");
  talker.close(4001);
  EXPECT_EQ(server.counts().streams_completed, 1U);
  EXPECT_EQ(server.counts().tokens, 16U);
}

TEST(Conversation, is_cut_where_it_is_told_to) {
  MockServer const server;
  Talker talker(server, "cut-after", "2");
  EXPECT_EQ(talker.hear(), "session.created");
  talker.say({{"type", "response.create"}});
  for (int i = 0; i < 3; ++i) talker.hear();
  EXPECT_EQ(talker.hear(), "response.output_text.delta");
  EXPECT_EQ(talker.hear(), "response.output_text.delta");
  EXPECT_EQ(talker.hear(), "cut");
}

TEST(Conversation, notices_a_client_that_goes_between_two_tokens) {
  MockServer const server;
  {
    Talker talker(server, "token-interval", "1440m");
    talker.hear();
    talker.say({{"type", "response.create"}});
    for (int i = 0; i < 4; ++i) talker.hear();
  }
  while (server.counts().cancelled == 0) std::this_thread::yield();
}

TEST(Conversation, may_be_refused) {
  MockServer const server;
  Talker const talker(server, "status", "429");
  EXPECT_EQ(talker.answer.result_int(), 429U);
}

}  // namespace
}  // namespace inferway::mock
