#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

namespace inferway::policy {

using Digest = std::array<std::uint8_t, 32>;

/// SHA-256, for one thread. libcrypto's algorithm is fetched once, here: its one-shot functions look it up under a lock
/// for each call.
class Sha256 {
 public:
  /// Throws std::runtime_error when libcrypto has no SHA-256.
  Sha256();
  Sha256(Sha256 const&) = delete;
  Sha256& operator=(Sha256 const&) = delete;
  ~Sha256();

  [[nodiscard]] Digest digest(std::string_view text);

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace inferway::policy
