#include "inferway/mock/mock_server.hpp"

#include "connection.hpp"
#include "inferway/base/text.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <stdexcept>
#include <thread>

namespace inferway::mock {

namespace {

using asio::ip::tcp;

constexpr auto kResult = asio::as_tuple(asio::use_awaitable);

/// "127.0.0.1:8000", "[::1]:8000".
tcp::endpoint endpoint_of(std::string_view address) {
  auto const colon = address.rfind(':');
  auto const port = colon == std::string_view::npos ? std::nullopt : parse_decimal(address.substr(colon + 1));
  auto host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  boost::system::error_code error;
  auto const ip = asio::ip::make_address(host, error);
  if (error || !port || *port > 65'535) {
    throw std::runtime_error("cannot listen on '" + std::string(address) + "': not ADDRESS:PORT (127.0.0.1:8000)");
  }
  return {ip, static_cast<std::uint16_t>(*port)};
}

tcp::acceptor listen_on(asio::io_context& context, std::string const& address) {
  try {
    return {context, endpoint_of(address)};
  } catch (boost::system::system_error const& error) {
    throw std::runtime_error("cannot listen on " + address + ": " + error.code().message());
  }
}

asio::awaitable<void> accept(tcp::acceptor& acceptor, Shared& shared) {
  for (;;) {
    auto [error, socket] = co_await acceptor.async_accept(kResult);
    if (!error) {
      auto connection = std::make_shared<Connection>(std::move(socket), shared);  // its watch holds it, too
      asio::co_spawn(acceptor.get_executor(), Connection::run(std::move(connection)), asio::detached);
      continue;
    }
    // Most likely out of descriptors: one that closes meanwhile makes room.
    asio::steady_timer pause(acceptor.get_executor(), std::chrono::milliseconds(50));
    co_await pause.async_wait(kResult);
  }
}

}  // namespace

class MockServer::State {
 public:
  explicit State(Options options) : shared(std::move(options)) {
    for (auto const& address : shared.options.listen) {
      acceptors.push_back(listen_on(*context, address));
      endpoints.push_back(acceptors.back().local_endpoint());
    }
    for (auto& acceptor : acceptors) asio::co_spawn(*context, accept(acceptor, shared), asio::detached);
    thread = std::thread([this] { context->run(); });
  }

  Shared shared;
  std::vector<tcp::endpoint> endpoints;
  /// Keeps the connections, whose coroutines it destroys with itself.
  std::unique_ptr<asio::io_context> context = std::make_unique<asio::io_context>(1);
  std::vector<tcp::acceptor> acceptors;
  std::thread thread;
};

MockServer::MockServer(Options options) : state_(std::make_unique<State>(std::move(options))) {}

MockServer::~MockServer() { stop(); }

std::uint16_t MockServer::port(std::size_t index) const { return state_->endpoints.at(index).port(); }

std::string MockServer::url(std::size_t index) const {
  auto const& endpoint = state_->endpoints.at(index);
  auto const host = endpoint.address().to_string();
  return "http://" + (endpoint.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(endpoint.port());
}

Counts MockServer::counts() const { return state_->shared.counts(); }

void MockServer::stop() {
  if (!state_->thread.joinable()) return;
  state_->context->stop();
  state_->thread.join();
  state_->acceptors.clear();
  state_->context.reset();
}

}  // namespace inferway::mock
