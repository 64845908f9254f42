#pragma once

#include "buffered_body.hpp"
#include "flight.hpp"
#include "inferway/proxy/authorization.hpp"
#include "inferway/proxy/decision.hpp"
#include "inferway/proxy/proxy.hpp"

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace inferway::proxy {

/// What an exchange needs only while its request may still be sent. It goes once the answer is the client's: streams
/// last for long, and there are many of them.
struct ClientRequest {
  ClientRequest(Proxy& proxy, server::Downstream& downstream, Composer& composer);

  Decision decision;
  Authorization caller;

  BufferedBody body;
  std::unique_ptr<BodyScanner> scanner;  ///< looks for the model in a body that is still coming
  bool body_read = false;                ///< body is whole
  bool model_sought = false;             ///< decision knows the model, or that none is named
  bool replay_due = false;               ///< a try has not got `replay` yet
  bool resendable = true;                ///< ... and that is all there is
  bool hedged = false;                   ///< a second try was raced
  net::Buffer replay;                    ///< of a body that is not read whole: what was sent of it, for another try

  std::vector<std::size_t> avoid;        ///< endpoints of the current hop that failed this request, or are being asked
  Flight::Setting const setting;         ///< of all its tries
  int refused_with = 0;                  ///< the last backend rests: the status with which it asked for that
  TimePoint soonest = TimePoint::max();  ///< when an endpoint may be asked again, of those that rest
  net::Deadline next_try;
  net::Deadline hedge;
  std::string_view continuation;  ///< the body of the tries that are to continue a stream
};

}  // namespace inferway::proxy
