#pragma once

#include "beast.hpp"
#include "fuzz.hpp"
#include "inferway/http/websocket.hpp"
#include "inferway/net/loop.hpp"

#include <array>
#include <charconv>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <vector>

/// A backend on a Unix socket of the same loop: it keeps all that it sees, and answers each whole request.
namespace inferway::fuzz {

/// Where it listens; gone with the process, if that ends in order.
class SocketPlace {
 public:
  SocketPlace() {
    std::string name = (std::filesystem::temp_directory_path() / "fuzz-XXXXXX").string();
    must(::mkdtemp(name.data()) != nullptr, "a directory for the socket");
    directory_ = name;
  }
  ~SocketPlace() {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  [[nodiscard]] std::string path() const { return (directory_ / "backend").string(); }

 private:
  std::filesystem::path directory_;
};

class Backend final : private net::Source {
 public:
  /// `answer`: what each request is answered with, behind which the connection ends. Nothing: an answer that is right,
  /// and the connection is kept.
  Backend(net::Loop& loop, std::string const& path, std::optional<Pieces> answer)
      : loop_(loop), answer_(std::move(answer)), listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0)) {
    ::unlink(path.c_str());
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    auto const* const generic = reinterpret_cast<sockaddr const*>(&address);
    must(::bind(listener_.get(), generic, sizeof address) == 0 && ::listen(listener_.get(), 64) == 0, "a listener");
    loop_.add(*this, listener_.get(), EPOLLIN | EPOLLET);
  }
  ~Backend() { loop_.remove(*this, listener_.get()); }

  /// Of each connection, in the order in which they were made.
  [[nodiscard]] std::vector<std::string> seen() const {
    std::vector<std::string> out;
    out.reserve(connections_.size());
    for (auto const& connection : connections_) out.push_back(connection->seen);
    return out;
  }
  /// Rises whenever something happens here.
  [[nodiscard]] std::uint64_t events() const { return events_; }

 private:
  struct Connection final : net::Source {
    Connection(Backend& owner, int accepted) : backend(owner), descriptor(accepted) {
      backend.loop_.add(*this, descriptor.get(), EPOLLIN | EPOLLRDHUP | EPOLLET);
    }
    ~Connection() { end(); }
    void on_events(std::uint32_t) override { backend.read(*this); }
    void end() {
      if (descriptor.get() < 0) return;
      backend.loop_.remove(*this, descriptor.get());
      descriptor.close();
    }

    Backend& backend;
    net::Descriptor descriptor;
    std::string seen;
    std::size_t answered = 0;  ///< bytes of `seen` whose requests have their answer
    bool tunnel = false;
  };

  void on_events(std::uint32_t) override {
    while (true) {
      int const accepted = ::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK);
      if (accepted < 0) return;
      ++events_;
      connections_.push_back(std::make_unique<Connection>(*this, accepted));
    }
  }

  void read(Connection& connection) {
    std::array<char, 16384> bytes;  // recv() fills it
    while (connection.descriptor.get() >= 0) {
      auto const got = ::recv(connection.descriptor.get(), bytes.data(), bytes.size(), 0);
      if (got < 0) break;
      ++events_;
      if (got == 0) return connection.end();
      connection.seen.append(bytes.data(), static_cast<std::size_t>(got));
    }
    while (!connection.tunnel && connection.descriptor.get() >= 0 && answer_next(connection)) continue;
  }

  /// False: there is no whole request.
  bool answer_next(Connection& connection) {
    beast::http::request_parser<beast::http::string_body> parser;
    parser.eager(true);
    beast::error_code error;
    auto const size = put(parser, std::string_view(connection.seen).substr(connection.answered), error);
    if (error || !parser.is_done()) return false;
    connection.answered += size;
    auto const& request = parser.get();
    if (answer_) {
      for (auto const& piece : *answer_) send(connection, view(piece));
      connection.end();
    } else if (request.find("Sec-WebSocket-Key") != request.end()) {
      connection.tunnel = true;
      send(connection,
           "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: " +
               http::websocket_accept(std::string(request["Sec-WebSocket-Key"])) + "\r\n\r\n\x81\x02hi");
    } else if (request.method_string() == "HEAD") {
      send(connection, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
    } else if (request.body().contains("\"stream\"")) {
      send(connection, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n" +
                           chunk("data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n") +
                           chunk("\ndata: [DONE]\n\n") + "0\r\n\r\n");
    } else {
      send(connection, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
    }
    return true;
  }

  static std::string chunk(std::string const& data) {
    std::array<char, 8> digits;  // to_chars fills it
    auto const end = std::to_chars(digits.data(), digits.data() + digits.size(), data.size(), 16).ptr;
    return std::string(digits.data(), end) + "\r\n" + data + "\r\n";
  }

  static void send(Connection& connection, std::string_view text) {
    [[maybe_unused]] auto const sent = ::send(connection.descriptor.get(), text.data(), text.size(), MSG_NOSIGNAL);
  }

  net::Loop& loop_;
  std::optional<Pieces> answer_;
  net::Descriptor listener_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::uint64_t events_ = 0;
};

}  // namespace inferway::fuzz
