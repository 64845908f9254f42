// Whose a connection and its requests are, and whether they may be.

#include "inferway/http/forwarded_for.hpp"
#include "inferway/policy/rate_fields.hpp"
#include "inferway/telemetry/log.hpp"
#include "session.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace inferway::server {

namespace {

/// Looked at in one go; the header alone is taken of it.
constexpr std::size_t kProxyHeaderRead = 512;

Error denied() {
  return {ErrorCode::address_not_allowed, Side::client, Retry::never, "this address may not call here"};
}

}  // namespace

net::Task<bool> Session::identify(bool proxy_protocol, bool tls) {
  client_ = std::make_unique<KnownClient>();
  client_->peer = IpAddress::parse(peer_);
  if (proxy_protocol && !co_await read_proxy_header()) co_return false;
  auto const refused = check_connection();
  if (!refused) co_return true;
  // A handshake would cost us a thousand times what it costs to be refused again.
  if (tls) co_return false;
  begin_request();
  body_done_ = false;
  answer_error(*refused, Then::close);
  if (!flush()) co_await flush_all();
  co_await linger();
  co_return false;
}

/// Nothing is read beyond its end: a TLS handshake may follow.
net::Task<bool> Session::read_proxy_header() {
  auto const& rules = settings_->clients;
  if (rules == nullptr || !client_->peer || !rules->trusts(*client_->peer)) {
    note_refused(telemetry::ClientRefusal::untrusted_proxy, "it may not send PROXY headers");
    co_return false;
  }
  http::ProxyHeaderParser parser;
  read_deadline_.arm(server_.loop_.now() + settings_->timeouts.header);
  bool last_moment = false;
  while (!parser.done()) {
    auto const into = server_.loop_.scratch().first(kProxyHeaderRead);
    auto const seen = stream_.peek(into);
    if (seen.status == net::IoStatus::ok) {
      if (!take_proxy_header(parser, {into.data(), seen.bytes})) co_return false;
      continue;
    }
    if (server_.draining_ && !std::exchange(last_moment, true)) {
      read_deadline_.arm(std::min(read_deadline_.at(), server_.loop_.now() + server_.last_moment_));
    }
    bool const ended = seen.status != net::IoStatus::blocked || read_deadline_.expired();
    // Whoever only looks whether somebody listens has done nothing wrong.
    if (ended && !parser.empty()) note_refused(telemetry::ClientRefusal::proxy_header, "its PROXY header is not whole");
    if (ended || server_.cut_) co_return false;
    co_await waiter_.wait();
  }
  read_deadline_.disarm();
  if (!parser.source()) co_return true;
  client_->peer = parser.source();
  peer_ = to_string(*parser.source());
  co_return true;
}

bool Session::take_proxy_header(http::ProxyHeaderParser& parser, std::string_view bytes) {
  auto const taken = parser.feed(bytes);
  if (!taken) {
    note_refused(telemetry::ClientRefusal::proxy_header, taken.error().detail);
    return false;
  }
  server_.shard_.client_bytes_in.add(*taken);
  // They are there, as we have just seen.
  return stream_.try_read(server_.loop_.scratch().first(*taken)).bytes == *taken;
}

/// Trusted proxies are asked for each of their requests, whose it is: their connections are nobody's own.
std::optional<Error> Session::check_connection() {
  auto const& rules = settings_->clients;
  if (rules == nullptr || !client_->peer || rules->trusts(*client_->peer)) return std::nullopt;
  if (!rules->admits(*client_->peer)) {
    note_refused(telemetry::ClientRefusal::denied, "it is not allowed");
    return denied();
  }
  if (!rules->counts()) return std::nullopt;
  auto place = server_.count_.clients.connect(*client_->peer, rules->connections());
  if (!place) {
    note_refused(telemetry::ClientRefusal::connections_per_ip, "it has too many connections");
    return Error{ErrorCode::too_many_connections, Side::client, Retry::never, "too many connections from this address"};
  }
  client_->place = std::move(*place);
  return std::nullopt;
}

bool Session::check_client() {
  auto const& rules = *settings_->clients;
  if (client_ == nullptr) {  // it began under a configuration to which addresses did not matter
    client_ = std::make_unique<KnownClient>();
    client_->peer = IpAddress::parse(peer_);
  }
  if (!client_->peer) return true;
  auto client = *client_->peer;
  bool const proxy = rules.trusts(client);
  if (proxy) {
    auto const said = http::forwarded_client(head_, client, rules.trusted());
    if (said) {
      client = *said;
      client_->forwarded = to_string(client);
    }
  }
  // A proxy that asks for itself looks whether we are there.
  bool const for_itself = proxy && client_->forwarded.empty();
  if (for_itself ? rules.denies(client) : !rules.admits(client)) {
    note_refused(telemetry::ClientRefusal::denied, "it is not allowed");
    answer_error(denied(), proxy ? Then::keep : Then::close);
    return false;
  }
  return for_itself || !rules.rate() || check_rate(client);
}

bool Session::check_rate(IpAddress const& client) {
  auto const& rule = *settings_->clients->rate();
  ClientTable::Place of_another;
  if (!client_->forwarded.empty()) {
    of_another = server_.count_.clients.find(client);
  } else if (!client_->place) {
    auto place = server_.count_.clients.connect(client, std::numeric_limits<std::uint32_t>::max());
    client_->place = std::move(*place);
  }
  auto const& place = of_another ? of_another : client_->place;
  auto const refusal = rule.take(place.rate(), server_.loop_.now());
  if (!refusal) return true;
  note_refused(telemetry::ClientRefusal::rpm_per_ip, "it makes too many requests");
  auto const fields = policy::rate_fields(*refusal, rule.per_minute());
  std::array<AnswerField, 2> const when{
      {{"Retry-After", fields.retry_after}, {"retry-after-ms", fields.retry_after_ms}}};
  answer_error({ErrorCode::rate_limit_exceeded, Side::client, Retry::never,
                "too many requests from this address; wait as long as Retry-After says"},
               Then::keep, when);
  return false;
}

void Session::note_refused(telemetry::ClientRefusal why, std::string_view detail) {
  server_.shard_.clients_refused[static_cast<std::size_t>(why)].add();
  if (!telemetry::log_enabled(config::LogLevel::debug)) return;
  telemetry::log(config::LogLevel::debug, "client " + std::string(client()) + " is refused (" + std::string(name(why)) +
                                              "): " + std::string(detail));
}

}  // namespace inferway::server
