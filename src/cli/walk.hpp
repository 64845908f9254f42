#pragma once

#include "inferway/policy/sha256.hpp"
#include "inferway/proxy/authorization.hpp"
#include "inferway/proxy/decision.hpp"
#include "inferway/proxy/models.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace inferway::cli {

/// A request on its way to a route and one of its choices: what serving does, but that all of the body is there. For
/// one choice; all that is given outlives it.
class Walk {
 public:
  Walk(proxy::CompiledConfig const& compiled, http::RequestHead const& head, std::string_view body)
      : compiled_(compiled),
        decision_(compiled, head),
        caller_(compiled, head),
        limits_(compiled.config.limits),
        head_(head),
        body_(body) {}

  /// To the route; or to answers_models(), which takes none. Errors: those the gateway would answer, but for the limit
  /// of how often a key may call: that takes more than one request.
  [[nodiscard]] Result<void> to_route();
  /// ... and on to a choice of that route: what is replaced in the body, if anything.
  [[nodiscard]] Result<std::optional<proxy::Splice>> to_choice(proxy::TargetPlan const& target);

  /// Only to the model, whether or not it decides.
  [[nodiscard]] Result<void> to_model();

  [[nodiscard]] proxy::Decision const& decision() const { return decision_; }
  [[nodiscard]] proxy::Authorization const& caller() const { return caller_; }
  [[nodiscard]] bool answers_models() const { return answers_models_; }  ///< the gateway itself does, from its routes
  [[nodiscard]] bool model_looked_for() const { return looked_; }
  [[nodiscard]] proxy::BodyFraming upstream_framing() const { return decision_.upstream_framing(whole_bytes_); }

 private:
  [[nodiscard]] Result<void> find_model();
  [[nodiscard]] Result<void> check_model();
  [[nodiscard]] Result<void> answer_models(Error const& no_route);
  [[nodiscard]] bool has_body() const {
    return head_.framing == http::BodyFraming::chunked || head_.content_length > 0;
  }

  proxy::CompiledConfig const& compiled_;
  proxy::Decision decision_;
  proxy::Authorization caller_;
  config::Limits const& limits_;
  http::RequestHead const& head_;
  std::string_view body_;
  bool looked_ = false;
  bool answers_models_ = false;
  std::optional<std::uint64_t> whole_bytes_;  ///< of a body that was read for its model
};

}  // namespace inferway::cli
