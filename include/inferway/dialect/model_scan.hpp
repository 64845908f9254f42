#pragma once

#include "inferway/base/error.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace inferway::dialect {

/// The model a body names, and which bytes say so.
struct BodyModel {
  std::string model;         ///< unescaped, for matching
  std::uint64_t offset = 0;  ///< of the raw value in the body: for JSON with its quotes, for a form field its content
  std::uint64_t length = 0;
};

/// Finds the top-level "model" of a JSON body that arrives in pieces, in one linear pass without recursion or a tree.
/// What it shows: one object with nothing but white space around it (no byte order mark either), its keys, colons and
/// commas in their places; below the top level strings closed and free of raw controls, escapes well formed, brackets
/// balanced and of the right kind, and nothing outside strings that no JSON text has there (a comment, a single quote).
/// No second top-level "model": keys are compared after unescaping ("mod\u0065l" counts), and where there is a "model",
/// one in another case counts, too. The grammar of values beyond that is the backend's business.
/// Memory: the nesting (bounded by kMaxDepth) and the model's value (bounded by kMaxModelBytes).
class JsonModelScanner {
 public:
  static constexpr std::size_t kMaxDepth = 1024;       ///< open brackets, the body's own included
  static constexpr std::size_t kMaxModelBytes = 1024;  ///< of the name, unescaped

  /// Feeds the next piece. After an error further pieces are ignored; finish() reports it.
  void feed(std::string_view piece);

  /// After the last piece. Nothing when the object has no "model". Errors, all of side client: invalid_json (says
  /// what and at which byte, counted from 0), ambiguous_model (two of them), invalid_model (no string, empty, too long,
  /// not UTF-8, a control or lone surrogate in it). Of several the one that stands first in the body.
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
    in_key,       ///< this and the next three: inside a string that arrives in pieces
    in_model,
    in_value,  ///< on the top level
    in_nested_string,
    failed,
  };
  static constexpr std::uint8_t kEscapeBegun = 5;

  // Each looks at the piece from `at` on, and returns how far it has come.
  [[nodiscard]] std::size_t pass(std::size_t at, State next);
  [[nodiscard]] std::size_t pass_space(char c, std::size_t at, std::string_view what);
  [[nodiscard]] std::size_t begin_value(std::string_view piece, std::size_t at);
  [[nodiscard]] std::size_t in_nested(std::string_view piece, std::size_t at);
  [[nodiscard]] std::size_t begin_key(std::string_view piece, std::size_t at);
  [[nodiscard]] std::size_t begin_string(State text, std::string_view piece, std::size_t at);
  [[nodiscard]] std::size_t in_string(std::string_view piece, std::size_t at);
  [[nodiscard]] std::size_t in_escape(char c, std::size_t at);
  [[nodiscard]] bool bracket(char c, std::size_t at);
  void end_string(State text, std::string_view raw, std::uint64_t end);
  void end_key(std::string_view raw);
  void end_escaped_key(std::string_view raw);
  void note_model_key();
  void end_model(std::string_view raw, std::uint64_t end);
  void capture(std::string_view bytes);
  std::size_t fail_json(std::string_view what, std::size_t at);
  std::size_t fail(ErrorCode code, std::string what, std::uint64_t at);

  State state_ = State::before;
  std::uint8_t escape_left_ = 0;  ///< of an escape that arrives in pieces: hex digits to come, or kEscapeBegun
  bool key_is_model_ = false;
  bool model_seen_ = false;
  bool any_spelling_seen_ = false;  ///< of "model", in upper or lower case
  std::uint32_t depth_ = 0;         ///< how many brackets are open inside a top-level value
  std::string raw_;                 ///< of a key or model that arrives in pieces, with its escapes; bounded
  std::uint64_t position_ = 0;      ///< in the whole body, of the piece that is fed next
  std::uint64_t string_begin_ = 0;
  std::optional<BodyModel> model_;
  std::optional<Error> error_;
  /// Bit i: the i-th bracket that is open is an object's. Deliberately not initialised: only bits below depth_ are
  /// read.
  std::array<unsigned char, kMaxDepth / 8> objects_;
};

