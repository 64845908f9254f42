#include "parameters.hpp"

#include "inferway/base/text.hpp"
#include "inferway/http/head.hpp"

#include <algorithm>

namespace inferway::dialect {

namespace {

/// Takes a quoted string from the front of `rest`, which begins with its quote. Nothing when it is not closed, or when
/// a parser that knows no escapes would find another parameter in it: a semicolon behind an escaped quote.
std::optional<std::string> take_quoted(std::string_view& rest) {
  std::string out;
  bool closed_to_some = false;
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] == '"') {
      rest.remove_prefix(i + 1);
      return out;
    }
    // Only a quote or a backslash is ever escaped by clients; browsers send Windows paths with bare backslashes.
    if (rest[i] == '\\' && i + 1 < rest.size() && (rest[i + 1] == '"' || rest[i + 1] == '\\')) ++i;
    if (rest[i] == ';' && closed_to_some) return std::nullopt;
    closed_to_some = closed_to_some || rest[i] == '"';
    out += rest[i];
  }
  return std::nullopt;
}

/// Takes a value, quoted or a token, from the front of `rest`.
std::optional<std::string> take_value(std::string_view& rest) {
  if (rest.starts_with('"')) return take_quoted(rest);
  auto const value = trim(rest.substr(0, rest.find(';')));
  if (!http::is_token(value)) return std::nullopt;
  rest.remove_prefix(value.size());
  return std::string(value);
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
    if (!http::is_token(name) || parsed.find(name) != nullptr) return std::nullopt;
    // Some parsers let name*0, name*1, ... or name* (RFC 2231) stand in for name, others know nothing of it.
    if (name.find('*') != std::string_view::npos && !iequals(name, "filename*")) return std::nullopt;
    rest.remove_prefix(equals + 1);
    auto value = take_value(rest);
    if (!value) return std::nullopt;
    parsed.list.emplace_back(name, std::move(*value));
    rest = trim(rest);
  }
  return parsed;
}

}  // namespace inferway::dialect
