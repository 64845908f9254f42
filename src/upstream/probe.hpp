#pragma once

#include "inferway/net/stream.hpp"
#include "inferway/upstream/upstream.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace inferway::upstream {

/// One question to an endpoint whether it is well. Readiness-based like all else: go_on() does what can be done, and
/// is called again when the watcher was notified.
class Probe {
 public:
  struct Verdict {
    bool passed = false;
    std::string why;    ///< for people
    bool ours = false;  ///< it is the gateway that could not ask: that says nothing of the endpoint
  };

  /// `request`: its bytes. They, backend and endpoint outlive the probe.
  Probe(net::Loop& loop, Directory& directory, Backend& backend, Endpoint& endpoint, std::string_view request,
        net::Watcher& watcher);

  /// The verdict, once.
  [[nodiscard]] std::optional<Verdict> go_on();
  /// How it stands, for a verdict when time is up.
  [[nodiscard]] std::string_view waits_for() const;
  /// After the verdict: reads on, so that the endpoint sees an orderly end. True: nothing more is worth waiting for.
  [[nodiscard]] bool drained();

 private:
  enum class State : std::uint8_t { naming, connecting, handshaking, sending, reading, over };

  [[nodiscard]] std::optional<Verdict> dial();
  [[nodiscard]] std::optional<Verdict> connect();
  [[nodiscard]] std::optional<Verdict> shake_hands();
  [[nodiscard]] std::optional<Verdict> send();
  [[nodiscard]] std::optional<Verdict> read();
  [[nodiscard]] std::optional<Verdict> judge();

  net::Loop& loop_;
  Directory& directory_;
  Backend& backend_;
  Endpoint& endpoint_;
  std::string_view unsent_;
  net::Watcher& watcher_;
  State state_ = State::naming;
  std::shared_ptr<net::Addresses const> addresses_;
  std::size_t dialled_ = 0;  ///< addresses tried
  std::unique_ptr<net::Stream> stream_;
  std::string answer_;
  std::size_t scanned_ = 0;
  std::size_t read_ = 0;                 ///< bytes of the answer in all
  std::optional<std::size_t> whole_at_;  ///< so many bytes are the whole answer, if it says so
};

}  // namespace inferway::upstream