/// Finds the form field "model" of a multipart/form-data body that arrives in pieces, in one linear pass. RFC 7578,
/// RFC 2046 section 5.1. Preamble, epilogue and padding behind a delimiter are let through. What parsers of forms read
/// differently is refused: a delimiter without a CRLF of its own in front, anything but padding behind it, folded or
/// malformed lines in a part's head, a part without Content-Disposition: form-data and a name.
/// Memory: the head of one part (bounded by kMaxHeadBytes) and the field's value (by JsonModelScanner::kMaxModelBytes).
class MultipartModelScanner {
 public:
  static constexpr std::size_t kMaxHeadBytes = 8192;  ///< of one part, with its empty line

  /// The boundary parameter of a Content-Type value (quoted or not). Nothing when the type is not
  /// multipart/form-data. Errors: bad_request when the boundary is missing or not 1 to 70 legal characters.
  [[nodiscard]] static Result<std::optional<std::string>> boundary(std::string_view content_type);

  explicit MultipartModelScanner(std::string_view boundary);

  /// Feeds the next piece. After an error further pieces are ignored; finish() reports it.
  void feed(std::string_view piece);

  /// After the last piece. Nothing when the form has no such field (a file of that name is none). Errors, all of side
  /// client: bad_request (no closing delimiter, malformed part head), ambiguous_model (two fields), invalid_model (as
  /// above). Of several the one that stands first in the body.
  [[nodiscard]] Result<std::optional<BodyModel>> finish();

 private:
  enum class State : std::uint8_t {
    content,           ///< a part's, or what stands before the first one: until a delimiter
    behind_delimiter,  ///< its last byte was read
    closing_dash,      ///< behind the first of the two dashes of the closing delimiter
    padding,           ///< blanks behind a delimiter
    line_feed,         ///< behind the CR that ends a delimiter's line
    head,              ///< a part's fields
    closed,            ///< behind the closing delimiter: nothing counts any more
  };
  enum class LineBreak : std::uint8_t { none, cr, lf, crlf };

  [[nodiscard]] std::size_t in_content(std::string_view piece);
  void end_content(std::uint64_t at);
  void in_delimiter_line(char c);
  [[nodiscard]] std::size_t in_head(std::string_view piece);
  void end_head(std::uint64_t at);
  void keep(std::string_view bytes);
  void fail(ErrorCode code, std::string what, std::uint64_t at);

  std::string dashes_;  ///< two hyphens and the boundary: what follows the line break
  State state_ = State::content;
  LineBreak line_break_ = LineBreak::crlf;  ///< in front of what is matched; the body's beginning counts as one
  std::size_t matched_ = 0;                 ///< of dashes_, behind line_break_
  bool closing_ = false;                    ///< the delimiter under way is the last
  bool in_part_ = false;                    ///< behind the first delimiter
  bool is_model_ = false;                   ///< the part under way is the field
  std::string kept_;                        ///< a part's head, or the field's content; bounded
  std::uint64_t position_ = 0;              ///< in the whole body, of what is fed next
  std::uint64_t content_begin_ = 0;
  std::optional<BodyModel> model_;
  std::optional<Error> error_;
};

/// Why a name cannot be one that is matched, logged and spliced (what follows "the name ..."); "" when it can. It must
/// be 1 to JsonModelScanner::kMaxModelBytes bytes of UTF-8 without controls (Unicode's Cc). The scanners have asked.
[[nodiscard]] std::string_view complaint_about_model_name(std::string_view name);

/// `model` as a JSON string with its quotes, to be spliced in for the value's bytes.
[[nodiscard]] std::string json_string(std::string_view model);

}  // namespace inferway::dialect
