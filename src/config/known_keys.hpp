#pragma once

#include <span>
#include <string_view>

/// Every key of the contract, by the mapping it stands in. A key that is not listed is an error; one that is listed
/// stands in docs/configuration.md (a test compares).
namespace inferway::config::keys {

inline constexpr std::string_view kRoot[] = {"listen",   "admin",  "threads", "limits", "timeouts", "clients",
                                             "backends", "routes", "keys",    "reload", "log"};
inline constexpr std::string_view kListener[] = {"address", "tls", "proxy_protocol"};
inline constexpr std::string_view kListenerTls[] = {"cert", "key", "client_ca", "certificates"};
inline constexpr std::string_view kCertificate[] = {"cert", "key"};
inline constexpr std::string_view kAdmin[] = {"address", "token"};
inline constexpr std::string_view kLimits[] = {"connections", "header_bytes",   "header_count",
                                               "body_bytes",  "buffered_bytes", "tls_handshakes"};
inline constexpr std::string_view kClientTimeouts[] = {"tls_handshake", "header", "body",     "keep_alive",
                                                       "write",         "drain",  "heartbeat"};
inline constexpr std::string_view kClients[] = {"trusted_proxies", "allow", "deny", "connections_per_ip", "rpm_per_ip"};
inline constexpr std::string_view kBackend[] = {"api",
                                                "endpoints",
                                                "balance",
                                                "key",
                                                "headers",
                                                "pass_headers",
                                                "pool",
                                                "timeouts",
                                                "on_client_cancel",
                                                "min_tokens_per_second",
                                                "resume",
                                                "max_inflight",
                                                "queue",
                                                "health",
                                                "outlier",
                                                "cooldown",
                                                "tls"};
inline constexpr std::string_view kEndpoint[] = {"url", "weight"};
inline constexpr std::string_view kPool[] = {"max_idle", "idle", "max_age"};
inline constexpr std::string_view kUpstreamTimeouts[] = {"connect", "first_byte", "first_content", "idle", "total"};
inline constexpr std::string_view kQueue[] = {"size", "timeout"};
inline constexpr std::string_view kHealth[] = {"path",          "interval", "timeout", "unhealthy_after",
                                               "healthy_after", "metrics"};
inline constexpr std::string_view kOutlier[] = {"consecutive_failures", "eject", "max_ejected_percent"};
inline constexpr std::string_view kCooldown[] = {"on", "default"};
inline constexpr std::string_view kBackendTls[] = {"verify", "ca", "server_name", "cert", "key"};
inline constexpr std::string_view kRoute[] = {"name",  "match",    "to",     "fallback", "retry",   "resume",
                                              "hedge", "priority", "mirror", "timeouts", "rewrite", "auth"};
inline constexpr std::string_view kMatch[] = {"path", "method", "model", "headers"};
inline constexpr std::string_view kTarget[] = {"backend", "model", "weight"};
inline constexpr std::string_view kFallback[] = {"backend", "model"};
inline constexpr std::string_view kRetry[] = {"attempts", "on", "backoff", "max_backoff", "budget_percent"};
inline constexpr std::string_view kRouteResume[] = {"attempts"};
inline constexpr std::string_view kHedge[] = {"after"};
inline constexpr std::string_view kMirror[] = {"backend", "percent"};
inline constexpr std::string_view kKeys[] = {"required", "static"};
inline constexpr std::string_view kStaticKey[] = {"name", "sha256", "models", "rpm", "tpm", "budget_usd"};
inline constexpr std::string_view kReload[] = {"watch"};
inline constexpr std::string_view kLog[] = {"level", "access", "format"};

/// One mapping of the file; `where` as the documentation heads it, "" for the root.
struct Mapping {
  std::string_view where;
  std::span<std::string_view const> keys;
};
inline constexpr Mapping kMappings[] = {
    {"", kRoot},
    {"listen[]", kListener},
    {"listen[].tls", kListenerTls},
    {"listen[].tls.certificates[]", kCertificate},
    {"admin", kAdmin},
    {"limits", kLimits},
    {"timeouts", kClientTimeouts},
    {"clients", kClients},
    {"backends.*", kBackend},
    {"backends.*.endpoints[]", kEndpoint},
    {"backends.*.pool", kPool},
    {"backends.*.timeouts", kUpstreamTimeouts},
    {"backends.*.queue", kQueue},
    {"backends.*.health", kHealth},
    {"backends.*.outlier", kOutlier},
    {"backends.*.cooldown", kCooldown},
    {"backends.*.tls", kBackendTls},
    {"routes[]", kRoute},
    {"routes[].match", kMatch},
    {"routes[].to[]", kTarget},
    {"routes[].fallback[]", kFallback},
    {"routes[].retry", kRetry},
    {"routes[].resume", kRouteResume},
    {"routes[].hedge", kHedge},
    {"routes[].mirror", kMirror},
    {"routes[].timeouts", kUpstreamTimeouts},
    {"keys", kKeys},
    {"keys.static[]", kStaticKey},
    {"reload", kReload},
    {"log", kLog},
};

}  // namespace inferway::config::keys
