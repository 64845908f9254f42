#pragma once

#include "inferway/base/clock.hpp"
#include "inferway/net/address.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace inferway::net {

using Addresses = std::vector<Address>;

/// A host and port whose addresses are kept up to date in the background. Any thread.
class Name {
 public:
  /// The addresses as last found; nullptr while the first lookup has not come back. A lookup that fails keeps what was
  /// there.
  [[nodiscard]] std::shared_ptr<Addresses const> addresses() const;
  /// The first lookup failed, and none has succeeded since.
  [[nodiscard]] bool unknown() const;

  /// One address that never changes: of a Unix socket. Nothing: a name that is never known.
  [[nodiscard]] static std::shared_ptr<Name> fixed(std::optional<Address> const& address);

 private:
  friend class Resolver;
  struct State;
  explicit Name(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

/// How one name is looked up; may block. Nothing: it failed. For tests there are others than getaddrinfo.
using LookUp = std::function<std::optional<Addresses>(std::string const& host, std::uint16_t port)>;
[[nodiscard]] std::optional<Addresses> look_up(std::string const& host, std::uint16_t port);

/// Looks names up on helper threads of the process, each name again every 5 s, and at once when asked (after a failed
/// connect). A lookup that hangs holds up no worker, and no other name either while fewer than kMostThreads hang: one
/// thread more than are busy is kept ready, and the name that has been due the longest comes first.
class Resolver {
 public:
  static constexpr int kMostThreads = 32;
  static constexpr int kMostIdleThreads = 4;  ///< further ones end when they have nothing to do
  static constexpr Duration kInterval = std::chrono::seconds(5);

  /// `on_result` is called on a helper thread after each lookup that changed a name or ended its first one.
  explicit Resolver(std::function<void()> on_result, LookUp how = look_up, Duration interval = kInterval);
  Resolver(Resolver const&) = delete;
  Resolver& operator=(Resolver const&) = delete;
  /// Does not wait for lookups under way: getaddrinfo cannot be interrupted.
  ~Resolver();

  /// A literal address is known at once and never looked up; a host and port that were added before are looked up once.
  [[nodiscard]] std::shared_ptr<Name> add(std::string const& host, std::uint16_t port);
  void refresh(Name const& name);

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace inferway::net
