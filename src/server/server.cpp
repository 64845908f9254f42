#include "inferway/server/server.hpp"

#include "inferway/http/date.hpp"
#include "inferway/telemetry/log.hpp"
#include "session.hpp"

#include <exception>
#include <string>
#include <utility>

namespace inferway::server {

namespace {

/// Connections over the limit that are being told so; beyond these a connection is closed without a word.
constexpr std::uint64_t kMaxTurnedAway = 256;

std::string describe(std::exception_ptr const& exception) {
  try {
    std::rethrow_exception(exception);
  } catch (std::exception const& e) {
    return e.what();
  } catch (...) {
    return "unknown exception";
  }
}

}  // namespace

Server::Server(net::Loop& loop, Handler& handler, Settings settings, ConnectionCount& count, telemetry::Shard& shard)
    : loop_(loop),
      handler_(&handler),
      settings_(std::make_shared<Settings const>(std::move(settings))),
      count_(count),
      shard_(shard),
      tasks_(loop, [this](std::exception_ptr const& exception) {
        shard_.sessions_failed.add();
        telemetry::log_error("a session ended by an exception: " + describe(exception));
      }) {}

Server::~Server() = default;

void Server::serve(net::Descriptor connection, net::Address const& peer, Opening opening) {
  auto const open = count_.open.fetch_add(1, std::memory_order_relaxed);
  bool const over_limit = open >= settings_->limits.connections;
  if (over_limit) shard_.connections_refused.add();
  if (cut_ || open >= settings_->limits.connections + kMaxTurnedAway) {
    count_.open.fetch_sub(1, std::memory_order_relaxed);
    load_.fetch_sub(1, std::memory_order_relaxed);
    return;
  }
  auto session = std::make_unique<Session>(*this, std::move(connection), peer);
  tasks_.spawn(Session::run(std::move(session), std::move(opening), over_limit));
}

std::string const& Server::date() {
  auto const now = std::chrono::system_clock::now();
  if (now >= date_until_) {
    date_ = http::format_date(now);
    date_until_ = std::chrono::floor<std::chrono::seconds>(now) + std::chrono::seconds(1);
  }
  return date_;
}

void Server::change(Handler& handler, Settings settings) {
  handler_ = &handler;
  settings_ = std::make_shared<Settings const>(std::move(settings));
}

void Server::drain(Duration last_moment) {
  last_moment_ = last_moment;
  draining_ = true;
  for (auto* session = first_; session != nullptr; session = session->next_) session->wake();
}

void Server::cut() {
  draining_ = true;
  cut_ = true;
  for (auto* session = first_; session != nullptr; session = session->next_) session->wake();
}

}  // namespace inferway::server
