// Finding the model in a JSON body.

#include "inferway/base/text.hpp"
#include "inferway/dialect/model_scan.hpp"
#include "json_text.hpp"
#include "model_name.hpp"

#include <utility>

namespace inferway::dialect {

namespace {

constexpr std::string_view kModel = "model";
/// "model" with every character escaped.
constexpr std::size_t kMaxKeyBytes = 6 * kModel.size();
/// A name of which every byte is escaped.
constexpr std::size_t kMaxRawModelBytes = 6 * JsonModelScanner::kMaxModelBytes;

}  // namespace

void JsonModelScanner::feed(std::string_view piece) {
  while (!piece.empty() && !error_) {
    std::size_t taken = 1;
    if (text_ != Text::none) {
      taken = in_string(piece);
    } else if (state_ == State::nested) {
      taken = in_nested(piece);
    } else {
      at_top(piece.front());
    }
    position_ += taken;
    piece.remove_prefix(taken);
  }
}

/// One byte of the top level.
void JsonModelScanner::at_top(char c) {
  if (is_json_space(c)) {
    if (state_ == State::scalar) state_ = State::after_value;
    return;
  }
  switch (state_) {
    case State::before:
      if (c != '{') return fail_json("it is no object");
      state_ = State::first_key;
      return;
    case State::first_key:
      if (c == '}') {
        state_ = State::after;
        return;
      }
      [[fallthrough]];
    case State::key:
      if (c != '"') return fail_json("a key is expected");
      return begin_string(Text::key);
    case State::colon:
      if (c != ':') return fail_json("a colon is expected");
      state_ = State::value;
      return;
    case State::value: return begin_value(c);
    case State::scalar:
      if (is_scalar_byte(c)) return;
      [[fallthrough]];
    case State::after_value:
      if (c != ',' && c != '}') return fail_json("a comma or the object's end is expected");
      state_ = c == ',' ? State::key : State::after;
      return;
    case State::after: return fail_json("something stands behind its end");
    case State::nested: return;  // in_nested() has it
  }
}

void JsonModelScanner::begin_value(char c) {
  if (key_is_model_ && c != '"') return fail(ErrorCode::invalid_model, "\"model\" is no string", position_);
  if (c == '"') return begin_string(key_is_model_ ? Text::model : Text::other);
  if (is_scalar_byte(c)) {
    state_ = State::scalar;
    return;
  }
  if (c != '{' && c != '[') return fail_json("a value is expected");
  state_ = State::nested;
  static_cast<void>(bracket(c, 0));
}

/// What stands inside a top-level array or object: on to its end, or to a string that does not end in this piece.
std::size_t JsonModelScanner::in_nested(std::string_view piece) {
  std::size_t at = 0;
  while ((at += filler_bytes(piece.substr(at))) < piece.size()) {
    char const c = piece[at];
    if (c != '"') {
      if (!bracket(c, at)) return at;
      ++at;
      if (state_ != State::nested) return at;
      continue;
    }
    ++at;
    at += string_bytes(piece.substr(at));
    if (at == piece.size() || piece[at] != '"') {
      text_ = Text::other;
      return at;
    }
    ++at;
  }
  return at;
}

bool JsonModelScanner::bracket(char c, std::size_t at) {
  if (c == '{' || c == '[') {
    // The body's own bracket counts, too.
    if (open_.size() + 1 >= kMaxDepth) return fail_json("it is nested too deeply", at), false;
    open_ += c;
    return true;
  }
  if (c != '}' && c != ']') return fail_json("a character that may only stand in a string", at), false;
  if (open_.back() != (c == '}' ? '{' : '[')) return fail_json("a bracket of the wrong kind", at), false;
  open_.pop_back();
  if (open_.empty()) state_ = State::after_value;
  return true;
}

void JsonModelScanner::begin_string(Text text) {
  text_ = text;
  string_begin_ = position_;
  raw_.clear();
  raw_too_long_ = false;
}

/// On to the end of the string, of an escape that arrives in pieces, or of the piece.
std::size_t JsonModelScanner::in_string(std::string_view piece) {
  if (escape_left_ != 0) {
    in_escape(piece.front());
    return 1;
  }
  auto const inside = string_bytes(piece);
  capture(piece.substr(0, inside));
  if (inside == piece.size()) return inside;
  char const c = piece[inside];
  if (c == '"') {
    end_string(inside);
  } else if (c == '\\') {
    capture("\\");
    escape_left_ = kEscapeBegun;
  } else {
    fail_json("a control character inside a string", inside);
  }
  return inside + 1;
}

void JsonModelScanner::in_escape(char c) {
  capture({&c, 1});
  if (escape_left_ == kEscapeBegun) {
    if (c != 'u' && !is_plain_escape(c)) return fail_json("an unknown escape inside a string");
    escape_left_ = c == 'u' ? 4 : 0;
    return;
  }
  if (hex_digit(c) < 0) return fail_json("an escape \\u without four hexadecimal digits");
  --escape_left_;
}

/// `at`: where in the piece the closing quote stands.
void JsonModelScanner::end_string(std::size_t at) {
  auto const text = std::exchange(text_, Text::none);
  if (text == Text::key) return end_key();
  if (state_ == State::nested) return;
  state_ = State::after_value;
  if (text != Text::model) return;
  auto name = raw_too_long_ ? std::nullopt : unescape_json(raw_);
  auto const complaint = raw_too_long_ ? kTooLong : !name ? kLoneSurrogate : complaint_about_model_name(*name);
  if (!complaint.empty()) return fail(ErrorCode::invalid_model, "\"model\" " + std::string(complaint), string_begin_);
  model_ = BodyModel{.model = std::move(*name), .offset = string_begin_, .length = position_ + at + 1 - string_begin_};
}

void JsonModelScanner::end_key() {
  state_ = State::colon;
  auto const key = raw_too_long_ ? std::nullopt : unescape_json(raw_);
  key_is_model_ = key && *key == kModel;
  if (!key || !iequals(*key, kModel)) return;
  // Backends written in Go compare keys without regard to case, and the last one wins there: beside "model" a "Model"
  // would name another one to them.
  bool const first = !std::exchange(any_spelling_seen_, true);
  model_seen_ = model_seen_ || key_is_model_;
  if (!first && model_seen_) fail(ErrorCode::ambiguous_model, "\"model\" stands twice in the body", string_begin_);
}

void JsonModelScanner::capture(std::string_view bytes) {
  if (text_ == Text::other) return;
  auto const bound = text_ == Text::key ? kMaxKeyBytes : kMaxRawModelBytes;
  raw_too_long_ = raw_too_long_ || raw_.size() + bytes.size() > bound;
  if (!raw_too_long_) raw_.append(bytes);
}

void JsonModelScanner::fail_json(std::string_view what, std::size_t at) {
  fail(ErrorCode::invalid_json, "the body is not one JSON object: " + std::string(what), position_ + at);
}

void JsonModelScanner::fail(ErrorCode code, std::string what, std::uint64_t at) {
  error_ = Error{code, Side::client, Retry::never, std::move(what) + " (at byte " + std::to_string(at) + ')'};
}

Result<std::optional<BodyModel>> JsonModelScanner::finish() {
  if (!error_ && state_ != State::after) fail_json(state_ == State::before ? "it is empty" : "it ends too early");
  if (error_) return std::unexpected(*error_);
  return model_;
}

}  // namespace inferway::dialect
