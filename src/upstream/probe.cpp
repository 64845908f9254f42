#include "probe.hpp"

#include "inferway/http/head.hpp"
#include "inferway/upstream/health_checker.hpp"

#include <array>
#include <utility>

namespace inferway::upstream {

namespace {

using Verdict = Probe::Verdict;

Verdict failed(std::string why) { return {.passed = false, .why = std::move(why), .ours = false}; }

}  // namespace

Probe::Probe(net::Loop& loop, Directory& directory, Backend& backend, Endpoint& endpoint, std::string_view request,
             net::Watcher& watcher)
    : loop_(loop), directory_(directory), backend_(backend), endpoint_(endpoint), unsent_(request), watcher_(watcher) {}

std::optional<Verdict> Probe::go_on() {
  while (true) {
    auto const before = state_;
    std::optional<Verdict> verdict;
    switch (state_) {
      case State::naming: verdict = dial(); break;
      case State::connecting: verdict = connect(); break;
      case State::handshaking: verdict = shake_hands(); break;
      case State::sending: verdict = send(); break;
      case State::reading: verdict = read(); break;
      case State::over: return std::nullopt;
    }
    if (verdict) state_ = State::over;
    if (verdict || state_ == before) return verdict;
  }
}

std::string_view Probe::waits_for() const {
  switch (state_) {
    case State::naming: return "its name was not resolved";
    case State::connecting: return "no connection";
    case State::handshaking: return "the TLS handshake was not done";
    case State::sending: return "the request was not taken";
    case State::reading:
    case State::over: break;
  }
  return "no answer";
}

/// Begins with the address that requests were sent to last; refused ones are passed over.
std::optional<Verdict> Probe::dial() {
  if (addresses_ == nullptr) addresses_ = endpoint_.name->addresses();
  if (addresses_ == nullptr) {
    if (!endpoint_.name->unknown()) return std::nullopt;
    directory_.resolver().refresh(*endpoint_.name);
    return failed("its name cannot be resolved");
  }
  std::string last = "it has no address";
  auto const first = endpoint_.preferred.load(std::memory_order_relaxed);
  while (dialled_ < addresses_->size()) {
    auto stream = net::Stream::connect(loop_, (*addresses_)[(first + dialled_++) % addresses_->size()]);
    if (stream) {
      stream_ = std::move(*stream);
      stream_->watch(&watcher_);
      state_ = State::connecting;
      return std::nullopt;
    }
    if (stream.error().side == Side::gateway)
      return Verdict{.passed = false, .why = stream.error().detail, .ours = true};
    last = std::move(stream.error().detail);
  }
  return failed("cannot connect: " + last);
}

std::optional<Verdict> Probe::connect() {
  auto const connected = stream_->connected();
  if (!connected) return std::nullopt;
  if (!*connected) {
    stream_.reset();
    if (dialled_ >= addresses_->size()) {
      directory_.resolver().refresh(*endpoint_.name);
      return failed("cannot connect: " + connected->error().detail);
    }
    state_ = State::naming;  // the next address
    return std::nullopt;
  }
  state_ = endpoint_.config.tls ? State::handshaking : State::sending;
  if (endpoint_.config.tls) {
    stream_->start_tls({.context = backend_.tls.load(), .server_name = endpoint_.config.host});
  }
  return std::nullopt;
}

std::optional<Verdict> Probe::shake_hands() {
  auto const done = stream_->handshake();
  if (!done) return std::nullopt;
  if (!*done) return failed(done->error().detail);
  state_ = State::sending;
  return std::nullopt;
}

std::optional<Verdict> Probe::send() {
  while (!unsent_.empty()) {
    iovec const piece{const_cast<char*>(unsent_.data()), unsent_.size()};
    auto const written = stream_->try_write({&piece, 1});
    if (written.status == net::IoStatus::blocked) return std::nullopt;
    if (written.status != net::IoStatus::ok) break;  // it may have answered first
    unsent_.remove_prefix(written.bytes);
  }
  state_ = State::reading;
  return std::nullopt;
}

std::optional<Verdict> Probe::read() {
  while (true) {
    auto const scratch = loop_.scratch();
    auto const got = stream_->try_read(scratch);
    if (got.status == net::IoStatus::blocked) return std::nullopt;
    if (got.status != net::IoStatus::ok) return failed("it closed the connection before it answered");
    read_ += got.bytes;
    answer_.append(scratch.data(), got.bytes);
    if (auto verdict = judge()) return verdict;
    if (answer_.size() > HealthChecker::kMostAnswerBytes) return failed("its answer's head has no end");
  }
}

/// Once the head is there. Interim answers are passed over.
std::optional<Verdict> Probe::judge() {
  while (true) {
    auto const end = http::find_head_end(answer_, scanned_);
    if (!end) return failed("its answer's head is malformed");
    scanned_ = end->scanned;
    if (end->size == 0) return std::nullopt;
    http::ResponseHead head;
    if (!head.parse(std::string_view(answer_).substr(0, end->size), {.bytes = HealthChecker::kMostAnswerBytes},
                    false)) {
      return failed("its answer's head is malformed");
    }
    auto const behind = answer_.size() - end->size;
    if (head.status >= 200) {
      if (head.framing == http::BodyFraming::none) whole_at_ = read_ - behind;
      if (head.framing == http::BodyFraming::length) whole_at_ = read_ - behind + head.content_length;
      return Verdict{.passed = head.status < 300, .why = "it answered " + std::to_string(head.status), .ours = false};
    }
    answer_.erase(0, end->size);
    scanned_ = 0;
  }
}

bool Probe::drained() {
  while (stream_ != nullptr && read_ < HealthChecker::kMostAnswerBytes && !(whole_at_ && read_ >= *whole_at_)) {
    auto const got = stream_->try_read(loop_.scratch());
    if (got.status == net::IoStatus::blocked) return false;
    if (got.status != net::IoStatus::ok) return true;
    read_ += got.bytes;
  }
  if (stream_ != nullptr) stream_->shutdown_write();
  return true;
}

}  // namespace inferway::upstream
