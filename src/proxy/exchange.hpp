#pragma once

#include "client_request.hpp"
#include "event_relay.hpp"
#include "flight.hpp"
#include "inferway/base/recycled.hpp"
#include "inferway/dialect/dialect.hpp"
#include "inferway/proxy/failover.hpp"
#include "inferway/proxy/proxy.hpp"
#include "resumption.hpp"

#include <memory>
#include <optional>
#include <string>

namespace inferway::proxy {

/// One request's life: what Decision says is done here. admission.cpp: which route, and whether the caller may;
/// exchange.cpp: the loop that does whatever can go on; flights.cpp: tries, until one has an answer; relay.cpp: the
/// answer's way back; resuming.cpp: streams that break are continued; read_on.cpp: when the client has left;
/// failure.cpp: the gateway's own answers, and the record.
class Exchange final : private Composer, public Recycled<Exchange> {
 public:
  Exchange(Proxy& proxy, server::Downstream& downstream);
  ~Exchange();

  [[nodiscard]] static net::Task<> run(std::unique_ptr<Exchange> exchange);

 private:
  // admission.cpp
  /// What is due next.
  enum class Admission : std::uint8_t {
    caller,
    model_for_route,
    route,
    model_for_caller,
    hops,
    model_for_hops,
    count,
    done,
    refused,
  };
  [[nodiscard]] Result<bool> admit();
  [[nodiscard]] Result<void> identify();
  void choose_request_id();
  [[nodiscard]] Result<void> choose_route();
  void choose_hops();
  [[nodiscard]] Result<bool> find_model();
  [[nodiscard]] Result<bool> scan_some(BodyScanner& scanner);
  [[nodiscard]] Result<bool> check_model();
  [[nodiscard]] Result<void> answer_models(Error const& no_route);

  // overload.cpp
  [[nodiscard]] Result<void> shed(std::int64_t priority);

  // exchange.cpp
  [[nodiscard]] bool decided();
  /// What run() has to do next.
  enum class Turn : std::uint8_t { wait, tunnel, over };
  enum class Stage : std::uint8_t { deciding, forwarding, reading_on, flushing };
  [[nodiscard]] Turn take_turn();
  void begin_forwarding();
  [[nodiscard]] Turn forward();
  void end_forwarding();
  [[nodiscard]] Result<bool> step();
  [[nodiscard]] Result<bool> pump_body(Flight& flight);
  void keep_for_replay(std::string_view piece);
  void cancel(ErrorCode why);
  [[nodiscard]] static Error gateway_ends();

  // flights.cpp
  void begin_hop();
  void launch();
  [[nodiscard]] UpstreamHead upstream_head(TargetPlan const& target, config::Endpoint const& endpoint,
                                           std::uint64_t whole_bytes) const;
  [[nodiscard]] upstream::Request compose(Flight& flight, net::Buffer& head) override;
  [[nodiscard]] bool holds_back() const;
  [[nodiscard]] Result<bool> seek();
  [[nodiscard]] Result<bool> advance(Flight& flight);
  [[nodiscard]] Result<bool> failed(Flight& flight);
  [[nodiscard]] Failover::Next what_next(Flight const& flight);
  [[nodiscard]] Failover::Next if_there_is_one(Failover::Next next, Flight const& flight);
  [[nodiscard]] Result<bool> give_up(Flight& flight);
  [[nodiscard]] std::size_t hop_to_ask(std::size_t from);
  void move_to_hop(std::size_t hop);
  [[nodiscard]] http::StreamApi expected_api() const;
  void pass_interim(Flight& flight);
  void arm_hedge();
  [[nodiscard]] bool hedge();
  void enter_hop(std::size_t hop);
  void drop(Flight& flight);
  void drop_all();
  void note_failure(Flight const& flight, Error const& error);
  [[nodiscard]] double jitter();
  [[nodiscard]] TargetPlan const& target() const { return hops_[failover_->hop()]; }

  // mirrors.cpp
  void mirror();

