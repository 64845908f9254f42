#pragma once

#include "inferway/policy/key_ring.hpp"
#include "inferway/proxy/decision.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace inferway::proxy {

/// Who asks, and whether it may: all that is decided by the caller's key. Nothing of it has to be waited for; who
/// serves a request, and who only explains it, call this in the order below. `compiled` and `head` outlive it.
class Authorization {
 public:
  Authorization(CompiledConfig const& compiled, http::RequestHead const& head) : compiled_(compiled), head_(head) {}

  /// Looks at the key that the request bears, if one does. Whether one is needed is asked later. Errors: bad_request
  /// (two keys in one place).
  [[nodiscard]] Result<void> identify(policy::Sha256& sha256);
  /// Errors: missing_api_key, invalid_api_key.
  [[nodiscard]] Result<void> demand_key() const;
  /// Before the route is known, and before a byte of the body is read.
  [[nodiscard]] Result<void> check_candidates(routing::Candidates const& candidates) const;
  /// The route is known; nothing: none matches.
  [[nodiscard]] Result<void> check_route(std::optional<std::size_t> route) const;

  /// The key may not use every model: the request's has to be known, even if its route does not ask for it.
  [[nodiscard]] bool wants_model() const { return key_ != nullptr && !key_->any_model(); }
  /// Holds the caller to the models of its key, once `decision` has looked for the request's. `has_body`: there is one
  /// that is not empty. Errors: model_not_allowed.
  [[nodiscard]] Result<void> check_model(Decision const& decision, bool has_body) const;
  [[nodiscard]] bool may_use(ListedModel const& model) const;

  /// One more request of this key. Errors: rate_limit_exceeded.
  [[nodiscard]] Result<void> count_request(TimePoint now);

  [[nodiscard]] policy::Key const* key() const { return key_; }  ///< the known one
  [[nodiscard]] std::optional<std::uint32_t> key_index() const { return index_; }
  /// Places in head.fields that hold the caller's key, or another's that stands in the ring: these do not pass,
  /// whatever pass_headers says.
  [[nodiscard]] std::vector<std::size_t> const& withheld() const { return withheld_; }
  /// Names of parameters of the query that do, decoded.
  [[nodiscard]] std::vector<std::string> const& withheld_parameters() const { return withheld_parameters_; }
  [[nodiscard]] std::optional<policy::RequestRate::Refusal> const& rate_refusal() const { return rate_refusal_; }

 private:
  void withhold_fields(std::string_view key, policy::Sha256& sha256);
  void withhold_parameters(policy::Sha256& sha256);
  [[nodiscard]] bool holds_key(std::string_view text, policy::Sha256& sha256) const;
  [[nodiscard]] Result<void> refuse(std::string const& what) const;

  CompiledConfig const& compiled_;
  http::RequestHead const& head_;
  policy::Key const* key_ = nullptr;
  std::optional<std::uint32_t> index_;
  std::vector<std::size_t> withheld_;
  std::vector<std::string> withheld_parameters_;
  std::optional<policy::RequestRate::Refusal> rate_refusal_;
  bool presented_ = false;  ///< there was a key, known or not
};

}  // namespace inferway::proxy
