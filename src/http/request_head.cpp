// Request heads. RFC 9112 sections 3, 5, 6; RFC 9110 sections 5, 7, 10.

#include "characters.hpp"
#include "field_section.hpp"
#include "inferway/base/text.hpp"
#include "inferway/http/head.hpp"
#include "scan.hpp"

#include <utility>

namespace inferway::http {

namespace {

auto refuse(char const* why) { return client_error(ErrorCode::bad_request, why); }

/// 0 or 1. RFC 9112 section 2.3: the name is case-sensitive, the digits are single.
Result<int> minor_version_of(std::string_view version) {
  bool const well_formed = version.size() == 8 && version.starts_with("HTTP/") && is_a(version[5], kDigit) &&
                           version[6] == '.' && is_a(version[7], kDigit);
  if (!well_formed) return refuse("the request line does not end in an HTTP version");
  if (version == "HTTP/1.1") return 1;
  if (version == "HTTP/1.0") return 0;
  return client_error(ErrorCode::unsupported_version, "only HTTP/1.1 and HTTP/1.0 are spoken here");
}

/// RFC 9110 section 9.1: methods are case-sensitive. A method that is HEAD, CONNECT or TRACE in all but case is
/// refused: a backend that takes it for one would answer with another framing than we expect.
Result<void> check_method(std::string_view method) {
  if (!is_token(method)) return refuse("the request line does not begin with a method");
  if (method == "CONNECT" || method == "TRACE") {
    return client_error(ErrorCode::method_not_allowed, "CONNECT and TRACE are not served");
  }
  for (auto const special : {"HEAD", "CONNECT", "TRACE"}) {
    if (method != special && iequals(method, special)) return refuse("the method differs from a known one in case");
  }
  return {};
}

/// The fields of `head` that say which resource is meant, but for Host. RFC 9112 section 3.2.
Result<void> take_apart_target(RequestHead& head) {
  auto rest = head.target;
  if (rest.empty()) return refuse("the request line has no target, or more than single spaces");
  if (!all_are(rest, kVchar)) return refuse("the request target holds a character that must be percent-encoded");
  if (rest.contains('#')) return refuse("the request target holds a fragment");
  if (rest == "*") {
    if (head.method != "OPTIONS") return refuse("the request target \"*\" is for OPTIONS alone");
    head.path = rest;
    return {};
  }
  bool const absolute = rest.front() != '/';
  if (absolute) {
    auto const colon = rest.find("://");
    if (colon == std::string_view::npos) return refuse("the request target is neither a path nor a URL");
    auto const scheme = rest.substr(0, colon);
    if (!iequals(scheme, "http") && !iequals(scheme, "https"))
      return refuse("the request target's scheme is not HTTP's");
    rest.remove_prefix(colon + 3);
    head.host = rest.substr(0, rest.find_first_of("/?"));
    if (!is_authority(head.host)) return refuse("the request target's authority is not host[:port]");
    rest.remove_prefix(head.host.size());
  }
  auto const mark = rest.find('?');
  head.path = rest.substr(0, mark);
  head.has_query = mark != std::string_view::npos;
  if (head.has_query) head.query = rest.substr(mark + 1);
  // RFC 9112 section 3.2.4: OPTIONS for a URL without path and query is OPTIONS for the server as a whole.
  if (head.path.empty()) head.path = head.method == "OPTIONS" && !head.has_query ? "*" : "/";
  return {};
}

/// The request line that nearly all send: GET or POST, a path without a query, HTTP/1.1. Returns its size; 0 when it is
/// another one, or not a good one: parse_request_line() tells.
std::size_t take_usual_line(RequestHead& head, std::string_view bytes) {
  static constexpr std::string_view kEnd = " HTTP/1.1\r\n";
  std::size_t const method = bytes.starts_with("POST /") ? 4 : bytes.starts_with("GET /") ? 3 : 0;
  if (method == 0) return 0;
  std::string_view const rest(bytes.data() + method + 1, bytes.size() - method - 1);
  auto const size = target_part_length(rest);
  if (!std::string_view(rest.data() + size, rest.size() - size).starts_with(kEnd)) return 0;
  char const* const line = bytes.data();
  head.method = {line, method};
  head.target = head.path = {line + method + 1, size};
  return method + 1 + size + kEnd.size();
}

/// Everything up to the first line's end. Returns its size.
Result<std::size_t> parse_request_line(RequestHead& head, std::string_view bytes) {
  auto const cr = bytes.find('\r');
  if (cr == std::string_view::npos || bytes.substr(cr, 2) != "\r\n") return refuse("the request line has no end");
  auto const line = bytes.substr(0, cr);
  auto const first = line.find(' ');
  auto const second = first == std::string_view::npos ? first : line.find(' ', first + 1);
  if (second == std::string_view::npos) return refuse("the request line is not method, target and version");
  head.method = line.substr(0, first);
  head.target = line.substr(first + 1, second - first - 1);
  auto const version = minor_version_of(line.substr(second + 1));
  // What the method and the target are is known even so, and named in the log.
  auto const method = check_method(head.method);
  if (!version) return std::unexpected(version.error());
  if (!method) return std::unexpected(method.error());
  head.minor_version = *version;
  auto const target = take_apart_target(head);
  if (!target) return std::unexpected(target.error());
  return cr + 2;
}

/// RFC 9112 section 3.2: exactly one Host in HTTP/1.1; RFC 9110 section 7.2: nothing but host[:port].
Flaw check_host(RequestHead& head, FieldSection const& section) {
  if (section.repeats(FieldId::host)) return {"Host stands more than once"};
  if (!section.has(FieldId::host)) {
    if (head.minor_version == 1) return {"Host is missing"};
    return {};
  }
  auto const host = section.last(FieldId::host).value;
  if (!is_authority(host)) return {"Host is not host[:port]"};
  if (head.host.empty()) head.host = host;  // else the target's authority goes before it
  return {};
}

/// Fields that two readers could take differently when they stand twice; and names that CGI-like backends cannot tell
/// from the framing fields, since they make '_' of '-'.
Flaw check_ambiguities(FieldSection const& section) {
  if (section.repeats(FieldId::content_type)) return {"Content-Type stands more than once"};
  if (section.repeats(FieldId::authorization)) return {"Authorization stands more than once"};
  if (!section.has(FieldId::other)) return {};
  for (auto const& field : section.fields()) {
    auto const size = field.name.size();
    if (field.id != FieldId::other || (size != 14 && size != 17)) continue;
    if (iequals(field.name, "content_length") || iequals(field.name, "transfer_encoding")) {
      return {"a field name is a framing field's, spelt with '_'"};
    }
  }
  return {};
}

/// RFC 9110 section 10.1.1. The gateway answers the expectation itself, so the field goes no further.
Flaw check_expectation(RequestHead& head, FieldSection const& section) {
  if (!section.has(FieldId::expect)) return {};
  for (auto& field : head.fields) {
    if (field.id == FieldId::expect) field.hop_by_hop = true;
  }
  if (head.minor_version == 0) return {};
  if (section.repeats(FieldId::expect) || !iequals(section.last(FieldId::expect).value, "100-continue")) {
    return {"only Expect: 100-continue can be met", ErrorCode::expectation_failed};
  }
  head.expect_continue = true;
  return {};
}

/// What the fields say about the message itself.
Flaw settle(RequestHead& head, FieldSection const& section) {
  head.ids = section.met();
  if (auto const flaw = check_host(head, section)) return flaw;
  if (auto const flaw = check_ambiguities(section)) return flaw;
  auto const framing = declared_framing(section, head.minor_version);
  if (framing.flaw) return framing.flaw;
  head.content_length = framing.content_length;
  if (framing.has_length) head.framing = BodyFraming::length;
  if (framing.chunked) head.framing = BodyFraming::chunked;
  auto const options = obey_connection(section);
  if (options.flaw) return options.flaw;
  head.keep_alive = persists(options, head.minor_version);
  // RFC 9110 section 7.8: ignored in HTTP/1.0.
  head.upgrade = head.minor_version == 1 && options.upgrade && section.has(FieldId::upgrade);
  return check_expectation(head, section);
}

void clear(RequestHead& head) {
  head.fields.clear();
  auto storage = std::move(head.fields);
  head = RequestHead();
  head.fields = std::move(storage);
}

}  // namespace

std::size_t RequestHead::take(std::string_view bytes, HeadLimits const& limits) {
  clear(*this);
  FieldSection section(fields);
  auto const begin = take_usual_line(*this, bytes);
  bool const taken = begin > 0 && !section.parse(bytes, begin, limits.fields) && section.end() <= limits.bytes &&
                     !settle(*this, section);
  if (taken) return section.end();
  clear(*this);
  return 0;
}

Result<void> RequestHead::parse(std::string_view bytes, HeadLimits const& limits) {
  clear(*this);
  if (bytes.size() > limits.bytes) return client_error({"the head is too large", ErrorCode::header_too_large});
  auto begin = take_usual_line(*this, bytes);
  if (begin == 0) {
    auto const parsed = parse_request_line(*this, bytes);
    if (!parsed) return std::unexpected(parsed.error());
    begin = *parsed;
  }
  FieldSection section(fields);
  if (auto const flaw = section.parse(bytes, begin, limits.fields)) return client_error(flaw);
  if (section.end() != bytes.size()) return client_error({"bytes follow the head's end"});
  if (auto const flaw = settle(*this, section)) return client_error(flaw);
  return {};
}

Field const* RequestHead::find(FieldId id) const { return ids.contains(id) ? find_field(fields, id) : nullptr; }
Field const* RequestHead::find(std::string_view name) const { return find_field(fields, name); }

}  // namespace inferway::http
