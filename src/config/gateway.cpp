#include "gateway.hpp"

#include "address.hpp"
#include "clients.hpp"
#include "known_keys.hpp"
#include "names.hpp"
#include "tls.hpp"

#include <algorithm>

namespace inferway::config {
namespace {

constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kTiB = kKiB * kKiB * kKiB * kKiB;
constexpr std::int64_t kMostConnections = 10'000'000;

std::optional<Listen> read_address(Value const& value) {
  auto const text = value.text();
  if (!text) return std::nullopt;
  auto listen = parse_listen(*text);
  if (listen) return std::move(*listen);
  value.complain(listen.error());
  return std::nullopt;
}

/// An address, or the long form {address, ...}.
void add_listener(Value const& value, std::vector<Listen>& listeners) {
  std::optional<Listen> listen;
  if (value.is(Kind::mapping)) {
    Section const listener(value, keys::kListener);
    listen = read_address(listener.required("address"));
    auto tls = read_listener_tls(listener["tls"]);
    bool const proxy_protocol = read_proxy_protocol(listener["proxy_protocol"], listen);
    if (listen) listen->tls = std::move(tls);
    if (listen) listen->proxy_protocol = proxy_protocol;
  } else {
    listen = read_address(value);
  }
  if (!listen) return;
  if (std::ranges::any_of(listeners, [&](Listen const& other) { return overlap(*listen, other); })) {
    value.error("this address is listened on twice");
    return;
  }
  listeners.push_back(std::move(*listen));
}

}  // namespace

void read_listen(Value const& value, Config& config) {
  if (!value.given()) return;
  std::vector<Listen> listeners;
  if (value.is(Kind::list)) {
    if (value.each_item([&](Value const& item) { add_listener(item, listeners); }) == 0) {
      value.error("needs one address at least");
    }
  } else if (value.is(Kind::mapping)) {
    value.complain("is not an address; write 0.0.0.0:8080, or a list of {address: ...}");
  } else {
    add_listener(value, listeners);
  }
  config.listen = std::move(listeners);
}

void read_admin(Value const& value, Config& config) {
  Section const admin(value, keys::kAdmin);
  auto const address = admin["address"];
  auto const token = admin["token"];
  config.admin.token = token.secret();
  if (address.given()) {
    auto listen = read_address(address);
    if (!listen) return;
    config.admin.address = std::move(*listen);
  }
  bool const has_token = token.given() && !token.is(Kind::null);
  if (!has_token && !token.substituted() && !is_loopback(config.admin.address)) {
    address.error("admin.token must be given, since the address is not a loopback address");
  }
  for (auto const& listen : config.listen) {
    if (overlap(listen, config.admin.address)) address.error("this address is one of listen, too");
  }
}

void read_threads(Value const& value, Config& config) {
  constexpr std::uint32_t kMostThreads = 1024;
  if (value.is(Kind::scalar) && value.node()->text == "auto") return;
  if (value.is(Kind::scalar) && !parse_integer(value.node()->text, {1, kMostThreads})) {
    value.complain("is neither auto nor a number from 1 to " + std::to_string(kMostThreads));
    return;
  }
  config.threads = value.count(config.threads, {1, kMostThreads});
}

void read_limits(Value const& value, Config& config) {
  Section const limits(value, keys::kLimits);
  auto& out = config.limits;
  auto const counted = [&](std::string_view key, std::uint64_t fallback, std::int64_t most) {
    return static_cast<std::uint64_t>(limits[key].integer(static_cast<std::int64_t>(fallback), {1, most}));
  };
  out.connections = counted("connections", out.connections, kMostConnections);
  out.header_bytes = limits["header_bytes"].size(out.header_bytes, {256, 16 * kKiB * kKiB});
  out.header_count = counted("header_count", out.header_count, 10'000);
  out.body_bytes = limits["body_bytes"].size(out.body_bytes, {1, kTiB});
  out.buffered_bytes = limits["buffered_bytes"].size(out.buffered_bytes, {1, kTiB});
  out.tls_handshakes = counted("tls_handshakes", out.tls_handshakes, kMostConnections);
  if (out.body_bytes > out.buffered_bytes) {
    limits[limits["body_bytes"].given() ? "body_bytes" : "buffered_bytes"].error(
        "a body of " + print_size(out.body_bytes) + " (body_bytes) could never be held in " +
        print_size(out.buffered_bytes) + " (buffered_bytes)");
  }
}

void read_client_timeouts(Value const& value, Config& config) {
  Section const timeouts(value, keys::kClientTimeouts);
  auto& out = config.timeouts;
  out.tls_handshake = timeouts["tls_handshake"].duration(out.tls_handshake);
  out.header = timeouts["header"].duration(out.header);
  out.body = timeouts["body"].duration(out.body);
  out.keep_alive = timeouts["keep_alive"].duration(out.keep_alive);
  out.write = timeouts["write"].duration(out.write);
  out.drain = timeouts["drain"].duration(out.drain, kFromZero);
  out.heartbeat = timeouts["heartbeat"].duration_or_null();
}

void read_reload(Value const& value, Config& config) {
  Section const reload(value, keys::kReload);
  config.reload_watch = reload["watch"].boolean(config.reload_watch);
}

void read_log(Value const& value, Config& config) {
  Section const log(value, keys::kLog);
  config.log.level = log["level"].choice(config.log.level, kLogLevelNames);
  config.log.format = log["format"].choice(config.log.format, kLogFormatNames);
  auto const access = log["access"];
  auto const text = access.text();
  if (!text) return;
  // A slip such as `none` would quietly become a file of that name.
  bool const is_path = text->find_first_of("/.") != std::string::npos;
  if (*text != "stdout" && *text != "off" && !is_path) {
    access.complain("is none of stdout, off or a file's path; write ./name for a file in the working directory");
    return;
  }
  config.log.access = *text;
}

}  // namespace inferway::config
