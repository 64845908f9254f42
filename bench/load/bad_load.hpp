#pragma once

#include "poller.hpp"
#include "window.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>

namespace bench {

/// Clients nobody wants, so many a second, a connection each: every other one sends what is no valid request and reads
/// what comes; the others leave with a reset, in the midst of a request or as soon as it is sent.
class BadLoad {
 public:
  struct Options {
    std::uint16_t port = 0;
    std::int64_t rate = 300;
    std::string path = "/v1/chat/completions";
  };

  BadLoad(Options options, Window& window) : options_(std::move(options)), window_(window) {}

  void run();
  void report() const;

 private:
  struct Client {
    int descriptor = -1;
    std::string request;
    bool leaves = false;
    Nanos began = 0;
    std::string answer;
  };

  void begin(Nanos now);
  void ready(Client& client, std::uint32_t events);
  void end(Client& client);

  Options options_;
  Window& window_;
  Poller poller_;
  std::unordered_map<Client*, std::unique_ptr<Client>> clients_;
  std::uint64_t begun_ = 0;
  std::uint64_t refused_ = 0;  // answered 4xx or closed without an answer
  std::uint64_t left_ = 0;
  Errors errors_;  // taken for valid
};

}  // namespace bench
