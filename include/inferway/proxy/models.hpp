#pragma once

#include "inferway/proxy/authorization.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace inferway::proxy {

/// The gateway's own answer to a request that no route takes and that asks for models: GET or HEAD of a list or of one.
/// Nothing: it asks for something else. `since`: what `created` says. Errors: model_not_found (there is none, or the
/// caller's key may not use it: these are not to be told apart), bad_request (paging).
struct ModelsAnswer {
  std::optional<std::string> id;  ///< of the one that was asked for
  Result<std::string> body;
};
[[nodiscard]] std::optional<ModelsAnswer> answer_models(CompiledConfig const& compiled, Decision const& decision,
                                                        Authorization const& caller, http::RequestHead const& head,
                                                        std::chrono::sys_seconds since);

}  // namespace inferway::proxy
