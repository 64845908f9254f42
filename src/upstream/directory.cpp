// The backends of a configuration, and what they take over from the one before.

#include "inferway/telemetry/log.hpp"
#include "inferway/upstream/upstream.hpp"

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace inferway::upstream {

namespace {

std::shared_ptr<Endpoint> make_endpoint(config::Endpoint const& configured, net::Resolver& resolver) {
  auto endpoint = std::make_shared<Endpoint>();
  endpoint->config = configured;
  endpoint->name = configured.unix_path.empty() ? resolver.add(configured.host, configured.port)
                                                : net::Name::fixed(net::Address::unix_path(configured.unix_path));
  return endpoint;
}

bool is_same(config::BackendTls const& one, config::BackendTls const& other) {
  auto const files = [](config::BackendTls const& tls) {
    return tls.identity ? std::pair(tls.identity->cert, tls.identity->key) : std::pair<std::string, std::string>();
  };
  return one.verify == other.verify && one.ca == other.ca && one.server_name == other.server_name &&
         files(one) == files(other);
}

/// Which endpoints of a backend's last configuration have found their place in the new one.
class Kept {
 public:
  explicit Kept(Backend const* before) : before_(before), taken_(before == nullptr ? 0 : before->endpoints.size()) {}

  /// nullptr: there was none of that URL. One that stands there twice is found twice.
  [[nodiscard]] std::shared_ptr<Endpoint> find(config::Endpoint const& configured) {
    for (std::size_t i = 0; i < taken_.size(); ++i) {
      if (taken_[i] || before_->endpoints[i]->config.url != configured.url) continue;
      taken_[i] = true;
      return before_->endpoints[i];
    }
    return nullptr;
  }

 private:
  Backend const* before_;
  std::vector<bool> taken_;
};

}  // namespace

Directory::Directory(std::vector<config::Backend> const& backends, net::Resolver& resolver, Directory const* before)
    : resolver_(resolver) {
  std::unordered_map<std::string_view, Backend const*> known;
  for (std::size_t i = 0; before != nullptr && i < before->size(); ++i) {
    known.emplace((*before)[i].config.name, &(*before)[i]);
  }
  for (auto const& configured : backends) {
    auto const found = known.find(configured.name);
    auto const* const earlier = found == known.end() ? nullptr : found->second;
    auto backend = std::make_unique<Backend>();
    backend->config = configured;
    backend->state = earlier != nullptr ? earlier->state : std::make_shared<BackendState>();
    Kept kept(earlier != nullptr && is_same(earlier->config.tls, configured.tls) ? earlier : nullptr);
    for (auto const& endpoint : configured.endpoints) {
      auto same = kept.find(endpoint);
      backend->endpoints.push_back(same != nullptr ? std::move(same) : make_endpoint(endpoint, resolver));
    }
    load_tls(*backend, earlier);
    backends_.push_back(std::move(backend));
  }
}

/// Files that have not changed mean the same trust: connections under it may be kept.
void Directory::load_tls(Backend& backend, Backend const* earlier) {
  auto const& config = backend.config;
  if (std::ranges::none_of(config.endpoints, &config::Endpoint::tls)) return;
  auto context = net::TlsClientContext::load(config.tls, earlier != nullptr ? earlier->tls.load() : nullptr);
  auto known = earlier != nullptr && is_same(earlier->config.tls, config.tls) ? earlier->tls.load() : nullptr;
  if (!context && known == nullptr) throw std::runtime_error("backend '" + config.name + "': " + context.error());
  if (!context) {  // what was to be renewed here holds up nobody else
    troubles_.push_back("the old TLS settings towards backend '" + config.name + "' stay: " + context.error());
    backend.tls.store(std::move(known));
    return;
  }
  for (auto const& warning : (*context)->warnings()) {
    telemetry::log_warn("backend '" + config.name + "': " + warning);
  }
  backend.tls.store(std::move(*context));
}

}  // namespace inferway::upstream
