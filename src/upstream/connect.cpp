// How an attempt gets its connection: from the pool, or dialled.

#include "connection.hpp"
#include "inferway/upstream/attempt.hpp"

#include <algorithm>

namespace inferway::upstream {

Attempt::Attempt(Upstream& upstream, Place const& place, config::UpstreamTimeouts const& timeouts, net::Waiter& waiter)
    : upstream_(upstream),
      backend_(place.backend()),
      endpoint_index_(place.endpoint()),
      counters_(upstream.counters(backend_)),
      endpoint_(*upstream.directory_[place.backend()].endpoints[place.endpoint()]),
      inflight_(place.inflight()),
      timeouts_(timeouts),
      waiter_(waiter),
      deadline_(upstream.loop_.wheel(), waiter),
      rest_of_body_(upstream.loop_.blocks()),
      kept_(upstream.loop_.blocks()),
      head_bytes_(upstream.loop_.blocks()),
      kept_head_(upstream.loop_.blocks()) {
  counters_.inflight.add();
  counters_.attempts.add();
}

Attempt::~Attempt() {
  if (waits_for_name_) std::erase(upstream_.waiting_for_names_, &waiter_);
  if (state_ != State::done && !failed_ && !given_up_) {
    (outrun_ ? counters_.outrun : counters_.cancelled).add();
    if (outrun_) measure_outrun();
  }
  if (state_ == State::connecting || state_ == State::sending) observe(balance::Outcome::abandoned);
  counters_.inflight.sub();
  upstream_.fields_.take_back(head_.fields);
}

void Attempt::start(Request const& request) {
  request_ = request;
  queue_request();
  bool const may_reuse = !request.body_follows || request.body_small;
  if (may_reuse) connection_ = upstream_.lease(backend_, endpoint_index_);
  if (connection_ != nullptr) {
    reused_ = true;
    counters_.reused.add();
    connection_->lease(waiter_);
    state_ = State::sending;
  } else {
    begin_connecting();
  }
}

void Attempt::begin_connecting() {
  state_ = State::connecting;
  connect_until_ = upstream_.loop_.now() + timeouts_.connect;
  deadline_.arm(connect_until_);
}

/// True when connected.
Result<bool> Attempt::connect() {
  if (connection_ == nullptr) {
    auto const dialled = dial();
    if (!dialled || !*dialled) return dialled;
  }
  while (true) {
    auto const outcome = connection_->stream->connected();
    if (outcome && *outcome) return handshake();
    if (!outcome && !deadline_.expired()) return false;
    // Refused, unreachable, or silent for its share of the time: the name's next address, while there is one.
    connection_.reset();
    if (next_address_ >= addresses_->size()) {
      upstream_.directory_.resolver().refresh(*endpoint_.name);
      if (outcome) return failure(outcome->error());
      return failure({ErrorCode::connect_timeout, Side::upstream, Retry::yes, "no connection within timeouts.connect"});
    }
    auto const dialled = dial();
    if (!dialled || !*dialled) return dialled;
  }
}

/// The socket is connected. True: so is TLS, where the endpoint speaks it.
Result<bool> Attempt::handshake() {
  if (endpoint_.config.tls) {
    auto& stream = *connection_->stream;
    if (!stream.secure()) {
      deadline_.arm(connect_until_);
      stream.start_tls({.context = upstream_.directory_[backend_].tls.load(),
                        .server_name = endpoint_.config.host,
                        .tickets = connection_->tickets.get()});
    }
    auto const done = stream.handshake();
    auto& counters = counters_.tls;
    if (done && !*done) {
      counters.failures[static_cast<std::size_t>(stream.tls_failure())].add();
      if (!stream.tls_offered_session()) return failure(done->error());
      // Some servers do not only decline an earlier session, but break off: once more, without any.
      connection_->tickets->clear();
      connection_.reset();
      next_address_ = 0;
      return dial();
    }
    if (!done && deadline_.expired()) {
      counters.failures[static_cast<std::size_t>(TlsFailure::timed_out)].add();
      return failure({ErrorCode::connect_timeout, Side::upstream, Retry::yes,
                      "TLS: the handshake was not done within timeouts.connect"});
    }
    if (!done) return false;
    (stream.tls_resumed() ? counters.resumed : counters.full).add();
  }
  connected();
  return true;
}

/// Begins to connect to the next address. False: the name is not known yet.
Result<bool> Attempt::dial() {
  if (addresses_ == nullptr) addresses_ = endpoint_.name->addresses();
  if (addresses_ == nullptr) {
    if (endpoint_.name->unknown()) {
      upstream_.directory_.resolver().refresh(*endpoint_.name);
      return failure({ErrorCode::connect_failed, Side::upstream, Retry::yes, "the endpoint's name cannot be resolved"});
    }
    if (deadline_.expired()) {
      return failure({ErrorCode::connect_timeout, Side::upstream, Retry::yes,
                      "the endpoint's name was not resolved within timeouts.connect"});
    }
    if (!waits_for_name_) upstream_.waiting_for_names_.push_back(&waiter_);
    waits_for_name_ = true;
    return false;
  }
  Error last{ErrorCode::connect_failed, Side::upstream, Retry::yes, "no address"};
  auto const preferred = endpoint_.preferred.load(std::memory_order_relaxed);
  while (next_address_ < addresses_->size()) {
    dialled_ = (preferred + next_address_++) % static_cast<std::uint32_t>(addresses_->size());
    // One address that swallows packets must not take the time of those behind it; and the one that answered last comes
    // first, so that its share is not waited for at each connection.
    auto const now = upstream_.loop_.now();
    auto const left = static_cast<Duration::rep>(addresses_->size() - next_address_) + 1;
    deadline_.arm(now + std::max(connect_until_ - now, Duration::zero()) / left);
    auto stream = net::Stream::connect(upstream_.loop_, (*addresses_)[dialled_]);
    if (stream) {
      connection_ = std::make_unique<Connection>(upstream_, backend_, endpoint_index_, std::move(*stream));
      connection_->lease(waiter_);
      return true;
    }
    if (stream.error().side == Side::gateway) return own_failure(std::move(stream.error()));
    last = stream.error();
  }
  upstream_.directory_.resolver().refresh(*endpoint_.name);
  return failure(std::move(last));
}

void Attempt::connected() {
  counters_.connects.add();
  connect_took_ = upstream_.loop_.now() - (connect_until_ - timeouts_.connect);
  if (addresses_ != nullptr) endpoint_.preferred.store(dialled_, std::memory_order_relaxed);
  deadline_.disarm();
  state_ = State::sending;
}

/// The pooled connection was dead already: begin anew on a fresh one. False: it may not be replaced.
Result<bool> Attempt::replace_stale() {
  bool const can_resend = !request_.body_follows || body_queued_ <= kReplayBytes;
  if (!reused_ || replaced_ || !can_resend) return false;
  replaced_ = true;
  reused_ = false;
  counters_.replaced.add();
  connection_.reset();
  queue_request();
  rest_of_body_.release();
  rest_of_body_.append(kept_.view());
  first_byte_armed_ = false;
  begin_connecting();
  return true;
}

/// The gateway itself could not do it: no figure of the backend moves.
std::unexpected<Error> Attempt::own_failure(Error error) {
  failed_ = true;
  state_ = State::done;
  connection_.reset();
  return std::unexpected(std::move(error));
}

std::unexpected<Error> Attempt::failure(Error error) {
  observe(balance::Outcome::failed);
  report_bad(error);
  failed_ = true;
  state_ = State::done;
  connection_.reset();
  counters_.errors[static_cast<std::size_t>(error.code)].add();
  return std::unexpected(std::move(error));
}

}  // namespace inferway::upstream
