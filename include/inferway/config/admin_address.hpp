#pragma once

#include "inferway/config/config.hpp"
#include "inferway/config/loader.hpp"

#include <expected>
#include <string>
#include <string_view>

/// Where the admin port of a running gateway is, for those who ask it.
namespace inferway::config {

/// "127.0.0.1:9901", "[::1]:9901" or "unix:/path". The error is the rest of a sentence that begins with the address.
[[nodiscard]] std::expected<Listen, std::string> parse_admin_address(std::string_view text);

/// `admin.address` of a file, or its default. Nothing else of the file is looked at: a running gateway can be asked
/// while its file is being edited, or when the variables of its secrets are set for the gateway alone. Blocking.
[[nodiscard]] std::expected<Listen, Problem> admin_address_of(std::string const& file,
                                                              Environment const& environment = {});

/// As parse_admin_address reads it.
[[nodiscard]] std::string admin_address_text(Listen const& address);

}  // namespace inferway::config
