// A stream that broke behind its first content is continued by another try.

#include "exchange.hpp"

#include <span>
#include <string>
#include <utility>

namespace inferway::proxy {

/// The answer is a stream that may be continued: from here on what passes is noted.
void Exchange::prepare_to_resume() {
  auto const& route = proxy_.snapshot_.config.routes[record_.route];
  bool const chat =
      stream_api_ == http::StreamApi::openai_done && request_->decision.path().ends_with("/chat/completions");
  if (!proxy_.snapshot_.plans[record_.route].resumes || !chat || !request_->body_read) return;
  std::string call;
  call.reserve(request_->body.bytes());
  for (auto const piece : request_->body.original()) call.append(piece);
  resumption_ = std::make_unique<Resumption>(std::move(call), route.resume_attempts, proxy_.buffered_,
                                             proxy_.snapshot_.config.limits.buffered_bytes, proxy_.shard_);
}

/// The stream broke: true when it goes on all the same.
bool Exchange::resume(Error const& broke) {
  if (resumption_ == nullptr || !events_ || !events_->at_boundary()) return false;
  if (broke.side != Side::upstream || broke.code == ErrorCode::total_timeout || total_.expired()) return false;
  if (events_->done()) {  // only the framing's end was lost
    leave(broke);
    end_stream({});
    return true;
  }
  if (events_->finished()) return false;
  std::string events;
  if (resumption_->finish(events)) return finish(broke, events);
  if (!resumption_->obstacle().empty()) return false;
  leave(broke);
  return continue_elsewhere();
}

/// The answer is there, its stream's end is not. Another endpoint can tell the usage that the caller wants.
bool Exchange::finish(Error const& broke, std::string const& events) {
  leave(broke);
  if (resumption_->lacks_usage() && continue_elsewhere()) {
    std::string_view const pieces[] = {events};
    if (!events.empty()) downstream_.send_body(pieces, server::More::follows);
  } else {
    end_stream(events + resumption_->last_events());
  }
  return true;
}

void Exchange::end_stream(std::string_view events) {
  std::string_view const pieces[] = {events};
  downstream_.send_body(std::span(pieces).first(events.empty() ? 0 : 1), server::More::none);
}

/// The try that broke is over.
void Exchange::leave(Error const& broke) {
  auto const& flight = answering_ != nullptr ? *answering_ : *first_;
  note_failure(flight, broke);
  if (flight.place().taken()) request_->avoid.push_back(flight.place().endpoint());
  drop_all();
}

/// On another endpoint of the same backend, else on a fallback that can do it; on the same endpoint as the last resort.
std::optional<std::size_t> Exchange::hop_to_continue_at() const {
  auto const& upstream = proxy_.upstream_;
  auto const here = failover_->hop();
  auto const able = [&](std::size_t hop) { return hops_[hop].resume != config::Resume::off; };
  auto const outlook = upstream.outlook(target().backend, request_->avoid);
  if (able(here) && outlook.open && outlook.other) return here;
  for (auto hop = here + 1; hop < hops_.size(); ++hop) {
    if (able(hop) && upstream.outlook(hops_[hop].backend, {}).open) return hop;
  }
  return able(here) && outlook.open ? std::optional(here) : std::nullopt;
}

bool Exchange::continue_elsewhere() {
  auto const hop = hop_to_continue_at();
  if (!hop) return false;
  if (*hop != failover_->hop()) enter_hop(*hop);
  // That backend's model is put into the client's own body, and the text so far behind that.
  std::string call(resumption_->call());
  auto const splice = request_->decision.settle(target());
  if (splice) call.replace(splice->offset, splice->length, splice->value);
  auto const body = resumption_->continuation(call, target().resume);
  if (!body) return false;
  request_->continuation = *body;
  record_.backend = static_cast<std::uint32_t>(target().backend);
  proxy_.upstream_.counters(target().backend).resumed.add();
  failover_->forbid();  // what fails from here on is resumed anew, or breaks the stream
  resuming_ = true;
  launch();
  return true;
}

/// The try that is to continue has an answer.
Result<bool> Exchange::go_on(Flight& flight) {
  auto const& head = flight.attempt().head();
  if (!flight.is_stream() || head.status != 200) {
    return broke({ErrorCode::bad_response, Side::upstream, Retry::yes,
                  "status " + std::to_string(head.status) + " instead of a stream"});
  }
  answering_ = &flight;
  resuming_ = false;
  paced_events_ = 0;
  resumption_->continued();
  events_.emplace(stream_api_, proxy_.loop_.blocks());
  return relay();
}

}  // namespace inferway::proxy
