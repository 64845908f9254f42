#pragma once

#include "inferway/base/error.hpp"
#include "inferway/config/loader.hpp"
#include "inferway/proxy/decision.hpp"
#include "inferway/routing/mismatch.hpp"
#include "question.hpp"
#include "shown_head.hpp"

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <vector>

/// What the gateway would do with a request, and why. No secret stands in it.
namespace inferway::cli {

/// What takes the place of the model's bytes in the body.
struct BodySplice {
  std::string value;
  std::optional<std::uint64_t> offset;  ///< nothing, like length, where the body is not known
  std::optional<std::uint64_t> length;
};

/// One of `to`, or a hop of `fallback`.
struct Choice {
  config::Target target;
  double share_percent = 0;  ///< of the requests; 0 for a hop of `fallback`
  config::UpstreamTimeouts timeouts;
  std::optional<Error> refusal;           ///< this choice alone has to read the model, and cannot
  bool renames = false;                   ///< the model's name is replaced: in the body, the path or the query
  std::optional<BodySplice> splice;       ///< ... in the body
  std::vector<UpstreamRequest> requests;  ///< by endpoint
};

struct ExplainedRequest {
  std::string method;
  std::string path;  ///< in the one form that is matched; as it came where it has none
  dialect::Api dialect = dialect::Api::openai;
  bool model_looked_for = false;
  std::optional<std::string> model;
  std::string model_place;         ///< json, form, query, path, or --model; "" when none was found
  std::optional<std::string> key;  ///< the name of the caller's
};

struct Explanation {
  ExplainedRequest request;
  std::optional<Error> refusal;               ///< the gateway itself answers with an error
  bool answers_models = false;                ///< the gateway itself answers with the models of its routes
  std::vector<routing::Mismatch> mismatches;  ///< of the routes before the one that matches, in their order
  std::optional<std::size_t> route;           ///< the one that matches
  std::vector<Choice> to;
  std::vector<Choice> fallback;

  /// The request is refused, or a choice that it may fall to refuses it.
  [[nodiscard]] bool refused() const;
};

/// Reads no file and opens no connection. Errors: what the question says does not fit together.
[[nodiscard]] std::expected<Explanation, std::string> explain(config::Config const& config, Question const& question);

/// For people. `config` is the one that was asked.
[[nodiscard]] std::string explanation_text(config::Config const& config, Explanation const& explanation);

/// For machines: one JSON object and a line break. Keys may be added, never renamed.
[[nodiscard]] std::string explanation_json(config::Config const& config, Explanation const& explanation);

}  // namespace inferway::cli
