#pragma once

#include "latency.hpp"
#include "message.hpp"
#include "output.hpp"
#include "poller.hpp"
#include "web_message.hpp"
#include "window.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace bench {

/// WebSockets that send a message, await it back, and send the next one.
class MessageLoad {
 public:
  struct Options {
    std::uint16_t port = 0;
    std::size_t connections = 64;
    std::string path = "/v1/realtime";
  };

  MessageLoad(Options options, Window& window);

  void run();
  void report() const;

 private:
  struct Tunnel {
    int descriptor = -1;
    MessageReader reader;
    Output output;
    bool upgraded = false;
    bool busy = false;
    std::uint64_t number = 0;
    Nanos asked = 0;
    std::string partial;
  };

  void open(std::size_t number);
  void ask(Tunnel& tunnel);
  void read(Tunnel& tunnel);
  char const* upgrade(Tunnel& tunnel, std::string_view& bytes);
  char const* take_echo(Tunnel& tunnel, std::string_view bytes);
  void broke(Tunnel& tunnel, std::string const& why);

  Options options_;
  Window& window_;
  Poller poller_;
  std::vector<std::unique_ptr<Tunnel>> tunnels_;
  WebMessage sent_{WebMessage::From::client};
  WebMessage received_{WebMessage::From::server};
  std::size_t busy_ = 0;
  std::uint64_t open_ = 0;
  std::string space_;

  std::uint64_t messages_ = 0;
  Latency latency_;
  Errors errors_;
};

}  // namespace bench
