#pragma once

#include "api.hpp"
#include "made_up.hpp"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace inferway::mock {

/// What a call makes the mock write: the same for the same call, but for `created`. Where the call bears the beginning
/// of the answer it is the rest, as the mock would have written it behind that beginning.
struct Generation {
  std::string id;  ///< without the API's prefix
  std::int64_t created;
  std::string model;
  MadeUpText text;
  std::uint64_t first_token = 0;  ///< of the text that is written
  std::size_t skipped_bytes = 0;  ///< of that token: the beginning ends within it
  std::uint64_t tokens;
  bool limited;  ///< the call's own limit cut it short
  std::uint64_t prompt_tokens;
  bool stream;

  [[nodiscard]] std::string token(std::uint64_t index) const {
    return text.token(first_token + index).substr(index == 0 ? skipped_bytes : 0);
  }
  [[nodiscard]] std::string whole_text() const;
  [[nodiscard]] std::string_view finish_reason() const { return limited ? "length" : "stop"; }
};

/// What a call says of how it is to be answered.
struct Question {
  std::string prompt;                ///< all its text
  std::optional<std::string> begun;  ///< the beginning of the answer, where the call bears it
};

/// `limit_keys`: where the call may bear a limit of tokens; the first counts.
[[nodiscard]] Generation generate(Request const& request, Json const& call, Behaviour const& behaviour,
                                  Question const& question, std::initializer_list<std::string_view> limit_keys);
/// `prompt_keys`: where the call bears its prompt. `limit_keys`: where it may bear a limit of tokens; the first counts.
[[nodiscard]] Generation generate(Request const& request, Json const& call, Behaviour const& behaviour,
                                  std::initializer_list<std::string_view> prompt_keys,
                                  std::initializer_list<std::string_view> limit_keys);

/// All text below a JSON value, as far as it is a prompt's: strings, lists of them, and what stands in objects as text
/// or content.
[[nodiscard]] std::string text_in(Json const& value);

/// prompt_tokens, completion_tokens, total_tokens.
[[nodiscard]] Json usage_of(Generation const& generation);

/// Whether a stream shall end with its usage.
[[nodiscard]] bool wants_usage(Json const& call);

/// A member that is true; absent and null mean false.
[[nodiscard]] bool is_true(Json const& object, std::string_view key);

}  // namespace inferway::mock
