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
    std::size_t taken = 0;
    if (text_ != Text::none) {
      taken = in_string(piece);
    } else if (state_ == State::nested) {
      taken = in_nested(piece);
    } else {
      taken = at_top(piece);
    }
    position_ += taken;
    piece.remove_prefix(taken);
  }
}

/// A step on the top level: a string, what is there of a number or literal, or any other byte.
std::size_t JsonModelScanner::at_top(std::string_view piece) {
  char const c = piece.front();
  if (state_ == State::scalar) {
    if (auto const more = scalar_bytes(piece); more > 0) return more;
    state_ = State::after_value;
  }
  if (is_json_space(c)) return 1;
  switch (state_) {
    case State::before:
      if (c != '{') return fail_json("it is no object");
      state_ = State::first_key;
      return 1;
    case State::first_key:
      if (c == '}') {
        state_ = State::after;
        return 1;
      }
      [[fallthrough]];
    case State::key:
      if (c != '"') return fail_json("a key is expected");
      return begin_string(Text::key, piece);
    case State::colon:
      if (c != ':') return fail_json("a colon is expected");
      state_ = State::value;
      return 1;
    case State::value: return begin_value(piece);
    case State::after_value:
      if (c != ',' && c != '}') return fail_json("a comma or the object's end is expected");
      state_ = c == ',' ? State::key : State::after;
      return 1;
    case State::after: return fail_json("something stands behind its end");
    case State::scalar:
    case State::nested: break;  // were looked at before
  }
  return 1;
}

std::size_t JsonModelScanner::begin_value(std::string_view piece) {
  char const c = piece.front();
  if (key_is_model_ && c != '"') return fail(ErrorCode::invalid_model, "\"model\" is no string", position_);
  if (c == '"') return begin_string(key_is_model_ ? Text::model : Text::other, piece);
  if (auto const scalar = scalar_bytes(piece); scalar > 0) {
    state_ = State::scalar;
    return scalar;
  }
  if (c != '{' && c != '[') return fail_json("a value is expected");
  state_ = State::nested;
  static_cast<void>(bracket(c, 0));
  return 1;
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

/// A string of the top level, from its quote on. As a rule all of it is here, and nothing is copied.
std::size_t JsonModelScanner::begin_string(Text text, std::string_view piece) {
  string_begin_ = position_;
  auto const inside = piece.substr(1, string_bytes(piece.substr(1)));
  auto const taken = 1 + inside.size();
  if (taken < piece.size() && piece[taken] == '"') {
    end_string(text, inside, position_ + taken + 1);
    return taken + 1;
  }
  text_ = text;
  raw_.clear();
  capture(inside);
  return taken;
}

/// A string that arrives in pieces: on to its end, to that of an escape in pieces, or of the piece.
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
    auto const text = std::exchange(text_, Text::none);
    if (state_ != State::nested) end_string(text, raw_, position_ + inside + 1);
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
    if (c != 'u' && !is_plain_escape(c)) {
      fail_json("an unknown escape inside a string");
      return;
    }
    escape_left_ = c == 'u' ? 4 : 0;
    return;
  }
  if (hex_digit(c) < 0) {
    fail_json("an escape \\u without four hexadecimal digits");
    return;
  }
  --escape_left_;
}

/// `raw`: the inside of a string of the top level, as far as it was captured; `end`: behind its closing quote.
void JsonModelScanner::end_string(Text text, std::string_view raw, std::uint64_t end) {
  if (text == Text::key) return end_key(raw);
  state_ = State::after_value;
  if (text == Text::model) end_model(raw, end);
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
  model_ = BodyModel{.model = std::string(*name), .offset = string_begin_, .length = end - string_begin_};
}

void JsonModelScanner::end_key(std::string_view raw) {
  state_ = State::colon;
  std::string storage;
  auto const key = raw.size() > kMaxKeyBytes ? std::nullopt : unescape_json(raw, storage);
  key_is_model_ = key == kModel;
  if (!key_is_model_ && !(key && iequals(*key, kModel))) return;
  // Backends written in Go compare keys without regard to case, and the last one wins there: beside "model" a "Model"
  // would name another one to them.
  bool const first = !std::exchange(any_spelling_seen_, true);
  model_seen_ = model_seen_ || key_is_model_;
  if (!first && model_seen_) fail(ErrorCode::ambiguous_model, "\"model\" stands twice in the body", string_begin_);
}

/// Keeps what a key or the model consists of, and of one that is too long as much as tells that it is.
void JsonModelScanner::capture(std::string_view bytes) {
  if (text_ == Text::other) return;
  auto const bound = text_ == Text::key ? kMaxKeyBytes : kMaxRawModelBytes;
  raw_.append(bytes.substr(0, bound + 1 - raw_.size()));
}

std::size_t JsonModelScanner::fail_json(std::string_view what, std::size_t at) {
  return fail(ErrorCode::invalid_json, "the body is not one JSON object: " + std::string(what), position_ + at);
}

std::size_t JsonModelScanner::fail(ErrorCode code, std::string what, std::uint64_t at) {
  error_ = Error{code, Side::client, Retry::never, std::move(what) + " (at byte " + std::to_string(at) + ')'};
  return 0;
}

Result<std::optional<BodyModel>> JsonModelScanner::finish() {
  if (!error_ && state_ != State::after) fail_json(state_ == State::before ? "it is empty" : "it ends too early");
  if (error_) return std::unexpected(std::move(*error_));
  return std::move(model_);
}

}  // namespace inferway::dialect
