#pragma once

#include "inferway/base/ip_address.hpp"
#include "inferway/base/secret.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The configuration as plain values: what the YAML file says, validated, with every default filled in. No YAML type
/// stands here. A Config is immutable once loaded; workers share it.
namespace inferway::config {

using Milliseconds = std::chrono::milliseconds;

/// The wire dialect of a backend, and of a client (known by path).
enum class Api : std::uint8_t { openai, anthropic, gemini, ollama };
enum class Balance : std::uint8_t { round_robin, least_requests, ewma, prefix, session, load };
enum class OnClientCancel : std::uint8_t { abort, drain };
/// How a backend continues a text that it is given the beginning of.
enum class Resume : std::uint8_t { off, continue_final_message, assistant_prefill };
enum class LogLevel : std::uint8_t { trace, debug, info, warn, error };
enum class LogFormat : std::uint8_t { json, text };
enum class RetryOn : std::uint8_t { connect, timeout, status_429, status_5xx, cut, stall, bad_stream, in_band_error };
inline constexpr std::size_t kRetryOnCount = 8;

/// Where something stands in the file; line and column count from 1, 0 means unknown.
struct Position {
  int line = 0;
  int column = 0;
};

/// A certificate chain and its key: paths of PEM files.
struct TlsIdentity {
  std::string cert;
  std::string key;
  Position position;
};

/// TLS towards clients.
struct ListenerTls {
  std::vector<TlsIdentity> identities;   ///< the first is for clients that ask for none of the others' names
  std::optional<std::string> client_ca;  ///< given: a client needs a certificate of this CA
  Position position;
};

/// A place to listen: `host` (a literal address, without brackets) and `port`, or a Unix socket's path.
struct Listen {
  std::string host;
  std::uint16_t port = 0;  ///< 0: the kernel chooses (tests)
  std::string unix_path;   ///< set: host and port are not
  std::optional<ListenerTls> tls{};
  bool proxy_protocol = false;  ///< each connection begins with a PROXY header
};

/// As `listen` says it: "0.0.0.0:8080", "[::]:8080" or "unix:/path".
[[nodiscard]] std::string to_string(Listen const& listen);

struct Admin {
  Listen address{.host = "127.0.0.1", .port = 9901, .unix_path = {}};
  Secret token;  ///< empty: none needed
};

struct Limits {
  std::uint64_t connections = 50'000;
  std::uint64_t header_bytes = 64 * 1024;
  std::uint64_t header_count = 128;
  std::uint64_t body_bytes = 32ULL * 1024 * 1024;
  std::uint64_t buffered_bytes = 1024ULL * 1024 * 1024;
  std::uint64_t tls_handshakes = 1024;  ///< with clients, at once
};

/// Whom clients are taken for, and what is asked of them for the sake of their address. An IPv6 client is its /64.
struct Clients {
  std::vector<IpNetwork> trusted_proxies;  ///< may say whose request (X-Forwarded-For) or connection (PROXY) it is
  std::vector<IpNetwork> allow;            ///< empty: everybody
  std::vector<IpNetwork> deny;             ///< wins over allow
  std::uint32_t connections_per_ip = 0;    ///< 0: no bound
  std::uint32_t rpm_per_ip = 0;            ///< 0: no bound

