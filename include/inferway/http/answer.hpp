#pragma once

#include "inferway/base/error.hpp"

#include <string_view>

namespace inferway::http {

/// How the gateway answers an error: the one table that maps every code.
struct AnswerKind {
  int status = 500;
  std::string_view type;  ///< OpenAI's error.type: invalid_request_error, upstream_error, ...
  bool retry_after = false;
};
[[nodiscard]] AnswerKind answer_kind(ErrorCode code);

/// The reason phrase of a status, "" when none is known.
[[nodiscard]] std::string_view reason_phrase(int status);

}  // namespace inferway::http
