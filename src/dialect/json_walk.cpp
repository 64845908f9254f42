#include "json_walk.hpp"

#include "inferway/base/text.hpp"
#include "json_text.hpp"

namespace inferway::dialect {

namespace {

std::size_t string_value_bytes(std::string_view text) {
  auto const inside = string_bytes(text.substr(1));
  return inside + 1 < text.size() && text[inside + 1] == '"' ? inside + 2 : 0;
}

std::size_t nested_bytes(std::string_view text) {
  std::size_t depth = 0;
  std::size_t at = 0;
  while ((at += filler_bytes(text.substr(at))) < text.size()) {
    char const c = text[at];
    if (c == '"') {
      auto const string = string_value_bytes(text.substr(at));
      if (string == 0) return 0;
      at += string;
      continue;
    }
    if (c != '{' && c != '[' && c != '}' && c != ']') return 0;
    ++at;
    if (c == '{' || c == '[') {
      ++depth;
    } else if (--depth == 0) {
      return at;
    }
  }
  return 0;
}

}  // namespace

std::size_t value_bytes(std::string_view text) {
  if (text.empty()) return 0;
  if (text.front() == '"') return string_value_bytes(text);
  if (text.front() == '{' || text.front() == '[') return nested_bytes(text);
  return scalar_bytes(text);
}

JsonWalk::JsonWalk(std::string_view text) : rest_(text) {
  skip_space();
  if (skip('{')) {
    close_ = '}';
  } else if (skip('[')) {
    close_ = ']';
  } else {
    over_ = true;
  }
}

std::optional<JsonWalk::Item> JsonWalk::next() {
  if (over_) return std::nullopt;
  skip_space();
  bool const closes = !rest_.empty() && rest_.front() == close_;
  bool const separated = first_ || skip(',');
  if (closes) end();
  // Until the item was read whole, the walk is at its end: what is broken has no further items.
  over_ = true;
  if (closes || !separated) return std::nullopt;
  first_ = false;
  Item item;
  skip_space();
  if (is_object()) {
    auto const key = rest_.starts_with('"') ? value_bytes(rest_) : 0;
    if (key == 0) return std::nullopt;
    item.key = rest_.substr(1, key - 2);
    rest_.remove_prefix(key);
    skip_space();
    if (!skip(':')) return std::nullopt;
    skip_space();
  }
  auto const size = value_bytes(rest_);
  if (size == 0) return std::nullopt;
  item.value = rest_.substr(0, size);
  rest_.remove_prefix(size);
  over_ = false;
  return item;
}

bool JsonWalk::skip(char c) {
  if (!rest_.starts_with(c)) return false;
  rest_.remove_prefix(1);
  return true;
}

void JsonWalk::skip_space() {
  while (!rest_.empty() && is_json_space(rest_.front())) rest_.remove_prefix(1);
}

void JsonWalk::end() {
  auto behind = rest_.substr(1);
  while (!behind.empty() && is_json_space(behind.front())) behind.remove_prefix(1);
  whole_ = behind.empty();
}

std::string_view member(std::string_view object, std::string_view key) {
  JsonWalk walk(object);
  std::string_view found;
  if (!walk.is_object()) return found;
  while (auto const item = walk.next()) {
    if (item->key == key) found = item->value;
  }
  return found;
}

std::optional<std::string_view> string_inside(std::string_view value) {
  if (value.size() < 2 || value.front() != '"') return std::nullopt;
  return value.substr(1, value.size() - 2);
}

std::optional<std::uint64_t> number_in(std::string_view value) { return parse_decimal(value); }

bool is_null(std::string_view value) { return value.empty() || value == "null"; }

bool is_blank(std::string_view value) {
  if (is_null(value) || value == "\"\"") return true;
  if (value.front() != '{' && value.front() != '[') return false;
  JsonWalk walk(value);
  return !walk.next() && walk.whole();
}

}  // namespace inferway::dialect
