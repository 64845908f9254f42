#include "listening.hpp"

#include "inferway/telemetry/log.hpp"

#include <stdexcept>
#include <utility>

namespace inferway::app {

Listening::Listening(net::Descriptor socket, config::Listen config)
    : socket_(std::move(socket)), config_(std::move(config)) {
  if (auto const trouble = reload_tls()) throw std::runtime_error(*trouble);
}

std::optional<std::string> Listening::reload_tls() {
  if (!config_.tls) return std::nullopt;
  auto context = net::TlsServerContext::load(*config_.tls, ticket_keys_);
  if (!context) return context.error();
  for (auto const& warning : (*context)->warnings()) telemetry::log_warn(warning);
  tls_.store(std::move(*context));
  return std::nullopt;
}

}  // namespace inferway::app
