#include "parameters.hpp"

#include "inferway/base/text.hpp"

#include <algorithm>

namespace inferway::dialect {

namespace {

/// Takes a quoted string from the front of `rest`, which begins with its quote. Nothing when it is not closed.
std::optional<std::string> take_quoted(std::string_view& rest) {
  std::string out;
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] == '"') {
      rest.remove_prefix(i + 1);
      return out;
    }
    // Only a quote or a backslash is ever escaped by clients; browsers send Windows paths with bare backslashes.
    if (rest[i] == '\\' && i + 1 < rest.size() && (rest[i + 1] == '"' || rest[i + 1] == '\\')) ++i;
    out += rest[i];
  }
  return std::nullopt;
}

}  // namespace

std::string const* Parameters::find(std::string_view name) const {
  auto const found = std::ranges::find_if(list, [&](auto const& item) { return iequals(item.first, name); });
  return found == list.end() ? nullptr : &found->second;
}

std::optional<Parameters> parse_parameters(std::string_view text) {
  Parameters parsed;
  auto const first = text.find(';');
  parsed.value = trim(text.substr(0, first));
  auto rest = first == std::string_view::npos ? std::string_view() : text.substr(first);
  while (!rest.empty()) {
    if (rest.front() != ';') return std::nullopt;
    rest = trim(rest.substr(1));
    if (rest.empty() || rest.front() == ';') continue;  // an empty parameter is allowed
    auto const equals = rest.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    auto const name = rest.substr(0, equals);
    rest.remove_prefix(equals + 1);
    std::string value;
    if (rest.starts_with('"')) {
      auto quoted = take_quoted(rest);
      if (!quoted) return std::nullopt;
      value = std::move(*quoted);
      rest = trim(rest);
    } else {
      auto const end = std::min(rest.find(';'), rest.size());
      value = std::string(trim(rest.substr(0, end)));
      rest.remove_prefix(end);
    }
    if (parsed.find(name) != nullptr) return std::nullopt;
    parsed.list.emplace_back(name, std::move(value));
  }
  return parsed;
}

}  // namespace inferway::dialect
