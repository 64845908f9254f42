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

bool stands(char c, std::string_view piece, std::size_t at) { return at < piece.size() && piece[at] == c; }

std::size_t past_space(std::string_view piece, std::size_t at) {
  while (at < piece.size() && is_json_space(piece[at])) ++at;
  return at;
}

}  // namespace

void JsonModelScanner::feed(std::string_view piece) {
  std::size_t at = 0;
  while (at < piece.size()) {
    char const c = piece[at];
    switch (state_) {
      case State::before: at = c == '{' ? pass(at, State::first_key) : pass_space(c, at, "it is no object"); break;
      case State::first_key:
        if (c == '}') {
          at = pass(at, State::after);
          break;
        }
        [[fallthrough]];
      case State::key:
        if (c != '"') {
          at = pass_space(c, at, "a key is expected");
          break;
        }
        at = begin_key(piece, at);
        // What has to follow mostly does so at once, or behind a space.
        if (state_ != State::colon || !stands(':', piece, at)) break;
        at = past_space(piece, pass(at, State::value));
        if (at == piece.size()) break;
        [[fallthrough]];
      case State::value:
        at = begin_value(piece, at);
        if (state_ == State::after_value && stands(',', piece, at)) at = past_space(piece, pass(at, State::key));
        break;
      case State::colon: at = c == ':' ? pass(at, State::value) : pass_space(c, at, "a colon is expected"); break;
      case State::scalar:
        at += scalar_bytes(piece.substr(at));
        if (at < piece.size()) state_ = State::after_value;
        break;
      case State::after_value:
        if (c == ',' || c == '}') {
          at = pass(at, c == ',' ? State::key : State::after);
        } else {
          at = pass_space(c, at, "a comma or the object's end is expected");
        }
        break;
      case State::after: at = pass_space(c, at, "something stands behind its end"); break;
      case State::nested: at = in_nested(piece, at); break;
      case State::in_key:
      case State::in_model:
      case State::in_value:
      case State::in_nested_string: at = in_string(piece, at); break;
      case State::failed: return;
    }
  }
  position_ += piece.size();
}

/// Over a byte that is in its place.
std::size_t JsonModelScanner::pass(std::size_t at, State next) {
  state_ = next;
  return at + 1;
}

/// Over white space, which may stand here; `what` is wrong with all else.
std::size_t JsonModelScanner::pass_space(char c, std::size_t at, std::string_view what) {
  return is_json_space(c) ? at + 1 : fail_json(what, at);
}

std::size_t JsonModelScanner::begin_value(std::string_view piece, std::size_t at) {
  char const c = piece[at];
  if (c == '"') return begin_string(key_is_model_ ? State::in_model : State::in_value, piece, at);
  if (key_is_model_ && !is_json_space(c)) {
    return fail(ErrorCode::invalid_model, "\"model\" is no string", position_ + at);
  }
  if (auto const scalar = scalar_bytes(piece.substr(at)); scalar > 0) {
    at += scalar;
    state_ = at < piece.size() ? State::after_value : State::scalar;
    return at;
  }
  if (c != '{' && c != '[') return pass_space(c, at, "a value is expected");
  state_ = State::nested;
  return in_nested(piece, at);
}

/// What stands inside a top-level array or object: on to its end, or to a string that does not end in this piece.
std::size_t JsonModelScanner::in_nested(std::string_view piece, std::size_t at) {
  for (; at < piece.size(); ++at) {
    char const c = piece[at];
    if (is_of(kFiller, c)) continue;
    if (c == '"') {
      at = string_end(piece, at + 1);
      if (stands('"', piece, at)) continue;
      state_ = State::in_nested_string;
      return at;
    }
    if (!bracket(c, at)) return at;
    if (state_ != State::nested) return at + 1;
  }
  return at;
}

bool JsonModelScanner::bracket(char c, std::size_t at) {
  bool const object = c == '{' || c == '}';
  if (c == '{' || c == '[') {
    // The body's own bracket counts, too.
    if (depth_ + 1 >= kMaxDepth) return fail_json("it is nested too deeply", at), false;
    auto& eight = objects_[depth_ / 8];
    auto const bit = 1U << (depth_ % 8);
    eight = static_cast<unsigned char>(object ? eight | bit : eight & ~bit);
    ++depth_;
    return true;
  }
  if (c != '}' && c != ']') return fail_json("a character that may only stand in a string", at), false;
  auto const latest = depth_ - 1;
  bool const of_object = ((objects_[latest / 8] >> (latest % 8)) & 1U) != 0;
  if (of_object != object) return fail_json("a bracket of the wrong kind", at), false;
  depth_ = latest;
  if (depth_ == 0) state_ = State::after_value;
  return true;
}

/// A key, from its quote on.
std::size_t JsonModelScanner::begin_key(std::string_view piece, std::size_t at) {
  auto const end = plain_end(piece, at + 1);
  if (!stands('"', piece, end)) return begin_string(State::in_key, piece, at);
  // As a rule all of it is here, without an escape.
  string_begin_ = position_ + at;
  end_key(piece.substr(at + 1, end - at - 1));
  return end + 1;
}

