#include "inferway/http/forwarded_for.hpp"

#include <ranges>
#include <string_view>

namespace inferway::http {

namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t";
  auto const begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

/// An address as proxies write it: also in brackets, and with the client's port.
std::optional<IpAddress> parse_entry(std::string_view entry) {
  if (entry.starts_with('[')) {
    auto const end = entry.find(']');
    auto const rest = end == std::string_view::npos ? std::string_view() : entry.substr(end + 1);
    if (!rest.empty() && !rest.starts_with(':')) return std::nullopt;
    auto const address = entry.substr(1, end == std::string_view::npos ? end : end - 1);
    return end != std::string_view::npos && address.find(':') != std::string_view::npos ? IpAddress::parse(address)
                                                                                        : std::nullopt;
  }
  auto const colon = entry.find(':');
  bool const v4_with_port = colon != std::string_view::npos && entry.find(':', colon + 1) == std::string_view::npos;
  return IpAddress::parse(v4_with_port ? entry.substr(0, colon) : entry);
}

}  // namespace

std::optional<IpAddress> forwarded_client(RequestHead const& head, IpAddress const& peer, IpSet const& trusted) {
  std::optional<IpAddress> client;
  for (auto const& field : std::views::reverse(head.fields)) {
    if (field.id != FieldId::x_forwarded_for) continue;
    if (!client) client = peer;
    auto rest = field.value;
    while (!trimmed(rest).empty()) {
      auto const comma = rest.rfind(',');
      auto const entry = trimmed(comma == std::string_view::npos ? rest : rest.substr(comma + 1));
      rest = comma == std::string_view::npos ? std::string_view() : rest.substr(0, comma);
      if (entry.empty()) continue;  // RFC 9110 section 5.6.1.2: empty elements do not count
      auto const address = parse_entry(entry);
      if (!address) return client;
      client = *address;
      if (!trusted.contains(*client)) return client;
    }
  }
  return client;
}

}  // namespace inferway::http
