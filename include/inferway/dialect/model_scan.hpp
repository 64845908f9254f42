#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "inferway/base/error.hpp"

namespace inferway::dialect {

/// The model a body names, and which bytes say so.
struct BodyModel {
  std::string model;         ///< unescaped, for matching
  std::uint64_t offset = 0;  ///< of the raw value in the body: for JSON with its quotes, for a form field its content
  std::uint64_t length = 0;
};

/// Finds the top-level "model" of a JSON body that arrives in pieces, in one linear pass without recursion or a tree.
/// Shows: one object, strings closed and free of raw controls, escapes well formed, brackets balanced and of the right kind, nothing but white space around it,
/// no second top-level "model" (keys are compared after unescaping: "mod\u0065l" counts). Values' grammar beyond that is the backend's business.
/// Memory: the nesting (bounded by kMaxDepth) and the model's value (bounded by kMaxModelBytes).
class JsonModelScanner {
 public:
  static constexpr std::size_t kMaxDepth = 1024;
  static constexpr std::size_t kMaxModelBytes = 1024;

  /// Feeds the next piece. After an error further pieces are ignored; finish() reports it.
  void feed(std::string_view piece);

  /// After the last piece. Nothing when the object has no "model". Errors, all of side client: invalid_json (says
  /// what and at which byte), ambiguous_model (two of them), invalid_model (no string, empty, too long, not UTF-8, a control or lone surrogate in it).
  [[nodiscard]] Result<std::optional<BodyModel>> finish();

 private:
  struct State;
  // The implementer replaces this by plain members.
};

/// Finds the form field "model" of a multipart/form-data body that arrives in pieces. RFC 7578, RFC 2046 section 5.1.
/// Errors of finish(): bad_request (no closing delimiter, malformed part head), ambiguous_model (two fields), invalid_model (as above).
class MultipartModelScanner {
 public:
  /// The boundary parameter of a Content-Type value (quoted or not). Nothing when the type is not
  /// multipart/form-data. Errors: bad_request when the boundary is missing or not 1 to 70 legal characters.
  [[nodiscard]] static Result<std::optional<std::string>> boundary(std::string_view content_type);

  explicit MultipartModelScanner(std::string boundary);
  void feed(std::string_view piece);
  [[nodiscard]] Result<std::optional<BodyModel>> finish();

 private:
  // The implementer replaces this by plain members.
};

/// `model` as a JSON string with its quotes, to be spliced in for the value's bytes.
[[nodiscard]] std::string json_string(std::string_view model);

}  // namespace inferway::dialect
