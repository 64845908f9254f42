#include "session.hpp"

#include "inferway/base/assert.hpp"
#include "inferway/dialect/dialect.hpp"
#include "inferway/http/answer.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <sys/random.h>
#include <utility>

namespace inferway::server {

namespace {

/// How long the rest of a request is read and thrown away after an early answer: a reset would take the answer away
/// from a client that is still sending.
constexpr Duration kLinger = std::chrono::seconds(2);

/// Pipelined requests served before other connections of the worker have their turn.
constexpr int kRequestsAtOnce = 32;

/// For a request that was refused before it had an id.
std::string random_id() {
  static constexpr char kHex[] = "0123456789abcdef";
  std::array<unsigned char, 16> bytes{};
  [[maybe_unused]] auto const got = ::getrandom(bytes.data(), bytes.size(), GRND_NONBLOCK);
  std::string id;
  for (auto const byte : bytes) {
    id += kHex[byte >> 4];
    id += kHex[byte & 0xF];
  }
  return id;
}

}  // namespace

Session::Session(Server& server, net::Descriptor connection, net::Address const& peer)
    : server_(server),
      settings_(server.settings_),
      waiter_(server.loop_),
      stream_(server.loop_, std::move(connection)),
      read_deadline_(server.loop_.wheel(), waiter_),
      write_deadline_(server.loop_.wheel(), waiter_),
      peer_(peer.host_text()),
      next_(server.first_),
      in_(server.loop_.blocks()),
      raw_(server.loop_.blocks()),
      out_(server.loop_.blocks()) {
  if (next_ != nullptr) next_->previous_ = this;
  server_.first_ = this;
  stream_.watch(&waiter_);
  server_.shard_.connections_accepted.add();
  server_.shard_.connections_open.add();
}

Session::~Session() {
  server_.shard_.connections_open.sub();
  server_.count_.open.fetch_sub(1, std::memory_order_relaxed);
  server_.load_.fetch_sub(1, std::memory_order_relaxed);
  (previous_ != nullptr ? previous_->next_ : server_.first_) = next_;
  if (next_ != nullptr) next_->previous_ = previous_;
}

net::Task<> Session::run(std::unique_ptr<Session> session, Opening opening, bool over_limit) {
  auto& self = *session;
  if (opening.proxy_protocol || self.settings_->clients != nullptr) {
    bool const tls = opening.tls != nullptr;
    if (!co_await self.identify(opening.proxy_protocol, tls)) co_return;
  }
  if (opening.tls != nullptr && !co_await self.handshake(std::move(opening.tls))) co_return;
  if (over_limit) self.refuse({ErrorCode::overloaded, Side::gateway, Retry::never, "too many connections"});
  int at_once = 0;
  for (bool fresh = true; self.keep_ && !over_limit; fresh = false) {
    if (++at_once > kRequestsAtOnce) {
      at_once = 0;
      self.waiter_.notify();
      co_await self.waiter_.wait();
    }
    self.expect_head(fresh);
    auto heard = self.read_head();
    while (heard == Heard::not_yet) {
      co_await self.waiter_.wait();
      heard = self.read_head();
    }
    if (heard == Heard::nothing) co_return;
    if (heard == Heard::nonsense) break;
    self.begin_request();
    if (self.settings_->clients == nullptr || self.check_client()) co_await self.server_.handler_->serve(self);
    INFERWAY_ASSERT(self.finished_ || self.gone());
    if (!self.flush() && !self.gone()) co_await self.flush_all();
    self.end_request();
  }
  if (self.dead_) co_return;
  if (!self.flush()) co_await self.flush_all();
  co_await self.linger();
}

void Session::begin_request() {
  started_ = server_.loop_.now();
  chunks_ = http::ChunkScanner();
  body_left_ = head_.framing == http::BodyFraming::length ? head_.content_length : 0;
  body_done_ =
      head_.framing == http::BodyFraming::none || (head_.framing == http::BodyFraming::length && body_left_ == 0);
  body_read_ = 0;
  pace_since_ = TimePoint{};
  continue_due_ = head_.expect_continue && !body_done_;
  keep_ = head_.keep_alive && !server_.draining_;
  first_byte_sent_ = TimePoint::min();
  body_sent_ = 0;
  answer_left_ = 0;
  framing_ = Framing::none;
  no_body_ = head_sent_ = finished_ = sent_at_once_ = aborted_ = end_due_ = false;
}

/// What was read beyond the request stands at the front of in_ for the next one.
void Session::end_request() {
  read_deadline_.disarm();
  if (client_ != nullptr) client_->forwarded.clear();  // the next request is another client's
  server_.fields_.take_back(head_.fields);
  if (write_deadline_.expired()) server_.shard_.write_timeouts.add();
  if (aborted_ || gone() || !body_done_) keep_ = false;
  if (aborted_ && (framing_ == Framing::until_close || framing_ == Framing::tunnel)) {
    stream_.reset_on_close();  // the connection's orderly end would look like the body's
    dead_ = true;
  }
  if (gone()) dead_ = true;
  if (!keep_) return;
  if (raw_.size() > 0) {
    // A chunked body was read past in_; what is behind its end is the next request.
    in_.release();
    in_.swap(raw_);
  } else {
    in_.consume(used_);
  }
  raw_.release();
  used_ = 0;
}

/// Answers a request whose head cannot be read; the connection is to be ended behind that.
void Session::refuse(Error const& error) {
  if (error.code == ErrorCode::header_too_large) server_.shard_.heads_too_large.add();
  server_.shard_.bad_requests.add();
  begin_request();
  body_done_ = false;
  answer_error(error, Then::close);
}

/// The answer to what no handler is to see.
void Session::answer_error(Error const& error, Then then, std::span<AnswerField const> fields) {
  auto const kind = http::answer_kind(error.code);
  auto const dialect = dialect::client_dialect(head_.path);
  auto const request_id = random_id();
  auto const body = dialect::error_body(dialect, error.code, error.detail, request_id);
  std::array<AnswerField, 6> more;
  std::size_t count = 0;
  for (auto const& field : fields) more[count++] = field;
  more[count++] = {"Content-Type", "application/json"};
  more[count++] = {"x-inferway-error", name(error.code)};
  more[count++] = {"x-request-id", request_id};
  if (kind.retry_after && fields.empty()) more[count++] = {"Retry-After", "1"};
  if (kind.status == 405) more[count++] = {"Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"};
  no_body_ = false;
  send_head({.status = kind.status,
             .reason = http::reason_phrase(kind.status),
             .fields = {},
             .more = std::span(more).first(count),
             .body = true,
             .length = body.size(),
             .close = then == Then::close || head_.upgrade});
  std::string_view const pieces[] = {body};
  send_body(pieces, More::none);
  telemetry::Record record;
  record.started = std::chrono::system_clock::now();
  record.status = static_cast<std::int16_t>(kind.status);
  record.error_set = true;
  record.error = error.code;
  record.method.assign(head_.method);
  record.path.assign(head_.path);
  record.request_id.assign(request_id);
  record.client.assign(client());
  record.detail.assign(error.detail);
  record.bytes_out = body.size();
  server_.shard_.finish(record);
}

/// Until all is sent, the client is gone, or does not take it in time.
net::Task<> Session::flush_all() {
  while (!flush() && !gone()) co_await waiter_.wait();
}

/// RFC 9112 section 9.6: close in stages.
net::Task<> Session::linger() {
  if (dead_ || stream_.hung_up()) co_return;
  if (!body_done_) server_.shard_.lingering_closes.add();
  stream_.shutdown_write();
  in_.release();
  raw_.release();
  // Over TLS the end itself must be written, and a client may be slow to take what stands before it.
  bool closing = stream_.closing();
  read_deadline_.arm(server_.loop_.now() + (closing ? Duration(settings_->timeouts.write) : kLinger));
  auto left = settings_->limits.body_bytes;
  while (!read_deadline_.expired() && !server_.cut_) {
    auto const read = stream_.try_read(server_.loop_.scratch());
    if (closing && !stream_.closing()) {
      closing = false;
      read_deadline_.arm(server_.loop_.now() + kLinger);
    }
    if (read.status == net::IoStatus::ok) {
      if (read.bytes >= left) co_return;
      left -= read.bytes;
    } else if (read.status == net::IoStatus::blocked) {
      co_await waiter_.wait();
    } else {
      co_return;
    }
  }
}

void Session::release_head() {
  if (framing_ == Framing::tunnel) return server_.fields_.take_back(head_.fields);  // in_ may hold its first bytes
  if (!body_done_ || in_.size() > used_) return;                                    // what follows is the next request
  in_.release();
  server_.fields_.take_back(head_.fields);
  used_ = 0;
}

std::optional<ErrorCode> Session::gone() const {
  if (framing_ == Framing::tunnel) return gone_from_tunnel();
  if (write_deadline_.expired()) return ErrorCode::client_stalled;
  if (dead_ || (body_done_ ? stream_.hung_up() : stream_.socket_hung_up())) return ErrorCode::client_gone;
  if (server_.cut_) return ErrorCode::draining;
  return std::nullopt;
}

}  // namespace inferway::server
