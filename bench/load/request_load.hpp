#pragma once

#include "content.hpp"
#include "latency.hpp"
#include "message.hpp"
#include "output.hpp"
#include "poller.hpp"
#include "window.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace bench {

/// Requests over kept connections, one at a time on each. Closed: each connection asks again as soon as it has its
/// answer. Open: requests begin at a rate, whether or not earlier ones are answered; their time counts from when they
/// were due, even if they had to wait here for a connection.
class RequestLoad {
 public:
  struct Options {
    std::uint16_t port = 0;
    std::size_t connections = 64;
    std::string method = "POST";
    std::string path = "/v1/chat/completions";
    std::string type = "application/json";
    std::uint64_t models = 1;       // how many different numbers stand in the body's hole
    std::int64_t rate = 0;          // requests a second; 0: closed
    bool refusals_allowed = false;  // 503 with Retry-After is counted, not an error
  };

  RequestLoad(Options options, Content const& body, Content const& answer, Window& window);

  void run();
  void report() const;

 private:
  struct Connection {
    int descriptor = -1;
    std::size_t number = 0;
    MessageReader reader;
    Output output;
    std::uint64_t answer_at = 0;
    std::uint64_t content_bytes_seen = 0;
    Nanos asked = 0;
    bool busy = false;
    bool polls_output = false;
  };

  void render_requests();
  void open(Connection& connection);
  void close(Connection& connection);
  void ask(Connection& connection, Nanos due);
  void ready(Connection& connection, std::uint32_t events);
  void read(Connection& connection);
  bool consume(Connection& connection, std::string_view bytes);
  bool take_body(Connection& connection);
  void answered(Connection& connection);
  void broke(Connection& connection, std::string const& why);
  void after(Connection& connection);
  void begin_due(Nanos now);
  void poll_output(Connection& connection) const;
  Nanos next(Nanos now) const;

  Options options_;
  Content const& body_;
  Content const& answer_;
  Window& window_;
  Poller poller_;
  std::vector<std::string> requests_;  // whole ones, or heads in front of a large body
  std::size_t next_request_ = 0;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<Connection*> idle_;  // open load: who may ask
  std::deque<Nanos> waiting_;      // open load: requests that are due and have no connection yet
  Nanos next_due_ = 0;
  std::size_t busy_ = 0;
  std::string space_;

  std::uint64_t good_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t offered_ = 0;
  std::uint64_t received_bytes_ = 0;
  std::uint64_t sent_bytes_ = 0;
  std::uint64_t reopened_ = 0;
  std::uint64_t finished_ = 0;  // good ones, measured or not
  Latency latency_;
  Latency refusal_latency_;
  Errors errors_;
};

}  // namespace bench
