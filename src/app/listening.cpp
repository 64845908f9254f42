#include "listening.hpp"

#include "inferway/config/loader.hpp"
#include "inferway/telemetry/log.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace inferway::app {

namespace {

/// One address may stand there more than once while the kernel chooses the port.
std::shared_ptr<Listening> find(ListeningList const& before, ListeningList const& taken, std::string const& address) {
  auto const found = std::ranges::find_if(before, [&](auto const& listening) {
    return config::to_string(listening->config()) == address && std::ranges::find(taken, listening) == taken.end();
  });
  return found == before.end() ? nullptr : *found;
}

bool is_same(std::optional<config::ListenerTls> const& one, std::optional<config::ListenerTls> const& other) {
  return one && other && one->client_ca == other->client_ca &&
         std::ranges::equal(one->identities, other->identities,
                            [](auto const& a, auto const& b) { return a.cert == b.cert && a.key == b.key; });
}

/// One listener's certificates; nullptr: no TLS. Files that are wrong by now do not hold up who goes on as before.
net::TlsServerContext::Shared load_tls(ListeningPlan& plan, config::Listen const& listen, Listening const* same,
                                       std::shared_ptr<net::TlsTicketKeys> keys, std::string const& file) {
  if (!listen.tls) return nullptr;
  auto context = net::TlsServerContext::load(*listen.tls, std::move(keys));
  if (context) {
    for (auto const& warning : (*context)->warnings()) telemetry::log_warn(warning);
    return std::move(*context);
  }
  auto const trouble = config::to_string(file, {listen.tls->position, "tls: " + context.error()});
  if (same == nullptr || !is_same(same->config().tls, listen.tls)) throw std::runtime_error(trouble);
  plan.troubles.push_back("the old certificates stay: " + trouble);
  return same->tls();
}

}  // namespace

ListeningPlan plan_listening(ListeningList const& before, config::Config const& config, Inherited& inherited) {
  ListeningPlan plan;
  plan.configs = config.listen;
  std::vector<std::shared_ptr<net::TlsTicketKeys>> ticket_keys;
  for (auto const& listen : config.listen) {
    auto same = find(before, plan.all, config::to_string(listen));
    if (same != nullptr && same->listener().v6_only != is_v6_only(listen, config)) {
      throw std::runtime_error("listen " + config::to_string(listen) +
                               ": whether it takes IPv4 as well cannot change while it is open; restart");
    }
    ticket_keys.push_back(same == nullptr ? net::make_ticket_keys() : same->ticket_keys());
    plan.tls.push_back(load_tls(plan, listen, same.get(), ticket_keys.back(), config.file));
    plan.all.push_back(std::move(same));
  }
  for (std::size_t i = 0; i < plan.all.size(); ++i) {
    if (plan.all[i] != nullptr) continue;
    auto const& listen = config.listen[i];
    plan.all[i] = std::make_shared<Listening>(open_listener(listen, config, inherited), listen, ticket_keys[i]);
    plan.opened.push_back(plan.all[i]);
  }
  return plan;
}

ListeningList carry_out(ListeningPlan plan) {
  for (std::size_t i = 0; i < plan.all.size(); ++i) plan.all[i]->use(plan.configs[i], std::move(plan.tls[i]));
  for (auto const& opened : plan.opened) {
    auto const& listener = opened->listener();
    telemetry::log_info("listening on " + listener.shown + (opened->tls() != nullptr ? " with TLS" : "") +
                        (listener.inherited ? " (inherited)" : ""));
  }
  return std::move(plan.all);
}

}  // namespace inferway::app
