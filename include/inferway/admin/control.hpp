#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace inferway::admin {

/// What became of a reload.
struct ReloadResult {
  bool done = false;             ///< the rest is not there before
  bool taken = false;            ///< all workers serve by the new configuration
  std::uint64_t generation = 0;  ///< the one in force now
  std::vector<std::string> errors;
  std::vector<std::string> warnings;
};

/// What an operator wants of an endpoint.
enum class Wish : std::uint8_t {
  enable,
  drain,    ///< what is under way ends well, nothing new begins
  disable,  ///< likewise, and it is not checked either
};

enum class WishOutcome : std::uint8_t { done, unchanged, no_such_backend, no_such_endpoint };

/// What the admin API does to the gateway. Called on the admin port's thread.
class Control {
 public:
  virtual ~Control() = default;
  /// Begins a reload, or puts it behind the one under way. The result is filled in later, and then `changed` is called,
  /// unless it was dropped meanwhile.
  [[nodiscard]] virtual std::shared_ptr<ReloadResult const> reload(std::weak_ptr<std::function<void()>> changed) = 0;
  /// All backends with their endpoints, as JSON.
  [[nodiscard]] virtual std::string backends() const = 0;
  /// `endpoint`: its place in the backend's list, from 0, or its URL.
  [[nodiscard]] virtual WishOutcome wish(std::string_view backend, std::string_view endpoint, Wish wish) = 0;
};

}  // namespace inferway::admin
