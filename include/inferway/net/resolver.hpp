#pragma once

#include "inferway/net/address.hpp"

#include <cstdint>
#include <functional>
#include <memory>
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

 private:
  friend class Resolver;
  struct State;
  explicit Name(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

/// Looks names up with getaddrinfo on helper threads of the process: one slow name holds up neither a worker nor, with
/// kThreads of them, another name. Each name is looked up again every 5 s, and at once when asked (after a failed
/// connect).
class Resolver {
 public:
  static constexpr int kThreads = 4;

  /// `on_result` is called on a helper thread after each lookup that changed a name or ended its first one.
  explicit Resolver(std::function<void()> on_result);
  Resolver(Resolver const&) = delete;
  Resolver& operator=(Resolver const&) = delete;
  /// Does not wait for lookups under way: getaddrinfo cannot be interrupted.
  ~Resolver();

  /// A literal address is known at once and never looked up.
  [[nodiscard]] std::shared_ptr<Name> add(std::string const& host, std::uint16_t port);
  void refresh(Name const& name);

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace inferway::net
