#pragma once

#include "event.hpp"
#include "server.hpp"

#include <deque>
#include <memory>

namespace bench {

/// Answers each request with a stream of events, a chunk each: one at an interval, or as fast as they are taken.
class StreamModel : public Model {
 public:
  StreamModel(std::uint64_t events, Nanos interval) : events_(events), interval_(interval) {}

  void asked(std::shared_ptr<Peer> const& peer) override;
  void writable(Peer& peer) override;
  bool wants_room(Peer const& peer) const override { return interval_ == 0 && peer.streaming; }
  Nanos turn(Nanos now) override;

 private:
  struct Due {
    Nanos when;
    std::shared_ptr<Peer> peer;
  };

  void send(Peer& peer, std::size_t most);

  std::uint64_t events_;
  Nanos interval_;
  std::deque<Due> due_;  // in order: the interval is one for all
  Event event_;
  std::string batch_;
};

}  // namespace bench
