#pragma once

#include "inferway/proxy/decision.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace inferway::cli {

/// A request on its way to a route and one of its choices: what serving does, but that all of the body is there. For
/// one choice; all that is given outlives it.
class Walk {
 public:
  Walk(proxy::CompiledConfig const& compiled, http::RequestHead const& head, std::string_view body)
      : decision_(compiled, head), limits_(compiled.config.limits), head_(head), body_(body) {}

  /// Errors: those the gateway would answer.
  [[nodiscard]] Result<void> to_route();
  /// ... and on to a choice of that route: what is replaced in the body, if anything.
  [[nodiscard]] Result<std::optional<proxy::Splice>> to_choice(proxy::TargetPlan const& target);

  /// Only to the model, whether or not it decides.
  [[nodiscard]] Result<void> to_model();

  [[nodiscard]] proxy::Decision const& decision() const { return decision_; }
  [[nodiscard]] bool model_looked_for() const { return looked_; }
  [[nodiscard]] proxy::BodyFraming upstream_framing() const { return decision_.upstream_framing(whole_bytes_); }

 private:
  [[nodiscard]] Result<void> find_model();

  proxy::Decision decision_;
  config::Limits const& limits_;
  http::RequestHead const& head_;
  std::string_view body_;
  bool looked_ = false;
  std::optional<std::uint64_t> whole_bytes_;  ///< of a body that was read for its model
};

}  // namespace inferway::cli
