#pragma once

#include "backend.hpp"
#include "fuzz.hpp"
#include "inferway/config/loader.hpp"
#include "inferway/proxy/proxy.hpp"
#include "inferway/server/server.hpp"

#include <deque>
#include <map>
#include <string>
#include <sys/socket.h>

/// One client connection served from its first byte to its end, on one loop, in one thread: what the client sent, what
/// came back, what the backend saw, what was logged. Nothing waits for a clock: a piece is sent once all that the one
/// before has set off has come to rest.
namespace inferway::fuzz {

/// Keeps the records and counts as a worker's shard does.
class Recorder final : public telemetry::Shard {
 public:
  void finish(telemetry::Record const& record) override { records.push_back(record); }
  telemetry::BackendCounters& backend(std::string_view name) override { return backends[std::string(name)]; }
  std::deque<telemetry::Record> records;
  std::map<std::string, telemetry::BackendCounters> backends;
};

class Served {
 public:
  Served(config::Config const& config, net::Resolver& resolver, std::string const& socket, Pieces pieces,
         std::optional<Pieces> answer)
      : pieces_(std::move(pieces)),
        backend_(loop_, socket, std::move(answer)),
        load_meter_(loop_, count_.open, buffered_.held, recorder_),
        mirrors_(loop_),
        snapshot_(config, resolver, {}),
        upstream_(loop_, snapshot_.directory, config.limits, recorder_, 1),
        proxy_(loop_, snapshot_, upstream_, buffered_, load_meter_, mirrors_, recorder_),
        server_(loop_, proxy_, {.limits = config.limits, .timeouts = config.timeouts, .clients = nullptr}, count_,
                recorder_) {
    std::array<int, 2> pair{};
    must(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair.data()) == 0, "a pair of sockets");
    client_ = net::Descriptor(pair[0]);
    server_.load().fetch_add(1);
    loop_.defer([this, other = pair[1]] { server_.serve(net::Descriptor(other), net::Address()); });
    loop_.post([this] { turn(); });
    loop_.run();
    must(server_.sessions() == 0, "the session has ended");
    check_books();
  }

  [[nodiscard]] std::string const& answers() const { return answers_; }
  [[nodiscard]] std::vector<std::string> seen() const { return backend_.seen(); }
  [[nodiscard]] std::deque<telemetry::Record> const& records() const { return recorder_.records; }

 private:
  static constexpr int kRest = 6;  ///< turns of the loop without an event: nothing is on its way any more
  static constexpr int kMost = 20'000;

  /// One turn of the loop: it posts itself anew, so that the loop never sleeps.
  void turn() {
    must(++turns_ < kMost, "a connection comes to rest");
    hear();
    rested_ = events_ + backend_.events() == known_ ? rested_ + 1 : 0;
    known_ = events_ + backend_.events();
    if (rested_ >= kRest && !act()) return loop_.stop();
    loop_.post([this] { turn(); });
  }

  /// What the client does next: the next piece, the end of its side, the end of the connection; then the server's end.
  bool act() {
    rested_ = 0;
    if (next_ < pieces_.size()) {
      auto const piece = view(pieces_[next_++]);
      [[maybe_unused]] auto const sent = ::send(client_.get(), piece.data(), piece.size(), MSG_NOSIGNAL);
      return true;
    }
    switch (ending_++) {
      case 0: return ::shutdown(client_.get(), SHUT_WR), true;
      case 1: return client_.close(), true;
      case 2: return server_.cut(), upstream_.drain(), true;
      default: return false;
    }
  }

  void hear() {
    std::array<char, 16384> bytes;  // recv() fills it
    while (client_) {
      auto const got = ::recv(client_.get(), bytes.data(), bytes.size(), 0);
      if (got <= 0) break;
      ++events_;
      answers_.append(bytes.data(), static_cast<std::size_t>(got));
    }
  }

  void check_books() {
    must(recorder_.requests_inflight.get() == 0, "no request is under way any more");
    must(recorder_.connections_open.get() == 0 && count_.open == 0, "no connection is open any more");
    must(recorder_.websockets_open.get() == 0, "no WebSocket is open any more");
    must(recorder_.sessions_failed.get() == 0, "no session ended by an exception");
    must(recorder_.buffered_bytes.get() == 0 && buffered_.held == 0, "no body is held any more");
    for (auto const& [name, counters] : recorder_.backends) {
      must(counters.inflight.get() == 0 && counters.connections_open.get() == 0, "no attempt is under way any more");
    }
  }

  Recorder recorder_;
  net::Loop loop_;
  Pieces pieces_;
  Backend backend_;
  proxy::BufferedBytes buffered_;
  server::ConnectionCount count_;
  proxy::LoadMeter load_meter_;
  proxy::Mirrors mirrors_;
  proxy::Snapshot snapshot_;
  upstream::Upstream upstream_;
  proxy::Proxy proxy_;
  server::Server server_;
  net::Descriptor client_;
  std::string answers_;
  std::size_t next_ = 0;
  int ending_ = 0;
  int turns_ = 0;
  int rested_ = 0;
  std::uint64_t events_ = 0;
  std::uint64_t known_ = 0;
};

}  // namespace inferway::fuzz
