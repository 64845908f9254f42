#include "metrics.hpp"

#include <string>

namespace inferway::telemetry {

namespace {

using Member = Counter Shard::*;

std::uint64_t sum_of(Shards const& shards, Member member) {
  return sum(shards, [member](Shard const& shard) -> Counter const& { return shard.*member; });
}

void write_connections(Exposition& out, Shards const& shards) {
  out.gauge("inferway_client_connections", "Client connections that are open.");
  out.sample(sum_of(shards, &Shard::connections_open));
  out.gauge("inferway_worker_client_connections", "Client connections that are open, by worker.");
  for (std::size_t i = 0; i < shards.size(); ++i) {
    out.sample({{"worker", std::to_string(i)}}, shards[i]->connections_open.get());
  }
  out.counter("inferway_client_connections_accepted_total", "Client connections taken.");
  out.sample(sum_of(shards, &Shard::connections_accepted));
  out.counter("inferway_client_bytes_total", "All bytes read from (in) and written to (out) clients.");
  out.sample({{"direction", "in"}}, sum_of(shards, &Shard::client_bytes_in));
  out.sample({{"direction", "out"}}, sum_of(shards, &Shard::client_bytes_out));
}

void write_websockets(Exposition& out, Shards const& shards) {
  out.gauge("inferway_websockets", "WebSockets that are open.");
  out.sample(sum_of(shards, &Shard::websockets_open));
  out.counter("inferway_websockets_total", "WebSockets that were opened: handshakes that a backend answered with 101.");
  out.sample(sum_of(shards, &Shard::websockets));
}

void write_misbehaviour(Exposition& out, Shards const& shards) {
  out.counter("inferway_bad_requests_total", "Refused before they were a request: broken heads and framing.");
  out.sample(sum_of(shards, &Shard::bad_requests));
  out.counter("inferway_head_timeouts_total", "Request heads that did not come whole within timeouts.header.");
  out.sample(sum_of(shards, &Shard::heads_timed_out));
  out.counter("inferway_write_timeouts_total", "Clients dropped because they took no byte for timeouts.write.");
  out.sample(sum_of(shards, &Shard::write_timeouts));
  out.counter("inferway_lingering_closes_total", "Connections closed with a part of the request still unread.");
  out.sample(sum_of(shards, &Shard::lingering_closes));
  out.counter("inferway_sessions_failed_total", "Sessions ended by an exception: a bug of the gateway.");
  out.sample(sum_of(shards, &Shard::sessions_failed));
}

void write_refusals(Exposition& out, Shards const& shards) {
  out.counter("inferway_clients_refused_total", "Connections and requests refused for the client's address, by cause.");
  for (std::size_t i = 0; i < kClientRefusalCount; ++i) {
    out.sample({{"cause", std::string(name(static_cast<ClientRefusal>(i)))}},
               sum(shards, [i](Shard const& shard) -> Counter const& { return shard.clients_refused[i]; }));
  }
}

void write_limits(Exposition& out, Shards const& shards, config::Limits const& limits) {
  out.gauge("inferway_buffered_bytes", "Bytes of bodies held in memory.");
  out.sample(sum_of(shards, &Shard::buffered_bytes));
  out.gauge("inferway_limit", "The limits in force, as the configuration names them.");
  out.sample({{"limit", "connections"}}, limits.connections);
  out.sample({{"limit", "header_bytes"}}, limits.header_bytes);
  out.sample({{"limit", "header_count"}}, limits.header_count);
  out.sample({{"limit", "body_bytes"}}, limits.body_bytes);
  out.sample({{"limit", "buffered_bytes"}}, limits.buffered_bytes);
  out.sample({{"limit", "tls_handshakes"}}, limits.tls_handshakes);
  out.counter("inferway_limit_reached_total",
              "Connections and requests refused by a limit (header: header_bytes or header_count), or held back by "
              "one (tls_handshakes).");
  out.sample({{"limit", "connections"}}, sum_of(shards, &Shard::connections_refused));
  out.sample({{"limit", "header"}}, sum_of(shards, &Shard::heads_too_large));
  out.sample({{"limit", "body_bytes"}}, sum(shards, [](WorkerShard const& shard) -> Counter const& {
               return shard.errors[static_cast<std::size_t>(ErrorCode::body_too_large)];
             }));
  out.sample({{"limit", "buffered_bytes"}}, sum_of(shards, &Shard::buffered_bytes_refused));
  out.sample({{"limit", "tls_handshakes"}}, sum_of(shards, &Shard::tls_waited));
  out.sample({{"limit", "rpm"}}, sum(shards, [](WorkerShard const& shard) -> Counter const& {
               return shard.errors[static_cast<std::size_t>(ErrorCode::rate_limit_exceeded)];
             }));
}

}  // namespace

std::string_view name(ClientRefusal refusal) {
  switch (refusal) {
    case ClientRefusal::denied: return "denied";
    case ClientRefusal::connections_per_ip: return "connections_per_ip";
    case ClientRefusal::rpm_per_ip: return "rpm_per_ip";
    case ClientRefusal::untrusted_proxy: return "untrusted_proxy";
    case ClientRefusal::proxy_header: break;
  }
  return "proxy_header";
}

void write_client_metrics(Exposition& out, Shards const& shards, config::Limits const& limits) {
  write_connections(out, shards);
  write_websockets(out, shards);
  write_misbehaviour(out, shards);
  write_refusals(out, shards);
  write_limits(out, shards, limits);
}

}  // namespace inferway::telemetry