/// A string of the top level, from its quote on. As a rule all of it is here, and nothing is copied.
std::size_t JsonModelScanner::begin_string(State text, std::string_view piece, std::size_t at) {
  string_begin_ = position_ + at;
  auto const begin = at + 1;
  at = string_end(piece, begin);
  auto const inside = piece.substr(begin, at - begin);
  if (stands('"', piece, at)) {
    ++at;
    end_string(text, inside, position_ + at);
    return at;
  }
  state_ = text;
  raw_.clear();
  capture(inside);
  return at;
}

/// A string that arrives in pieces: on to its end, to that of an escape in pieces, or of the piece.
std::size_t JsonModelScanner::in_string(std::string_view piece, std::size_t at) {
  if (escape_left_ != 0) return in_escape(piece[at], at);
  auto const inside = piece.substr(at, string_end(piece, at) - at);
  capture(inside);
  at += inside.size();
  if (at == piece.size()) return at;
  char const c = piece[at];
  if (c == '"') {
    end_string(state_, raw_, position_ + at + 1);
  } else if (c == '\\') {
    capture("\\");
    escape_left_ = kEscapeBegun;
  } else {
    return fail_json("a control character inside a string", at);
  }
  return at + 1;
}

std::size_t JsonModelScanner::in_escape(char c, std::size_t at) {
  capture({&c, 1});
  if (escape_left_ == kEscapeBegun) {
    if (c != 'u' && !is_plain_escape(c)) return fail_json("an unknown escape inside a string", at);
    escape_left_ = c == 'u' ? 4 : 0;
    return at + 1;
  }
  if (hex_digit(c) < 0) return fail_json("an escape \\u without four hexadecimal digits", at);
  --escape_left_;
  return at + 1;
}

/// `raw`: the inside of a key or model, as far as it was captured; `end`: behind its closing quote.
void JsonModelScanner::end_string(State text, std::string_view raw, std::uint64_t end) {
  if (text == State::in_key) return raw.find('\\') == std::string_view::npos ? end_key(raw) : end_escaped_key(raw);
  state_ = text == State::in_nested_string ? State::nested : State::after_value;
  if (text == State::in_model) end_model(raw, end);
}

void JsonModelScanner::end_model(std::string_view raw, std::uint64_t end) {
  bool const too_long = raw.size() > kMaxRawModelBytes;
  std::string storage;
  auto const name = too_long ? std::nullopt : unescape_json(raw, storage);
  auto const complaint = too_long ? kTooLong : !name ? kLoneSurrogate : complaint_about_model_name(*name);
  if (!complaint.empty()) {
    fail(ErrorCode::invalid_model, "\"model\" " + std::string(complaint), string_begin_);
    return;
  }
  model_.emplace(std::string(*name), string_begin_, end - string_begin_);
}

/// Of a key without escapes.
void JsonModelScanner::end_key(std::string_view raw) {
  state_ = State::colon;
  key_is_model_ = raw == kModel;
  if (key_is_model_ || (raw.size() == kModel.size() && iequals(raw, kModel))) note_model_key();
}

void JsonModelScanner::end_escaped_key(std::string_view raw) {
  state_ = State::colon;
  key_is_model_ = false;
  if (raw.size() > kMaxKeyBytes) return;
  std::string storage;
  auto const key = unescape_json(raw, storage);
  if (!key || !iequals(*key, kModel)) return;
  key_is_model_ = *key == kModel;
  note_model_key();
}

/// Of a key that is "model", or would be in lower case.
void JsonModelScanner::note_model_key() {
  // Backends written in Go compare keys without regard to case, and the last one wins there: beside "model" a "Model"
  // would name another one to them.
  bool const first = !std::exchange(any_spelling_seen_, true);
  model_seen_ = model_seen_ || key_is_model_;
  if (!first && model_seen_) fail(ErrorCode::ambiguous_model, "\"model\" stands twice in the body", string_begin_);
}

/// Keeps what a key or the model consists of, and of one that is too long as much as tells that it is.
void JsonModelScanner::capture(std::string_view bytes) {
  if (state_ != State::in_key && state_ != State::in_model) return;
  auto const bound = state_ == State::in_key ? kMaxKeyBytes : kMaxRawModelBytes;
  raw_.append(bytes.substr(0, bound + 1 - raw_.size()));
}

std::size_t JsonModelScanner::fail_json(std::string_view what, std::size_t at) {
  return fail(ErrorCode::invalid_json, "the body is not one JSON object: " + std::string(what), position_ + at);
}

std::size_t JsonModelScanner::fail(ErrorCode code, std::string what, std::uint64_t at) {
  error_ = Error{code, Side::client, Retry::never, std::move(what) + " (at byte " + std::to_string(at) + ')'};
  state_ = State::failed;
  return static_cast<std::size_t>(at - position_);
}

Result<std::optional<BodyModel>> JsonModelScanner::finish() {
  if (state_ != State::after && state_ != State::failed)
    fail_json(state_ == State::before ? "it is empty" : "it ends too early", 0);
  if (error_) return std::unexpected(std::move(*error_));
  return std::move(model_);
}

}  // namespace inferway::dialect
