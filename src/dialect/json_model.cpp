// Finding the model in a JSON body.

#include "inferway/base/text.hpp"
#include "inferway/dialect/model_scan.hpp"
#include "model_name.hpp"

#include <algorithm>
#include <bit>
#include <emmintrin.h>
#include <string>

namespace inferway::dialect {

namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

bool is_scalar(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+' || c == '-' || c == '.';
}

/// How many bytes from the front are plain string content: no quote, backslash or control.
std::size_t plain_bytes(std::string_view text) {
  std::size_t at = 0;
  auto const quote = _mm_set1_epi8('"');
  auto const backslash = _mm_set1_epi8('\\');
  auto const control = _mm_set1_epi8(0x1F);
  for (; at + 16 <= text.size(); at += 16) {
    auto const bytes = _mm_loadu_si128(reinterpret_cast<__m128i const*>(text.data() + at));
    auto const special = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)),
                                      _mm_cmpeq_epi8(_mm_min_epu8(bytes, control), bytes));
    auto const mask = static_cast<unsigned>(_mm_movemask_epi8(special));
    if (mask != 0) return at + static_cast<std::size_t>(std::countr_zero(mask));
  }
  while (at < text.size() && text[at] != '"' && text[at] != '\\' && static_cast<unsigned char>(text[at]) >= 0x20) ++at;
  return at;
}

}  // namespace

void JsonModelScanner::feed(std::string_view piece) {
  while (!piece.empty() && !error_) {
    if (text_ != Text::none && escape_ == 0) {
      auto const plain = skip_string(piece);
      position_ += plain;
      piece.remove_prefix(plain);
      if (piece.empty()) return;
    }
    step(piece.front());
    ++position_;
    piece.remove_prefix(1);
  }
}

std::size_t JsonModelScanner::skip_string(std::string_view piece) {
  auto const plain = plain_bytes(piece);
  if (text_ != Text::other) capture(piece.substr(0, plain));
  return plain;
}

/// One byte that is not plain string content.
void JsonModelScanner::step(char c) {
  if (text_ != Text::none) {
    if (escape_ != 0) return in_escape(c);
    if (c == '"') return end_string();
    if (c != '\\') return fail(ErrorCode::invalid_json, "a control character inside a string");
    escape_ = 1;
    if (text_ != Text::other) capture("\\");
    return;
  }
  if (is_space(c)) {
    if (state_ == State::scalar) state_ = State::after_value;
    return;
  }
  switch (state_) {
    case State::before:
      if (c != '{') return fail(ErrorCode::invalid_json, "the body is not a JSON object");
      state_ = State::first_key;
      return;
    case State::first_key:
    case State::key:
      if (c == '"') return begin_string(Text::key);
      if (c == '}' && state_ == State::first_key) {
        state_ = State::after;
        return;
      }
      return fail(ErrorCode::invalid_json, "a key was expected");
    case State::colon:
      if (c != ':') return fail(ErrorCode::invalid_json, "a colon was expected behind a key");
      state_ = State::value;
      return;
    case State::value: return begin_value(c);
    case State::scalar:
      if (is_scalar(c)) return;
      [[fallthrough]];
    case State::after_value:
      if (c == ',') {
        state_ = State::key;
      } else if (c == '}') {
        state_ = State::after;
      } else {
        fail(ErrorCode::invalid_json, "a comma or the object's end was expected");
      }
      return;
    case State::nested:
      if (c == '"') return begin_string(Text::other);
      if (c == '{' || c == '[') return open(c);
      if (c == '}' || c == ']') return close(c);
      if (static_cast<unsigned char>(c) < 0x20) fail(ErrorCode::invalid_json, "a control character");
      return;
    case State::after: return fail(ErrorCode::invalid_json, "something stands behind the object's end");
  }
}

void JsonModelScanner::begin_value(char c) {
  if (key_is_model_ && c != '"') return fail(ErrorCode::invalid_model, "\"model\" is not a string");
  if (c == '"') return begin_string(key_is_model_ ? Text::model : Text::other);
  if (c == '{' || c == '[') {
    state_ = State::nested;
    return open(c);
  }
  if (!is_scalar(c)) return fail(ErrorCode::invalid_json, "a value was expected");
  state_ = State::scalar;
}

void JsonModelScanner::begin_string(Text text) {
  text_ = text;
  string_begin_ = position_;
  captured_.clear();
  captured_too_long_ = false;
}

void JsonModelScanner::end_string() {
  auto const text = std::exchange(text_, Text::none);
  if (text == Text::key) {
    key_is_model_ = !captured_too_long_ && unescape_json(captured_) == "model";
    if (key_is_model_ && model_) return fail(ErrorCode::ambiguous_model, "\"model\" stands twice in the body");
    state_ = State::colon;
    return;
  }
  if (state_ == State::nested) return;
  state_ = State::after_value;
  if (text != Text::model) return;
  auto name = captured_too_long_ ? std::nullopt : unescape_json(captured_);
  if (!name || !is_model_name(*name)) {
    return fail(ErrorCode::invalid_model, "\"model\" is empty, too long, or holds characters a name cannot have");
  }
  model_ = BodyModel{.model = std::move(*name), .offset = string_begin_, .length = position_ + 1 - string_begin_};
}

void JsonModelScanner::open(char bracket) {
  if (brackets_.size() >= kMaxDepth) return fail(ErrorCode::invalid_json, "the body is nested too deeply");
  brackets_ += bracket;
}

void JsonModelScanner::close(char bracket) {
  if (brackets_.back() != (bracket == '}' ? '{' : '[')) return fail(ErrorCode::invalid_json, "brackets do not match");
  brackets_.pop_back();
  if (brackets_.empty()) state_ = State::after_value;
}

void JsonModelScanner::in_escape(char c) {
  if (text_ != Text::other) capture({&c, 1});
  if (escape_ == 1) {
    if (c == 'u') {
      escape_ = 5;
    } else if (std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos) {
      escape_ = 0;
    } else {
      fail(ErrorCode::invalid_json, "an unknown escape inside a string");
    }
    return;
  }
  if (hex_digit(c) < 0) return fail(ErrorCode::invalid_json, "a \\u escape without four hex digits");
  escape_ = escape_ == 2 ? std::uint8_t{0} : static_cast<std::uint8_t>(escape_ - 1);
}

void JsonModelScanner::capture(std::string_view bytes) {
  auto const bound = text_ == Text::key ? kMaxKeyBytes : 6 * kMaxModelBytes;  // every character may be escaped
  if (captured_.size() + bytes.size() > bound) {
    captured_too_long_ = true;
  } else {
    captured_.append(bytes);
  }
}

void JsonModelScanner::fail(ErrorCode code, std::string_view what) {
  error_ = Error{code, Side::client, Retry::never,
                 std::string(what) + " (byte " + std::to_string(position_) + " of the body)"};
}

Result<std::optional<BodyModel>> JsonModelScanner::finish() {
  if (!error_ && state_ != State::after) {
    fail(ErrorCode::invalid_json,
         state_ == State::before ? "the body is empty" : "the body ends inside its JSON object");
  }
  if (error_) return std::unexpected(*error_);
  return std::move(model_);
}

}  // namespace inferway::dialect
