#include "metrics.hpp"

#include <array>

namespace inferway::telemetry {

namespace {

/// Written even while they are 0, so that an alert on their increase sees the first one.
constexpr std::array kUsualCauses{TlsFailure::expired, TlsFailure::wrong_host, TlsFailure::unknown_ca,
                                  TlsFailure::refused, TlsFailure::protocol,   TlsFailure::timed_out};

bool is_usual(TlsFailure cause) {
  for (auto const usual : kUsualCauses) {
    if (usual == cause) return true;
  }
  return false;
}

void write_clients(Exposition& out, Shards const& shards) {
  out.counter("inferway_client_tls_handshakes_total", "TLS handshakes with clients that succeeded.");
  out.sample({{"resumed", "no"}}, sum(shards, [](Shard const& s) -> Counter const& { return s.tls.full; }));
  out.sample({{"resumed", "yes"}}, sum(shards, [](Shard const& s) -> Counter const& { return s.tls.resumed; }));
  out.counter("inferway_client_tls_failures_total", "TLS handshakes with clients that failed, by cause.");
  for (std::size_t i = 0; i < kTlsFailureCount; ++i) {
    auto const count = sum(shards, [i](Shard const& s) -> Counter const& { return s.tls.failures[i]; });
    auto const cause = static_cast<TlsFailure>(i);
    if (count > 0 || is_usual(cause)) out.sample({{"cause", name(cause)}}, count);
  }
  out.gauge("inferway_client_tls_handshakes",
            "TLS handshakes with clients: under way (active), and held back by limits.tls_handshakes (waiting).");
  out.sample({{"state", "active"}}, sum(shards, [](Shard const& s) -> Counter const& { return s.tls_handshaking; }));
  out.sample({{"state", "waiting"}}, sum(shards, [](Shard const& s) -> Counter const& { return s.tls_waiting; }));
}

void write_backends(Exposition& out, BackendFigures const& figures) {
  using Of = BackendCounters const&;
  out.counter("inferway_upstream_tls_handshakes_total", "TLS handshakes with a backend that succeeded.");
  for (std::size_t b = 0; b < figures.count(); ++b) {
    auto const full = figures.sum(b, [](Of of) -> Counter const& { return of.tls.full; });
    auto const resumed = figures.sum(b, [](Of of) -> Counter const& { return of.tls.resumed; });
    out.sample({{"backend", figures.name_of(b)}, {"resumed", "no"}}, full);
    out.sample({{"backend", figures.name_of(b)}, {"resumed", "yes"}}, resumed);
  }
  out.counter("inferway_upstream_tls_failures_total", "TLS handshakes with a backend that failed, by cause.");
  for (std::size_t b = 0; b < figures.count(); ++b) {
    for (std::size_t i = 0; i < kTlsFailureCount; ++i) {
      auto const count = figures.sum(b, [i](Of of) -> Counter const& { return of.tls.failures[i]; });
      auto const cause = static_cast<TlsFailure>(i);
      if (count > 0 || is_usual(cause)) out.sample({{"backend", figures.name_of(b)}, {"cause", name(cause)}}, count);
    }
  }
}

}  // namespace

void write_tls_metrics(Exposition& out, Shards const& shards, Names const& names) {
  write_clients(out, shards);
  write_backends(out, BackendFigures(out, shards, names));
}

}  // namespace inferway::telemetry
