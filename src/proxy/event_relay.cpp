#include "event_relay.hpp"

namespace inferway::proxy {

namespace {

/// Whether an event that lacks its empty line was not cut inside its data: [DONE], or JSON whose brackets are closed.
bool is_whole(std::string_view event) {
  int depth = 0;
  bool begun = false;
  bool in_string = false;
  for (std::size_t i = 0; i < event.size(); ++i) {
    char const c = event[i];
    if (in_string) {
      if (c == '\\') ++i;
      in_string = c != '"';
    } else if (c == '{' || c == '[') {
      begun = true;
      ++depth;
    } else if (c == '}' || c == ']') {
      --depth;
    } else {
      in_string = c == '"';
    }
  }
  return begun && depth == 0;
}

}  // namespace

std::span<std::string_view const> EventRelay::feed(std::span<std::string_view const> pieces) {
  out_.clear();
  waiting_.clear();
  sending_.release();
  std::size_t waiting_bytes = 0;
  for (auto const piece : pieces) {
    auto const whole = scanner_.feed(piece);
    if (whole > 0) {
      let_go();
      out_.push_back(piece.substr(0, whole));
      in_large_event_ = false;
      waiting_bytes = 0;
    }
    if (whole < piece.size()) waiting_.push_back(piece.substr(whole));
    waiting_bytes += piece.size() - whole;
  }
  if (in_large_event_ || held_.size() + waiting_bytes > kMaxHeld) {
    let_go();
    in_large_event_ = true;
  }
  for (auto const piece : waiting_) held_.append(piece);
  return out_;
}

/// All that waits may be sent.
void EventRelay::let_go() {
  if (!held_.empty()) {
    // Something is held only from earlier calls, so this happens once a call, and before anything else goes out.
    sending_.swap(held_);
    out_.push_back(sending_.view());
  }
  out_.insert(out_.end(), waiting_.begin(), waiting_.end());
  waiting_.clear();
}

std::span<std::string_view const> EventRelay::rest() {
  // A last event without its empty line: not dispatched by a strict reader, yet some servers end so after [DONE].
  if (is_whole(held_.view())) static_cast<void>(scanner_.feed("\n\n"));
  out_.clear();
  waiting_.clear();
  sending_.release();
  let_go();
  return out_;
}

}  // namespace inferway::proxy