  // relay.cpp
  [[nodiscard]] Result<bool> begin_answer(Flight& flight);
  [[nodiscard]] Result<bool> relay();
  void take_over(Flight& flight);
  void let_go_of_request();
  void send_answer_head(Flight& flight);
  [[nodiscard]] Result<bool> broke(Error error);
  [[nodiscard]] Result<bool> relay_bytes(upstream::Attempt::Received const& received);
  [[nodiscard]] Result<bool> relay_events(upstream::Attempt::Received const& received);
  void keep_pace();
  void arm_heartbeat();
  void beat();
  void begin_tunnel(Flight& flight);
  [[nodiscard]] net::Task<> tunnel();

  // resuming.cpp
  void prepare_to_resume();
  [[nodiscard]] bool resume(Error const& broke);
  [[nodiscard]] bool finish(Error const& broke, std::string const& events);
  void end_stream(std::string_view events);
  void leave(Error const& broke);
  [[nodiscard]] bool continue_elsewhere();
  [[nodiscard]] std::optional<std::size_t> hop_to_continue_at() const;
  [[nodiscard]] Result<bool> go_on(Flight& flight);

  // read_on.cpp
  [[nodiscard]] bool reads_on(ErrorCode why) const;
  [[nodiscard]] Flight* read_on_from();
  [[nodiscard]] bool begin_reading_on(ErrorCode why);
  [[nodiscard]] bool read_on();
  [[nodiscard]] Result<bool> throw_away(Flight& flight);

  // failure.cpp
  void fail(Error const& error);
  [[nodiscard]] std::int64_t seconds_until(TimePoint time) const;
  [[nodiscard]] std::int64_t milliseconds_until(TimePoint time) const;
  void answer_error(Error const& error);
  void break_off(Error const& error);
  void settle_status();
  [[nodiscard]] std::string message_for_client(Error const& error) const;
  void finish_record();

  /// Reads, of at most net::ReadSize::kLeast each or fewer larger ones, before other requests of the worker have their
  /// turn: between a fast client and a fast backend nothing else would ever make this one wait.
  static constexpr int kRoundsAtOnce = 16;

  Proxy& proxy_;
  Proxy::Use const use_{proxy_};  ///< goes last
  server::Downstream& downstream_;
  http::RequestHead const& head_;
  telemetry::Record record_;

  Pool<ClientRequest>::Owner request_;  ///< until the answer is the client's
  std::string_view request_id_;
  Admission admission_ = Admission::caller;
  Stage stage_ = Stage::deciding;
  dialect::Api dialect_ = dialect::Api::openai;  ///< the client's

  Hops hops_;  ///< empty: the request is answered already
  std::optional<Failover> failover_;
  std::string failures_;  ///< of tries, for the access log
  std::optional<Flight> first_;
  std::unique_ptr<Flight> second_;              ///< races the first
  Flight* answering_ = nullptr;                 ///< the one whose answer is the client's
  std::unique_ptr<dialect::StreamError> said_;  ///< what the backend of the last try said itself
  net::Deadline total_;
  net::Deadline heartbeat_;
  net::ReadSize reads_;             ///< of a body that is passed on as it comes: the request's, then the answer's
  net::Deadline pace_;              ///< of min_tokens_per_second: when the stream is looked at next
  std::uint64_t paced_events_ = 0;  ///< that had come when the period began

  http::StreamApi stream_api_ = http::StreamApi::unknown;
  bool held_up_ = false;           ///< in the period under way the client did not take what there was
  bool resuming_ = false;          ///< a try is under way that is to continue the stream
  bool head_thrown_away_ = false;  ///< the client left before it came
  bool tunnelled_ = false;         ///< a WebSocket's handshake was answered by a 101
  bool head_is_promise_ = false;   ///< a heartbeat sent it, before there was content
  bool head_due_ = true;           ///< the final head was not handed to the client yet
  std::optional<EventRelay> events_;
  std::unique_ptr<Resumption> resumption_;  ///< of a stream that can be continued when it breaks
};

}  // namespace inferway::proxy
