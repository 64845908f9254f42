#include "reply_model.hpp"

namespace bench {
namespace {

constexpr std::uint64_t kSmall = std::uint64_t{64} * 1024;

}  // namespace

ReplyModel::ReplyModel(Content const& answer, std::string const& content_type, Pace pace)
    : answer_(answer),
      head_("HTTP/1.1 200 OK\r\nContent-Type: " + content_type +
            "\r\nContent-Length: " + std::to_string(answer.size()) + "\r\n\r\n"),
      pace_(pace) {
  if (answer.size() > kSmall) return;
  whole_ = head_;
  while (whole_.size() < head_.size() + answer.size()) whole_.append(answer.from(whole_.size() - head_.size()));
}

void ReplyModel::asked(std::shared_ptr<Peer> const& peer) {
  if (pace_.places == 0) return answer(*peer);
  waiting_.push_back(peer);
  fill_places(now());
}

Nanos ReplyModel::turn(Nanos now) {
  while (!served_.empty() && served_.front().due <= now) {
    auto const served = served_.front();
    served_.pop_front();
    if (!served.peer->closed) answer(*served.peer);
    fill_places(served.due);  // its place was free from then on, however late this is noticed
  }
  return served_.empty() ? kNever : served_.front().due;
}

void ReplyModel::fill_places(Nanos now) {
  while (served_.size() < pace_.places && !waiting_.empty()) {
    if (!waiting_.front()->closed) served_.push_back({.due = now + pace_.service, .peer = waiting_.front()});
    waiting_.pop_front();
  }
}

void ReplyModel::answer(Peer& peer) const {
  bool const sent =
      whole_.empty() ? peer.output.send(peer.descriptor, head_, answer_) : peer.output.send(peer.descriptor, whole_);
  if (!sent) peer.broken = true;
}

}  // namespace bench
