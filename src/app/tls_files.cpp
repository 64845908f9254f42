#include "inferway/app/tls_files.hpp"

#include "inferway/net/tls.hpp"

#include <algorithm>

namespace inferway::app {

std::vector<config::Problem> check_tls_files(config::Config const& config) {
  std::vector<config::Problem> problems;
  for (auto const& listen : config.listen) {
    if (!listen.tls) continue;
    auto const loaded = net::TlsServerContext::load(*listen.tls, nullptr);
    if (!loaded) problems.push_back({listen.tls->position, "tls: " + loaded.error()});
  }
  for (auto const& backend : config.backends) {
    if (std::ranges::none_of(backend.endpoints, &config::Endpoint::tls)) continue;
    auto const loaded = net::TlsClientContext::load(backend.tls);
    if (!loaded) problems.push_back({backend.tls.position, "backends." + backend.name + ".tls: " + loaded.error()});
  }
  return problems;
}

}  // namespace inferway::app
