#include "request_load.hpp"

#include "sockets.hpp"

#include <algorithm>
#include <cstdio>
#include <unistd.h>

namespace bench {
namespace {

constexpr std::uint64_t kSmall = std::uint64_t{64} * 1024;
constexpr std::size_t kReadBytes = std::size_t{256} * 1024;

}  // namespace

RequestLoad::RequestLoad(Options options, Content const& body, Content const& answer, Window& window)
    : options_(std::move(options)), body_(body), answer_(answer), window_(window), space_(kReadBytes, '\0') {
  render_requests();
}

void RequestLoad::render_requests() {
  auto head = options_.method + " " + options_.path + " HTTP/1.1\r\nHost: bench\r\n";
  if (body_.size() > 0) {
    head += "Content-Type: " + options_.type + "\r\nContent-Length: " + std::to_string(body_.size()) + "\r\n";
  }
  head += "\r\n";
  for (std::uint64_t i = 0; i < options_.models; ++i) {
    requests_.push_back(body_.size() <= kSmall ? head + body_.with(i) : head);
  }
}

void RequestLoad::run() {
  for (std::size_t i = 0; i < options_.connections; ++i) {
    connections_.push_back(std::make_unique<Connection>());
    connections_.back()->number = i;
    open(*connections_.back());
    after(*connections_.back());
  }
  next_due_ = now();
  for (;;) {
    auto const time = now();
    window_.advance(time, connections_.size());
    if (window_.finishing() && busy_ == 0) return;
    if (window_.overdue(time)) return errors_.add(std::to_string(busy_) + " requests did not finish");
    begin_due(time);
    for (auto const& event : poller_.wait(next(time))) {
      ready(*static_cast<Connection*>(event.data.ptr), event.events);
    }
  }
}

Nanos RequestLoad::next(Nanos now) const {
  return options_.rate > 0 && !window_.finishing() ? std::min(next_due_, window_.next(now)) : window_.next(now);
}

void RequestLoad::begin_due(Nanos now) {
  if (options_.rate == 0) return;
  if (window_.finishing()) return waiting_.clear();
  for (; next_due_ <= now; next_due_ += kSecond / options_.rate) {
    if (window_.measuring()) ++offered_;
    waiting_.push_back(next_due_);
  }
  while (!waiting_.empty() && !idle_.empty()) {
    auto* const connection = idle_.back();
    idle_.pop_back();
    auto const due = waiting_.front();
    waiting_.pop_front();
    ask(*connection, due);
  }
}

void RequestLoad::open(Connection& connection) {
  connection.descriptor = connect_to(options_.port, connection.number);
  connection.reader = {};
  connection.output = {};
  connection.busy = false;
  connection.polls_output = false;
  connection.content_bytes_seen = 0;
  poller_.add(connection.descriptor, EPOLLIN, &connection);
}

void RequestLoad::close(Connection& connection) {
  ::close(connection.descriptor);
  if (connection.busy) --busy_;
  ++reopened_;
  open(connection);
}

/// A connection is free: what it does next.
void RequestLoad::after(Connection& connection) {
  if (window_.finishing()) return;
  if (options_.rate == 0) return ask(connection, now());
  idle_.push_back(&connection);
}

void RequestLoad::ask(Connection& connection, Nanos due) {
  connection.busy = true;
  connection.asked = due;
  connection.answer_at = 0;
  ++busy_;
  auto const& request = requests_[next_request_];
  next_request_ = (next_request_ + 1) % requests_.size();
  bool const sent = body_.size() <= kSmall ? connection.output.send(connection.descriptor, request)
                                           : connection.output.send(connection.descriptor, request, body_);
  if (sent) poll_output(connection);  // when it is not, the end of the connection is about to be read
}

void RequestLoad::ready(Connection& connection, std::uint32_t events) {
  if ((events & EPOLLOUT) != 0 && connection.output.waits()) {
    if (!connection.output.flush(connection.descriptor)) return broke(connection, "cannot send");
  }
  if (body_.size() > kSmall) {
    auto const sent = connection.output.content_bytes();
    if (window_.measuring()) sent_bytes_ += sent - connection.content_bytes_seen;
    connection.content_bytes_seen = sent;
  }
  poll_output(connection);
  if ((events & ~std::uint32_t{EPOLLOUT}) != 0) read(connection);
}

void RequestLoad::read(Connection& connection) {
  std::string_view bytes;
  switch (receive(connection.descriptor, space_.data(), space_.size(), bytes)) {
    case Received::nothing: return;
    case Received::end:
      if (connection.busy) return broke(connection, "closed before the answer was whole");
      if (options_.rate > 0) std::erase(idle_, &connection);
      close(connection);
      return after(connection);
    case Received::bytes:
      if (!consume(connection, bytes)) broke(connection, "not the expected answer");
  }
}

bool RequestLoad::consume(Connection& connection, std::string_view bytes) {
  for (;;) {
    switch (connection.reader.next(bytes)) {
      case MessageReader::Step::need_more: return true;
      case MessageReader::Step::bad: return false;
      case MessageReader::Step::head:
        if (!connection.busy) return false;
        break;
      case MessageReader::Step::body:
        if (!take_body(connection)) return false;
        break;
      case MessageReader::Step::done:
        answered(connection);
        return bytes.empty();  // nothing was asked yet that more could answer
    }
  }
}

bool RequestLoad::take_body(Connection& connection) {
  auto const part = connection.reader.part();
  if (connection.reader.head().status == 200 && !answer_.is(connection.answer_at, part)) return false;
  connection.answer_at += part.size();
  if (window_.measuring()) received_bytes_ += part.size();
  return true;
}

void RequestLoad::answered(Connection& connection) {
  auto const& head = connection.reader.head();
  bool const good = head.status == 200 && connection.answer_at == answer_.size();
  bool const refused = head.status == 503 && head.retry_after && options_.refusals_allowed;
  auto const took = now() - connection.asked;
  if (window_.measuring() && good) latency_.add(took);
  if (window_.measuring() && refused) refusal_latency_.add(took);
  if (window_.measuring()) good_ += good ? 1 : 0;
  if (window_.measuring()) refused_ += refused ? 1 : 0;
  if (good) ++finished_;
  if (!good && !refused) errors_.add("status " + std::to_string(head.status));
  if (head.close) {
    close(connection);
  } else {
    connection.busy = false;
    --busy_;
  }
  after(connection);
}

void RequestLoad::broke(Connection& connection, std::string const& why) {
  errors_.add(why);
  close(connection);
  after(connection);
}

void RequestLoad::poll_output(Connection& connection) const {
  if (connection.output.waits() == connection.polls_output) return;
  connection.polls_output = !connection.polls_output;
  poller_.change(connection.descriptor, connection.polls_output ? EPOLLIN | EPOLLOUT : EPOLLIN, &connection);
}

void RequestLoad::report() const {
  std::printf(
      "{\"event\":\"result\",\"seconds\":%.6f,\"count\":%llu,\"finished\":%llu,\"refused\":%llu,\"offered\":%llu,"
      "\"received_bytes\":%llu,\"sent_bytes\":%llu,\"reopened\":%llu,\"p50_us\":%.1f,\"p99_us\":%.1f,"
      "\"refused_p99_us\":%.1f,\"errors\":%llu,\"first_error\":\"%s\"}\n",
      window_.measured_seconds(), static_cast<unsigned long long>(good_), static_cast<unsigned long long>(finished_),
      static_cast<unsigned long long>(refused_), static_cast<unsigned long long>(offered_),
      static_cast<unsigned long long>(received_bytes_), static_cast<unsigned long long>(sent_bytes_),
      static_cast<unsigned long long>(reopened_), latency_.percentile_us(50), latency_.percentile_us(99),
      refusal_latency_.percentile_us(99), static_cast<unsigned long long>(errors_.count()), errors_.first().c_str());
}

}  // namespace bench
