#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <string>
#include <string_view>

namespace inferway::mock {

/// A client that writes and reads plain bytes, blocking.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : socket_(context_) {
    socket_.connect({boost::asio::ip::make_address("127.0.0.1"), port});
  }
  void send(std::string_view bytes) { boost::asio::write(socket_, boost::asio::buffer(bytes)); }
  /// What comes until `end` stands in it, or the connection ends.
  std::string read_until(std::string_view end) {
    while (received_.find(end) == std::string::npos && read_some()) {
    }
    return received_;
  }
  std::string read_to_end() {
    while (read_some()) {
    }
    return received_;
  }
  /// Nothing when the connection is open, else how it ended.
  [[nodiscard]] boost::system::error_code end() const { return end_; }
  void half_close() { socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_send); }
  void forget() { received_.clear(); }

 private:
  bool read_some() {
    std::array<char, 4096> piece;
    received_.append(piece.data(), socket_.read_some(boost::asio::buffer(piece), end_));
    return !end_;
  }

  boost::asio::io_context context_;
  boost::asio::ip::tcp::socket socket_;
  boost::system::error_code end_;
  std::string received_;
};

inline std::string chat_call(std::string const& more_headers, std::string const& more = "") {
  auto const body = R"({"model":"m","messages":[{"role":"user","content":"hi"}])" + more + "}";
  return "POST /v1/chat/completions HTTP/1.1\r\nHost: mock\r\n" + more_headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

inline std::string stream_call(std::string const& more_headers = "") {
  return chat_call(more_headers, R"(,"stream":true)");
}

}  // namespace inferway::mock
