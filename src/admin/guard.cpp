#include "guard.hpp"

#include "inferway/base/text.hpp"

namespace inferway::admin {

namespace {

/// Of host[:port], or of [address][:port].
std::string_view without_port(std::string_view authority) {
  if (authority.starts_with('[')) return authority.substr(0, authority.find(']') + 1);
  return authority.substr(0, authority.find(':'));
}

bool is_local(std::string_view host) {
  auto const name = without_port(host);
  // All of 127.0.0.0/8; a name that only looks like it has letters in it.
  bool const loopback = name.starts_with("127.") && name.find_first_not_of("0123456789.") == std::string_view::npos;
  return loopback || name == "[::1]" || iequals(name, "localhost");
}

std::string_view without_scheme(std::string_view origin) {
  for (std::string_view const scheme : {"http://", "https://"}) {
    if (origin.starts_with(scheme)) return origin.substr(scheme.size());
  }
  return {};
}

}  // namespace

std::string_view foreign(http::RequestHead const& head, bool local_name_wanted) {
  if (auto const* const site = head.find("sec-fetch-site")) {
    if (site->value != "same-origin" && site->value != "none") return "a page of another site sent it (Sec-Fetch-Site)";
  }
  if (auto const* const origin = head.find("origin")) {
    auto const from = without_scheme(origin->value);
    if (from.empty() || !iequals(from, head.host)) return "a page of another site sent it (Origin)";
  }
  // Whoever leaves Host out (HTTP/1.0) is no browser.
  if (local_name_wanted && !head.host.empty() && !is_local(head.host)) {
    return "Host does not name this machine (localhost, 127.0.0.1, [::1]), and there is no admin.token";
  }
  return {};
}

}  // namespace inferway::admin
