#include "arguments.hpp"

namespace inferway::cli {

std::optional<std::string_view> option(std::string_view option_name, std::span<char const* const> arguments,
                                       std::size_t& index) {
  std::string_view const argument = arguments[index];
  if (argument == option_name && index + 1 < arguments.size()) return arguments[++index];
  if (argument.starts_with(option_name) && argument.substr(option_name.size()).starts_with('=')) {
    return argument.substr(option_name.size() + 1);
  }
  return std::nullopt;
}

}  // namespace inferway::cli