  [[nodiscard]] bool matter() const {
    return !trusted_proxies.empty() || !allow.empty() || !deny.empty() || connections_per_ip > 0 || rpm_per_ip > 0;
  }
};

/// On the client side.
struct ClientTimeouts {
  Milliseconds tls_handshake{10'000};
  Milliseconds header{10'000};
  Milliseconds body{60'000};
  Milliseconds keep_alive{75'000};
  Milliseconds write{60'000};
  Milliseconds drain{600'000};
  std::optional<Milliseconds> heartbeat;
};

/// On the backend's side. A route may override each.
struct UpstreamTimeouts {
  Milliseconds connect{2'000};
  Milliseconds first_byte{120'000};
  std::optional<Milliseconds> first_content;
  Milliseconds idle{60'000};
  Milliseconds total{900'000};
};

/// One replica: an http, https or unix URL, taken apart.
struct Endpoint {
  std::string url;   ///< as written, for people
  bool tls = false;  ///< https
  std::string host;  ///< name or literal address, without brackets; empty for unix
  std::uint16_t port = 0;
  std::string unix_path;  ///< set for unix:/path
  std::string authority;  ///< what goes into Host: host[:port], port left out when it is the scheme's default
  std::string path;       ///< put before the request's own; "" or "/v1", never with a trailing slash
  std::uint32_t weight = 1;
};

struct Pool {
  std::uint32_t max_idle = 128;  ///< per thread
  Milliseconds idle{4'000};
  Milliseconds max_age{600'000};
};

struct Health {
  std::optional<std::string> path;
  Milliseconds interval{5'000};
  Milliseconds timeout{1'000};
  std::uint32_t unhealthy_after = 3;
  std::uint32_t healthy_after = 2;
  std::optional<std::string> metrics;
};

struct Outlier {
  std::uint32_t consecutive_failures = 5;
  Milliseconds eject{30'000};
  std::uint32_t max_ejected_percent = 50;
};

struct Cooldown {
  std::vector<int> on{429, 529};
  Milliseconds default_duration{10'000};
};

/// Bound on the requests at once that an endpoint is sent.
struct MaxInflight {
  std::uint32_t fixed = 0;  ///< 0: none
  bool automatic = false;   ///< found by measuring, instead of `fixed`
  [[nodiscard]] bool limited() const { return fixed > 0 || automatic; }
};

/// Of a backend, for requests that wait for one of its endpoints.
struct Queue {
  std::uint32_t size = 0;
  Milliseconds timeout{5'000};
};

/// TLS towards a backend's https:// endpoints. Paths of PEM files.
struct BackendTls {
  bool verify = true;
  std::optional<std::string> ca;           ///< nothing: the system's
  std::optional<std::string> server_name;  ///< nothing: the endpoint's host
  std::optional<TlsIdentity> identity;     ///< the gateway's own certificate
  Position position;
};

/// Client headers that are dropped on the way to a backend unless `pass_headers` lists them.
enum class GuardedHeader : std::uint8_t {
  authorization,
  proxy_authorization,
  x_api_key,
  api_key,
  x_goog_api_key,
  cookie,
};

struct Header {
  std::string name;
  Secret value;  ///< backends' headers often carry keys: never printed
};

struct Backend {
  std::string name;
  Position position;
  Api api = Api::openai;
  std::vector<Endpoint> endpoints;
  Balance balance = Balance::least_requests;
  Secret key;  ///< empty: none
  std::vector<Header> headers;
  std::vector<GuardedHeader> pass_headers;
  Pool pool;
  UpstreamTimeouts timeouts;
  std::uint32_t min_tokens_per_second = 0;  ///< 0: off
  OnClientCancel on_client_cancel = OnClientCancel::abort;
  Resume resume = Resume::off;
  MaxInflight max_inflight;
  Queue queue;
  Health health;
  Outlier outlier;
  Cooldown cooldown;
  BackendTls tls;
};

/// A choice among `to`, or one hop of `fallback`.
struct Target {
  std::size_t backend = 0;           ///< index into Config::backends
  std::optional<std::string> model;  ///< the name sent upstream; nothing: as the client said
  std::uint32_t weight = 1;
};

struct HeaderMatch {
  std::string name;     ///< lower case
  std::string value;    ///< exact, or a glob when it contains '*'
  bool hidden = false;  ///< the value is not for people's eyes: of a credential header, or out of a variable
};

struct Match {
  std::string path;                   ///< exact, or a prefix when it ends in "/*"
  std::optional<std::string> method;  ///< nothing: any
  std::optional<std::string> model;   ///< exact or glob; nothing: any, and the body is not read for it
  std::vector<HeaderMatch> headers;
};

struct Retry {
  std::uint32_t attempts = 1;
  std::vector<RetryOn> on{RetryOn::connect, RetryOn::timeout, RetryOn::status_429, RetryOn::status_5xx,
                          RetryOn::cut,     RetryOn::stall,   RetryOn::bad_stream, RetryOn::in_band_error};
  Milliseconds backoff{50};
  Milliseconds max_backoff{2'000};
  std::uint32_t budget_percent = 20;
};

/// A second try raced against a slow first one.
struct Hedge {
  Milliseconds after{0};
  std::uint32_t percentile =
      0;  ///< not 0: after that percentile of the backend's times to its first byte, instead of `after`
};

/// A copy of some requests, whose answers are thrown away.
struct Mirror {
  std::size_t backend = 0;  ///< index into Config::backends
  std::uint32_t percent = 0;
};

struct TimeoutOverrides {
  std::optional<Milliseconds> connect;
  std::optional<Milliseconds> first_byte;
  std::optional<Milliseconds> first_content;
  std::optional<Milliseconds> idle;
  std::optional<Milliseconds> total;
};

struct Route {
  std::string name;  ///< given, or made of path and model
  Position position;
  Match match;
  std::vector<Target> to;
  std::vector<Target> fallback;
  Retry retry;
  std::uint32_t resume_attempts = 0;  ///< how often a broken chat stream may be continued
  std::optional<Hedge> hedge;
  std::int64_t priority = 0;
  std::optional<Mirror> mirror;
  TimeoutOverrides timeouts;
  std::optional<std::string> rewrite;  ///< may contain {path}
  std::optional<bool> auth;            ///< nothing: as keys.required says
};

/// A key of callers', as its hash.
struct StaticKey {
  std::string name;
  Position position;
  std::array<std::uint8_t, 32> sha256{};
  std::vector<std::string> models{"*"};  ///< exact names or globs
  std::uint32_t rpm = 0;                 ///< 0: no limit
};

struct Keys {
  bool required = false;
  std::vector<StaticKey> static_keys;
};

struct Log {
  LogLevel level = LogLevel::info;
  std::string access = "stdout";  ///< stdout, off, or a file's path
  LogFormat format = LogFormat::json;
};

struct Config {
  std::string file;
  std::vector<Listen> listen{{.host = "0.0.0.0", .port = 8080, .unix_path = {}}};
  Admin admin;
  std::uint32_t threads = 0;  ///< 0: one per usable core
  Limits limits;
  ClientTimeouts timeouts;
  Clients clients;
  std::vector<Backend> backends;
  std::vector<Route> routes;
  Keys keys;
  bool reload_watch = false;
  Log log;
};

/// Whether a route's requests need a key.
[[nodiscard]] inline bool needs_key(Route const& route, Keys const& keys) { return route.auth.value_or(keys.required); }

[[nodiscard]] std::string_view name(Api api);
[[nodiscard]] std::string_view name(Balance balance);
[[nodiscard]] std::string_view name(GuardedHeader header);  ///< lower case
[[nodiscard]] std::string_view name(RetryOn on);

/// The shortest way to write it: 90s, 2m.
[[nodiscard]] std::string print_duration(Milliseconds duration);

/// The backend's timeouts with the route's overrides applied.
[[nodiscard]] UpstreamTimeouts merged(UpstreamTimeouts const& base, TimeoutOverrides const& over);

/// Whether `listen` must leave IPv4 alone: it is [::], and an IPv4 address of its port is configured, too.
[[nodiscard]] bool is_v6_only(Listen const& listen, Config const& config);

}  // namespace inferway::config
