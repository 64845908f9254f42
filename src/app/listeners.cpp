#include "listeners.hpp"

#include "inferway/net/listener.hpp"

#include <stdexcept>

namespace inferway::app {

net::Address address_of(config::Listen const& listen) {
  auto const address = !listen.unix_path.empty() ? net::Address::unix_path(listen.unix_path)
                                                 : net::Address::literal(listen.host, listen.port);
  if (!address) throw std::runtime_error("not an address to listen on: " + config::to_string(listen));
  return *address;
}

Listener open_listener(config::Listen const& listen, config::Config const& config, Inherited& inherited) {
  auto const text = config::to_string(listen);
  bool const is_unix = !listen.unix_path.empty();
  auto const address = address_of(listen);
  bool const v6_only = is_v6_only(listen, config);
  if (auto taken = inherited.take(address)) {
    // One that the gateway before us made is ours to remove; one that systemd made is not.
    auto file = is_unix && taken->owned ? net::SocketFile(listen.unix_path) : net::SocketFile();
    return {std::move(taken->socket), std::move(file), text, true, taken->owned, v6_only};
  }
  if (is_unix) {
    auto opened = net::listen_on_unix(listen.unix_path, text);
    return {std::move(opened.socket), std::move(opened.file), text, false, true, false};
  }
  Listener out{
      net::listen_on(address, text, v6_only ? net::V6Only::yes : net::V6Only::no), {}, {}, false, true, v6_only};
  auto bound = listen;
  bound.port = net::bound_port(out.socket);
  out.shown = config::to_string(bound);
  return out;
}

}  // namespace inferway::app
