#pragma once

#include "inferway/server/downstream.hpp"

#include <algorithm>
#include <deque>
#include <string>

namespace inferway::proxy {

/// A client request whose body comes as a test says: a peer of the proxy in memory.
class ScriptedDownstream final : public server::Downstream {
 public:
  explicit ScriptedDownstream(net::Loop& loop) : waiter_(loop) {}

  http::RequestHead request;
  std::string with_head;          ///< body bytes that came together with the head
  std::deque<std::string> later;  ///< what each later read gives; "" blocks once
  std::optional<Error> then_fails;

  [[nodiscard]] http::RequestHead const& head() const override { return request; }
  [[nodiscard]] std::string_view peer() const override { return "192.0.2.1"; }
  [[nodiscard]] bool secure() const override { return false; }
  [[nodiscard]] net::Waiter& waiter() override { return waiter_; }
  [[nodiscard]] TimePoint started() const override { return {}; }
  [[nodiscard]] Result<server::BodyRead> read_body(std::span<char> into) override {
    using What = server::BodyRead::What;
    if (!with_head.empty() && read_ == 0) {
      read_ = with_head.size();
      return server::BodyRead{What::data, with_head};
    }
    if (body_done()) return server::BodyRead{What::end, {}};
    if (into.empty() && request.framing == http::BodyFraming::length) return server::BodyRead{What::blocked, {}};
    if (later.empty() && then_fails) return std::unexpected(*then_fails);
    if (later.front().empty()) {
      later.pop_front();
      return server::BodyRead{What::blocked, {}};
    }
    if (request.framing != http::BodyFraming::length) {
      transient_ = later.front();
      later.pop_front();
      read_ += transient_.size();
      return server::BodyRead{What::data, transient_};
    }
    auto const size = std::min(into.size(), later.front().size());
    std::copy_n(later.front().begin(), size, into.begin());
    later.front().erase(0, size);
    if (later.front().empty()) later.pop_front();
    read_ += size;
    return server::BodyRead{What::data, {into.data(), size}};
  }
  [[nodiscard]] bool body_done() const override {
    return later.empty() && !then_fails && (with_head.empty() || read_ > 0);
  }
  void release_head() override {}
  [[nodiscard]] std::optional<ErrorCode> gone() const override { return std::nullopt; }
  [[nodiscard]] bool ending() const override { return false; }
  void send_interim(server::AnswerHead const&) override {}
  void send_head(server::AnswerHead const&) override {}
  void switch_protocols(server::AnswerHead const&) override {}
  void send_body(std::span<std::string_view const>, server::More) override {}
  void abort() override {}
  bool flush() override { return true; }
  [[nodiscard]] bool head_sent() const override { return false; }
  [[nodiscard]] bool finished() const override { return false; }
  [[nodiscard]] TimePoint first_byte_sent() const override { return TimePoint::min(); }
  [[nodiscard]] bool sent_at_once() const override { return false; }
  [[nodiscard]] std::uint64_t body_bytes_read() const override { return read_; }
  [[nodiscard]] std::uint64_t body_bytes_sent() const override { return 0; }

 private:
  net::Waiter waiter_;
  std::uint64_t read_ = 0;
  std::string transient_;  ///< overwritten by the next read, as a session's memory for chunks is
};

}  // namespace inferway::proxy
