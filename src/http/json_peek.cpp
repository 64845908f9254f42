#include "inferway/http/json_peek.hpp"

namespace inferway::http {

namespace {

/// How many bytes at the front of `text` are none that `ends` is true for. find_first_of() would call memchr per byte.
template <typename Ends>
std::size_t length_until(std::string_view text, Ends ends) {
  auto const* const end = std::find_if(text.data(), text.data() + text.size(), ends);
  return static_cast<std::size_t>(end - text.data());
}

bool ends_text(char c) { return c == '"' || c == '\\'; }

bool ends_literal(char c) {
  switch (c) {
    case ' ':
    case '\t':
    case '\r':
    case '\n':
    case ',':
    case ':':
    case '"':
    case '[':
    case ']':
    case '{':
    case '}': return true;
    default: return false;
  }
}

}  // namespace

void JsonPeek::feed(std::string_view piece) {
  while (!piece.empty()) {
    std::size_t used = 1;
    switch (state_) {
      case State::between: step(piece.front()); break;
      case State::string:
        used = length_until(piece, ends_text);
        scalar_.append(piece.substr(0, used));
        if (used == piece.size()) return;
        if (piece[used] == '"') {
          end_scalar(Kind::string);
        } else {
          scalar_.append("\\");
          state_ = State::escape;
        }
        ++used;
        break;
      case State::escape:
        scalar_.append(piece.substr(0, 1));
        state_ = State::string;
        break;
      case State::literal:
        used = length_until(piece, ends_literal);
        scalar_.append(piece.substr(0, used));
        if (used < piece.size()) end_scalar(scalar_.view() == "null" ? Kind::null : Kind::literal);
        break;
    }
    piece.remove_prefix(used);
  }
}

/// Neither within a string nor within a literal.
void JsonPeek::step(char c) {
  switch (c) {
    case ' ':
    case '\t':
    case '\r':
    case '\n': return;
    case ':':
      if (level_ <= kMaxLevel) keys_[level_] = scalar_;
      value_due_ = true;
      return;
    case ',':
      if (level_ <= kMaxLevel) keys_[level_].clear();
      value_due_ = false;
      return;
    case '}':
    case ']':
      if (level_ > 0) --level_;
      value_due_ = false;
      return;
    default: begin(c);
  }
}

void JsonPeek::begin(char c) {
  target_ = value_due_ ? watched() : kMaxPaths;
  value_due_ = false;
  if (c == '{' || c == '[') {
    if (target_ < kMaxPaths) found_[target_] = {c == '{' ? Kind::object : Kind::array, {}};
    if (++level_ <= kMaxLevel) keys_[level_].clear();
    return;
  }
  scalar_.clear();
  if (c == '"') {
    state_ = State::string;
  } else {
    scalar_.append({&c, 1});
    state_ = State::literal;
  }
}

void JsonPeek::end_scalar(Kind kind) {
  state_ = State::between;
  if (target_ < kMaxPaths) {
    auto& found = found_[target_];
    if (kind != Kind::null) {
      found = {kind, scalar_};
    } else if (found.kind == Kind::absent) {
      found.kind = Kind::null;
    }
  }
  if (kind != Kind::string) scalar_.clear();  // it is no key, whatever follows
}

/// The path at which we stand.
std::uint8_t JsonPeek::watched() const {
  if (level_ == 0 || level_ > kMaxLevel) return kMaxPaths;
  if (level_ > 1 && keys_[1].empty()) return kMaxPaths;            // the top is an array
  if (level_ == kMaxLevel && !keys_[2].empty()) return kMaxPaths;  // an object in between, not an array
  auto const outer = level_ == 1 ? std::string_view() : keys_[1].view();
  for (std::size_t i = 0; i < paths_.size(); ++i) {
    if (keys_[level_].view() == paths_[i].key && outer == paths_[i].outer) return static_cast<std::uint8_t>(i);
  }
  return kMaxPaths;
}

}  // namespace inferway::http
