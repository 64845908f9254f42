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
  enum class State : std::uint8_t {
    before,       ///< white space, then '{'
    first_key,    ///< a key or '}'
    key,          ///< a key: there was a comma
    colon,        ///< the ':' behind a key
    value,        ///< the first byte of a top-level value
    scalar,       ///< inside a number or literal on the top level
    nested,       ///< inside a top-level array or object
    after_value,  ///< ',' or '}'
    after,        ///< only white space
  };
  enum class Text : std::uint8_t { none, key, model, other };  ///< which string is open, if one is
  static constexpr std::size_t kMaxKeyBytes = 30;  ///< "model" with every character escaped

  void step(char c);
  void begin_value(char c);
  void begin_string(Text text);
  void end_string();
  void open(char bracket);
  void close(char bracket);
  [[nodiscard]] std::size_t skip_string(std::string_view piece);
  void in_escape(char c);
  void capture(std::string_view bytes);
  void fail(ErrorCode code, std::string_view what);

  State state_ = State::before;
  Text text_ = Text::none;
  std::uint8_t escape_ = 0;       ///< 0: none; 1: behind a backslash; 2 to 5: hex digits still to come, plus 1
  bool captured_too_long_ = false;
  bool key_is_model_ = false;
  std::string brackets_;          ///< open ones inside a top-level value
  std::string captured_;          ///< raw bytes of the key or model under way
  std::uint64_t position_ = 0;    ///< in the whole body, of the byte under way
  std::uint64_t string_begin_ = 0;
  std::optional<BodyModel> model_;
  std::optional<Error> error_;
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
  enum class State : std::uint8_t {
    content,         ///< a part's, or what stands before the first one: until a delimiter
    delimiter_line,  ///< behind a delimiter
    head,            ///< a part's fields
    closed,          ///< behind the closing delimiter: nothing counts any more
  };
  static constexpr std::size_t kMaxLineBytes = 256;
  static constexpr std::size_t kMaxHeadBytes = 8192;

  [[nodiscard]] std::size_t scan_content(std::string_view piece);
  void delimiter_byte(char c);
  void head_byte(char c);
  void end_head();
  void end_part();
  void capture(std::string_view bytes);
  void fail(ErrorCode code, std::string_view what);

  std::string delimiter_;        ///< CRLF, two hyphens and the boundary
  State state_ = State::content;
  std::size_t matched_ = 2;      ///< of the delimiter; the body's beginning counts as a line's
  std::string line_;             ///< the delimiter's line, or the head, under way
  std::uint64_t position_ = 0;   ///< in the whole body, of the byte under way
  std::uint64_t content_begin_ = 0;
  bool is_model_ = false;        ///< the part under way is the field
  bool too_long_ = false;
  std::string content_;          ///< of the field
  std::optional<BodyModel> model_;
  std::optional<Error> error_;
};

/// `model` as a JSON string with its quotes, to be spliced in for the value's bytes.
[[nodiscard]] std::string json_string(std::string_view model);

}  // namespace inferway::dialect
