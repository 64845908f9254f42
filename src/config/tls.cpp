#include "tls.hpp"

#include "address.hpp"
#include "known_keys.hpp"

#include <algorithm>

namespace inferway::config {
namespace {

TlsIdentity read_identity(Section const& section) {
  return {.cert = section.required("cert").text().value_or(""),
          .key = section.required("key").text().value_or(""),
          .position = section.value().position()};
}

/// What a certificate can be made out to: a name, or a literal address.
std::optional<std::string> read_server_name(Value const& value) {
  auto name = value.text_or_null();
  if (!name) return std::nullopt;
  bool const v6 = name->find(':') != std::string::npos;
  auto const endpoint = parse_endpoint("https://" + (v6 ? "[" + *name + "]" : *name));
  if (endpoint && endpoint->path.empty() && endpoint->authority == (v6 ? "[" + endpoint->host + "]" : endpoint->host)) {
    return endpoint->host;
  }
  value.complain("is neither a host name nor an address");
  return std::nullopt;
}

}  // namespace

std::optional<ListenerTls> read_listener_tls(Value const& value) {
  if (!value.given() || value.is(Kind::null)) return std::nullopt;
  Section const section(value, keys::kListenerTls);
  ListenerTls out;
  out.position = value.position();
  out.identities.push_back(read_identity(section));
  section["certificates"].each_item(
      [&](Value const& item) { out.identities.push_back(read_identity(Section(item, keys::kCertificate))); });
  out.client_ca = section["client_ca"].text_or_null();
  return out;
}

BackendTls read_backend_tls(Value const& value, Backend const& backend) {
  Section const section(value, keys::kBackendTls);
  BackendTls out;
  out.position = value.position();
  out.verify = section["verify"].boolean(out.verify);
  out.ca = section["ca"].text_or_null();
  out.server_name = read_server_name(section["server_name"]);
  auto const cert = section["cert"].text_or_null();
  auto const key = section["key"].text_or_null();
  if (cert && key) out.identity = TlsIdentity{.cert = *cert, .key = *key, .position = section["cert"].position()};
  if (cert && !key) section["cert"].error("a certificate needs its key: give key, too");
  if (key && !cert) section["key"].error("a key needs its certificate: give cert, too");
  if (!out.verify && out.ca) section["ca"].error("has no effect while verify is false");
  bool const any_tls = std::ranges::any_of(backend.endpoints, &Endpoint::tls);
  bool const asks = !out.verify || out.ca || out.server_name || cert || key;
  if (asks && !any_tls && !backend.endpoints.empty()) {
    value.error("has no effect: none of the backend's endpoints is https://");
  }
  if (asks && any_tls && !out.verify) {
    value.warning("verify is false: whoever stands between the gateway and the backend can read and change everything");
  }
  return out;
}

}  // namespace inferway::config
