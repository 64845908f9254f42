#pragma once

#include "inferway/base/clock.hpp"
#include "inferway/config/config.hpp"

#include <expected>
#include <string>
#include <string_view>

namespace inferway::cli {

/// What an admin port said.
struct AdminAnswer {
  int status = 0;
  std::string body;  ///< whole, at most 64 KiB with its head
};

/// GETs `path` from `address`, where a wildcard means the loopback address of its family. Blocking, until `deadline` at
/// the latest. The error is the rest of a sentence that begins with the address.
[[nodiscard]] std::expected<AdminAnswer, std::string> ask_admin(config::Listen const& address, std::string_view path,
                                                                TimePoint deadline);

}  // namespace inferway::cli
