#include "event.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace bench {
namespace {

constexpr std::string_view kBegin =
    R"(data: {"id":"chatcmpl-bench","object":"chat.completion.chunk","model":"m","i":")";
constexpr std::size_t kNumberAt = kBegin.size();
constexpr std::size_t kNumberDigits = 8;
constexpr std::string_view kBetween = R"(","t":")";
constexpr std::size_t kTimeAt = kNumberAt + kNumberDigits + kBetween.size();
constexpr std::size_t kTimeDigits = 16;
constexpr std::string_view kEnd = R"(","choices":[{"index":0,"delta":{"content":")";
constexpr std::string_view kClose = "\"}}]}\n\n";
constexpr std::string_view kChunkSize = "ea\r\n";  // 234

std::string pattern() {
  std::string text(kBegin);
  text.append(kNumberDigits, '0').append(kBetween).append(kTimeDigits, '0').append(kEnd);
  while (text.size() < Event::kSize - kClose.size()) text.push_back("a token "[text.size() % 8]);
  return text.append(kClose);
}

std::string const kPattern = pattern();

void write_hex(char* to, std::size_t digits, std::uint64_t value) {
  for (; digits-- > 0; value >>= 4) to[digits] = "0123456789abcdef"[value & 15];
}

/// The value of hexadecimal digits; all ones when one is none.
std::uint64_t read_hex(std::string_view digits) {
  std::uint64_t value = 0;
  for (char const digit : digits) {
    unsigned const nibble = digit >= '0' && digit <= '9'   ? static_cast<unsigned>(digit - '0')
                            : digit >= 'a' && digit <= 'f' ? static_cast<unsigned>(digit - 'a' + 10)
                                                           : 16U;
    if (nibble > 15) return UINT64_MAX;
    value = value << 4 | nibble;
  }
  return value;
}

bool same(std::string_view event, std::size_t from, std::size_t to) {
  return std::memcmp(event.data() + from, kPattern.data() + from, to - from) == 0;
}

}  // namespace

Event::Event() : chunk_(std::string(kChunkSize) + pattern() + "\r\n") {}

std::string_view Event::chunk(std::uint64_t number, Nanos sent) {
  auto* const event = chunk_.data() + kChunkSize.size();
  write_hex(event + kNumberAt, kNumberDigits, number);
  write_hex(event + kTimeAt, kTimeDigits, static_cast<std::uint64_t>(sent));
  return chunk_;
}

EventReader::Step EventReader::next(std::string_view& bytes, std::uint64_t events_in_stream) {
  if (bytes.empty()) return Step::need_more;
  auto const size = events_ < events_in_stream ? Event::kSize : Event::kDone.size();
  auto const part = bytes.substr(0, std::min(bytes.size(), size - partial_.size()));
  bytes.remove_prefix(part.size());
  if (part.size() == size) return check(part, events_in_stream);
  partial_.append(part);
  if (partial_.size() < size) return Step::need_more;
  auto const step = check(partial_, events_in_stream);
  partial_.clear();
  return step;
}

EventReader::Step EventReader::check(std::string_view event, std::uint64_t events_in_stream) {
  if (events_ == events_in_stream) {
    ++events_;
    return event == Event::kDone ? Step::done : Step::wrong;
  }
  if (events_ > events_in_stream) return Step::wrong;
  if (read_hex(event.substr(kNumberAt, kNumberDigits)) != events_) return Step::wrong;
  if (!same(event, 0, kNumberAt) || !same(event, kNumberAt + kNumberDigits, kTimeAt)) return Step::wrong;
  if (!same(event, kTimeAt + kTimeDigits, Event::kSize)) return Step::wrong;
  sent_ = static_cast<Nanos>(read_hex(event.substr(kTimeAt, kTimeDigits)));
  ++events_;
  return Step::event;
}

}  // namespace bench
