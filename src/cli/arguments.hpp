#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace inferway::cli {

/// The value of `--name VALUE` or `--name=VALUE` at `index`, which moves on; nothing when it is another option.
[[nodiscard]] std::optional<std::string_view> option(std::string_view option_name,
                                                     std::span<char const* const> arguments, std::size_t& index);

}  // namespace inferway::cli
