#pragma once

#include "inferway/mock/behaviour.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace inferway::mock {

struct Options {
  std::vector<std::string> listen{"127.0.0.1:0"};  ///< literal addresses; port 0: the kernel chooses
  std::vector<std::string> models;                 ///< empty: a call may name any model
  Behaviour behaviour;
};

/// What a mock has seen so far.
struct Counts {
  std::uint64_t requests = 0;
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_open = 0;
  std::uint64_t streams_started = 0;
  std::uint64_t streams_completed = 0;
  std::uint64_t cancelled = 0;  ///< answers whose client went before their end
  std::uint64_t tokens = 0;     ///< sent in streams
  std::uint64_t cut = 0;        ///< answers that it broke off, or did not begin, because it was told to
  std::uint64_t health_checks = 0;
};

/// A double of a model server: it speaks the OpenAI API, answers with made-up text, and misbehaves on demand. Its HTTP
/// comes from Boost.Beast, so it shares no code with the gateway that is tested against it. Runs on a thread of its
/// own.
class MockServer {
 public:
  /// Binds and starts. Errors: std::runtime_error that names the address.
  explicit MockServer(Options options = {});
  MockServer(MockServer const&) = delete;
  MockServer& operator=(MockServer const&) = delete;
  ~MockServer();

  /// The port of an address of Options::listen.
  [[nodiscard]] std::uint16_t port(std::size_t index = 0) const;
  /// "http://127.0.0.1:41234"
  [[nodiscard]] std::string url(std::size_t index = 0) const;
  [[nodiscard]] Counts counts() const;

  /// Closes all connections and ends the thread. Done by the destructor, too.
  void stop();

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace inferway::mock
