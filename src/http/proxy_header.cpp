#include "inferway/http/proxy_header.hpp"

#include "inferway/base/text.hpp"
#include "proxy_header_v2.hpp"

#include <array>

namespace inferway::http {

namespace {

constexpr std::string_view kLineBegin = "PROXY ";

std::unexpected<Error> bad(std::string_view what) {
  return client_error(ErrorCode::bad_request, "the PROXY header " + std::string(what));
}

/// Decimal, without leading zeros, 0 to 65535.
bool is_port(std::string_view text) {
  constexpr std::size_t kMostDigits = 5;
  constexpr std::uint64_t kMostPort = 65535;
  auto const number = text.size() <= kMostDigits ? parse_decimal(text) : std::nullopt;
  return number && *number <= kMostPort && (text.size() == 1 || text.front() != '0');
}

/// Cut at single blanks: two in a row leave an empty word, which is no address and no port.
std::optional<std::array<std::string_view, 4>> four_words(std::string_view text) {
  std::array<std::string_view, 4> out;
  for (std::size_t i = 0; i < out.size(); ++i) {
    auto const blank = text.find(' ');
    if ((blank == std::string_view::npos) != (i == out.size() - 1)) return std::nullopt;
    out[i] = text.substr(0, blank);
    text.remove_prefix(i == out.size() - 1 ? text.size() : blank + 1);
  }
  return out;
}

/// `line`: without its CRLF. Section 2.1.
Result<std::optional<IpAddress>> parse_line(std::string_view line) {
  constexpr std::string_view kUnknown = "UNKNOWN";
  line.remove_prefix(kLineBegin.size());
  if (line == kUnknown || line.starts_with("UNKNOWN ")) return std::nullopt;  // whatever follows is ignored
  bool const v4 = line.starts_with("TCP4 ");
  if (!v4 && !line.starts_with("TCP6 ")) return bad("names no protocol that it knows");
  auto const words = four_words(line.substr(5));
  if (!words) return bad("has not the form of a line");
  auto const is_of_family = [&](std::string_view word) { return (word.find(':') == std::string_view::npos) == v4; };
  auto const source = IpAddress::parse((*words)[0]);
  if (!source || !is_of_family((*words)[0]) || !IpAddress::parse((*words)[1]) || !is_of_family((*words)[1])) {
    return bad("has no valid address");
  }
  if (!is_port((*words)[2]) || !is_port((*words)[3])) return bad("has no valid port");
  return source;
}

}  // namespace

Result<std::size_t> ProxyHeaderParser::feed(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (done_) return i;
    if (auto const taken = take(bytes[i]); !taken) return std::unexpected(taken.error());
  }
  return bytes.size();
}

Result<void> ProxyHeaderParser::take(char byte) {
  bytes_ += byte;
  bool const line = bytes_.front() == kLineBegin.front();
  auto const begin = line ? kLineBegin : kProxySignature;
  if (bytes_.size() > begin.size()) return line ? take_of_line(byte) : take_of_binary();
  if (begin[bytes_.size() - 1] != byte) return bad("is missing: the connection begins with something else");
  return {};
}

Result<void> ProxyHeaderParser::take_of_line(char byte) {
  bool const behind_cr = bytes_[bytes_.size() - 2] == '\r';
  if (behind_cr != (byte == '\n')) return bad("has a lone CR or LF");
  if (!behind_cr) return bytes_.size() < kMostV1 ? Result<void>() : bad("is a line of more than 107 bytes");
  auto const source = parse_line(std::string_view(bytes_).substr(0, bytes_.size() - 2));
  if (!source) return std::unexpected(source.error());
  source_ = *source;
  done_ = true;
  return {};
}

Result<void> ProxyHeaderParser::take_of_binary() {
  if (bytes_.size() < kProxyFixedBytes) return {};
  if (bytes_.size() == kProxyFixedBytes) {
    auto const size = proxy_v2_size(bytes_);
    if (!size) return std::unexpected(size.error());
    if (*size > kMostV2) return bad("is larger than 4096 bytes");
    size_ = *size;
  }
  if (bytes_.size() < size_) return {};
  auto const source = parse_proxy_v2(bytes_);
  if (!source) return std::unexpected(source.error());
  source_ = *source;
  done_ = true;
  return {};
}

}  // namespace inferway::http
