#include "hold_back.hpp"

namespace inferway::proxy {

HoldBack::Found HoldBack::feed(std::span<std::string_view const> pieces) {
  std::size_t whole = looked_at_;
  for (auto const piece : pieces) {
    auto const ended = scanner_.feed(piece);
    if (ended > 0) whole = held_.size() + ended;
    held_.append(piece);
  }
  auto const run = held_.view().substr(looked_at_, whole - looked_at_);
  looked_at_ = whole;
  if (auto const found = look(run); found != Found::nothing) return found;
  return held_.size() > kMaxBytes || events_ > kMaxEvents ? Found::content : Found::nothing;
}

HoldBack::Found HoldBack::look(std::string_view run) {
  if (run.empty()) return Found::nothing;
  reader_.feed(run);
  while (auto const event = reader_.next()) {
    ++events_;
    auto const kind = dialect::classify(api_, *event);
    // An event that is named an error is one, whatever its data is.
    if (kind != dialect::EventKind::error && !dialect::is_well_formed(api_, *event)) return Found::broken;
    switch (kind) {
      case dialect::EventKind::lifecycle: break;
      case dialect::EventKind::content:
      case dialect::EventKind::terminal: return Found::content;
      case dialect::EventKind::error: error_ = dialect::read_error(*event); return Found::error;
    }
  }
  return Found::nothing;
}

}  // namespace inferway::proxy
