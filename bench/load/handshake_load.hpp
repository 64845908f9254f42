#pragma once

#include "latency.hpp"
#include "window.hpp"

#include <openssl/ssl.h>

#include <cstdint>

namespace bench {

/// TLS 1.3 handshakes one after the other, each on a connection of its own that ends with a goodbye from both sides.
class HandshakeLoad {
 public:
  struct Options {
    std::uint16_t port = 0;
    bool resume = false;  ///< each but the first goes on with a session of an earlier one
  };

  HandshakeLoad(Options options, Window& window);
  HandshakeLoad(HandshakeLoad const&) = delete;
  HandshakeLoad& operator=(HandshakeLoad const&) = delete;
  ~HandshakeLoad();

  void run();
  void report() const;

 private:
  void shake_hands();
  /// True: the handshake was done, and was what it should be.
  [[nodiscard]] bool speak(int descriptor);
  static int keep_session(SSL* ssl, SSL_SESSION* session);

  Options options_;
  Window& window_;
  SSL_CTX* context_;
  SSL_SESSION* session_ = nullptr;
  std::uint64_t begun_ = 0;
  std::uint64_t done_ = 0;  // in the measured time
  Latency latency_;
  Errors errors_;
};

}  // namespace bench
