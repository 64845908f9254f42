#include "bad_load.hpp"

#include "sockets.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>

namespace bench {
namespace {

/// None of these may be taken for a request.
std::string malformed(std::uint64_t number, std::string const& path) {
  auto const post = "POST " + path + " HTTP/1.1\r\nHost: bench\r\n";
  std::array<std::string, 6> const kinds = {
      std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 15),  // TLS on a plain port
      "POST " + path + " HTTP/7.1\r\nHost: bench\r\n\r\n",
      post + "Content-Length: 12\r\nContent-Length: 13\r\n\r\n",
      post + "Content-Length: -1\r\n\r\n",
      post + "no colon in this field\r\n\r\n",
      post + "Transfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
  };
  return kinds[number % kinds.size()];
}

/// What a client sends before it leaves: some of a request, or all of it.
std::string abandoned(std::uint64_t number, std::string const& path) {
  std::string const body = R"({"model":"model-000000","messages":[{"role":"user","content":"never mind"}]})";
  auto const whole = "POST " + path + " HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: " +
                     std::to_string(body.size()) + "\r\n\r\n" + body;
  std::array<std::size_t, 3> const lengths = {20, whole.size() - body.size() / 2, whole.size()};
  return whole.substr(0, lengths[number % lengths.size()]);
}

}  // namespace

void BadLoad::run() {
  auto due = now();
  for (;;) {
    auto const time = now();
    window_.advance(time, clients_.size());
    if (window_.finishing() && clients_.empty()) return;
    if (window_.overdue(time)) return errors_.add("some are not answered");
    for (; !window_.finishing() && due <= time; due += kSecond / options_.rate) begin(time);
    auto const next = window_.next(time);
    for (auto const& event : poller_.wait(window_.finishing() ? next : std::min(due, next))) {
      ready(*static_cast<Client*>(event.data.ptr), event.events);
    }
  }
}

void BadLoad::begin(Nanos now) {
  auto owner = std::make_unique<Client>();
  auto& client = *owner;
  clients_[&client] = std::move(owner);
  client.began = now;
  client.leaves = begun_ % 2 == 1;
  client.request = client.leaves ? abandoned(begun_ / 2, options_.path) : malformed(begun_ / 2, options_.path);
  client.descriptor = connect_to(options_.port, 0);
  poller_.add(client.descriptor, EPOLLOUT, &client);
  ++begun_;
}

void BadLoad::ready(Client& client, std::uint32_t events) {
  if ((events & EPOLLOUT) != 0 && !client.request.empty()) {
    ::send(client.descriptor, client.request.data(), client.request.size(), MSG_NOSIGNAL);
    client.request.clear();
    if (client.leaves) {
      ++left_;
      reset(client.descriptor);
      clients_.erase(&client);
      return;
    }
    poller_.change(client.descriptor, EPOLLIN, &client);
  }
  if ((events & ~std::uint32_t{EPOLLOUT}) == 0) return;
  std::array<char, 4096> space{};
  std::string_view bytes;
  auto const received = receive(client.descriptor, space.data(), space.size(), bytes);
  client.answer.append(bytes);
  if (received == Received::end) end(client);
}

void BadLoad::end(Client& client) {
  auto const answer = std::string_view(client.answer);
  if (answer.empty() || answer.starts_with("HTTP/1.1 4") || answer.starts_with("HTTP/1.1 5") ||
      answer.starts_with("HTTP/1.0 4") || answer.starts_with("<html")) {
    ++refused_;
  } else {
    errors_.add("taken for valid: " + std::string(answer.substr(0, answer.find('\r'))));
  }
  ::close(client.descriptor);
  clients_.erase(&client);
}

void BadLoad::report() const {
  std::printf(
      "{\"event\":\"result\",\"count\":%llu,\"malformed_refused\":%llu,\"left\":%llu,\"errors\":%llu,"
      "\"first_error\":\"%s\"}\n",
      static_cast<unsigned long long>(begun_), static_cast<unsigned long long>(refused_),
      static_cast<unsigned long long>(left_), static_cast<unsigned long long>(errors_.count()),
      errors_.first().c_str());
}

}  // namespace bench
