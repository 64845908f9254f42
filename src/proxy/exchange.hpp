#pragma once

#include "buffered_body.hpp"
#include "event_relay.hpp"
#include "inferway/dialect/dialect.hpp"
#include "inferway/proxy/authorization.hpp"
#include "inferway/proxy/decision.hpp"
#include "inferway/proxy/proxy.hpp"
#include "inferway/upstream/attempt.hpp"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace inferway::proxy {

/// One request's life: what Decision says is done here. admission.cpp: which route, and whether the caller may;
/// exchange.cpp: forwarding; relay.cpp: the answer's way back; failure.cpp: the gateway's own answers, and the record.
class Exchange {
 public:
  Exchange(Proxy& proxy, server::Downstream& downstream);
  ~Exchange();

  [[nodiscard]] net::Task<> run();

 private:
  // admission.cpp
  [[nodiscard]] net::Task<Result<void>> admit();
  void choose_request_id();
  [[nodiscard]] net::Task<Result<void>> find_model();
  [[nodiscard]] net::Task<Result<void>> scan_body(BodyScanner& scanner);

  [[nodiscard]] net::Task<Result<void>> check_model();
  [[nodiscard]] Result<void> answer_models(Error const& no_route);

  // exchange.cpp
  [[nodiscard]] net::Task<> forward();
  void start_attempt();
  [[nodiscard]] Result<bool> step();
  [[nodiscard]] Result<bool> pump_body();
  void cancel(ErrorCode why);
  [[nodiscard]] static Error gateway_ends();

  // relay.cpp
  [[nodiscard]] Result<bool> begin_answer();
  [[nodiscard]] Result<bool> relay();
  void send_answer_head();
  [[nodiscard]] Result<bool> relay_events(upstream::Attempt::Received const& received);
  void begin_tunnel();
  [[nodiscard]] net::Task<> tunnel();

  // failure.cpp
  void fail(Error const& error);
  void answer_error(Error const& error);
  void break_off(Error const& error);
  void settle_status();
  [[nodiscard]] std::string message_for_client(Error const& error) const;
  void finish_record();

  /// Reads, of at most a scratch memory each, before other requests of the worker have their turn: between a fast
  /// client and a fast backend nothing else would ever make this one wait.
  static constexpr int kRoundsAtOnce = 16;

  Proxy& proxy_;
  server::Downstream& downstream_;
  http::RequestHead const& head_;
  telemetry::Record record_;

  Decision decision_;
  Authorization caller_;
  std::array<char, 32> id_storage_{};
  std::string_view request_id_;

  BufferedBody body_;
  bool body_read_ = false;     ///< body_ is whole
  bool model_sought_ = false;  ///< decision_ knows the model, or that none is named
  TargetPlan const* target_ = nullptr;

  net::Deadline total_;
  net::Buffer upstream_head_;
  std::optional<upstream::Place> place_;
  std::optional<upstream::Attempt> attempt_;
  http::StreamApi stream_api_ = http::StreamApi::unknown;
  std::optional<EventRelay> events_;
  bool tunnelled_ = false;  ///< a WebSocket's handshake was answered by a 101
  bool answering_ = false;  ///< the final head is there
  bool head_due_ = false;   ///< ... and not handed to the client yet
};

}  // namespace inferway::proxy
