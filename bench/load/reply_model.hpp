#pragma once

#include "content.hpp"
#include "server.hpp"

#include <deque>
#include <memory>
#include <string>

namespace bench {

/// Answers each request with the same content: at once, or as a server with so many places does that needs a time for
/// each request, the others waiting for a place.
class ReplyModel : public Model {
 public:
  struct Pace {
    std::size_t places = 0;  // 0: at once
    Nanos service = 0;
  };

  ReplyModel(Content const& answer, std::string const& content_type, Pace pace);

  void asked(std::shared_ptr<Peer> const& peer) override;
  Nanos turn(Nanos now) override;

 private:
  struct Served {
    Nanos due;
    std::shared_ptr<Peer> peer;
  };

  void answer(Peer& peer) const;
  void fill_places(Nanos now);

  Content const& answer_;
  std::string head_;
  std::string whole_;  // head and content, when it is small
  Pace pace_;
  std::deque<Served> served_;  // in order: the service time is one for all
  std::deque<std::shared_ptr<Peer>> waiting_;
};

}  // namespace bench
