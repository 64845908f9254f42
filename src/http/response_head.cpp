// Response heads. RFC 9112 sections 4, 5, 6.3; RFC 9110 section 15.

#include "characters.hpp"
#include "field_section.hpp"
#include "inferway/base/text.hpp"
#include "inferway/http/head.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace inferway::http {

namespace {

auto refuse(char const* why) { return client_error(ErrorCode::bad_request, why); }

/// The status line that nearly all send. Returns its size; 0 when it is another one.
std::size_t take_usual_line(ResponseHead& head, std::string_view bytes) {
  static constexpr std::string_view kUsual = "HTTP/1.1 200 OK\r\n";
  if (!bytes.starts_with(kUsual)) return 0;
  head.status = 200;
  head.reason = bytes.substr(13, 2);
  return kUsual.size();
}

/// Everything up to the first line's end. Returns its size. Without a reason the space before it may be
/// missing, too: RFC 9112 section 4 wants it, but well-known servers leave it out, and nothing else can be meant.
Result<std::size_t> parse_status_line(ResponseHead& head, std::string_view bytes) {
  auto const cr = bytes.find('\r');
  if (cr == std::string_view::npos || bytes.substr(cr, 2) != "\r\n") return refuse("the status line has no end");
  auto const line = bytes.substr(0, cr);
  bool const known = line.starts_with("HTTP/1.1 ") || line.starts_with("HTTP/1.0 ");
  if (!known) return refuse("the status line does not begin with HTTP/1.1 or HTTP/1.0 and a space");
  auto const digits = line.substr(9, 3);
  auto const rest = line.substr(9 + digits.size());
  if (digits.size() != 3 || !all_are(digits, kDigit)) return refuse("the status is not three digits");
  if (!rest.empty() && rest.front() != ' ') return refuse("the status is not followed by a space");
  head.minor_version = line[7] - '0';
  head.status = static_cast<int>(*parse_decimal(digits));
  if (head.status < 100 || head.status > 599) return refuse("the status is not within 100 to 599");
  if (!rest.empty()) head.reason = rest.substr(1);
  if (!is_field_value(head.reason)) return refuse("the reason phrase holds a control character");
  return cr + 2;
}

/// RFC 9112 section 6.3, in its order.
void settle_framing(ResponseHead& head, DeclaredFraming const& framing, bool head_request) {
  head.content_length = framing.content_length;
  bool const never = head.status < 200 || head.status == 204;
  if (head_request || never || head.status == 304) {
    head.framing = BodyFraming::none;
    // It announces a body that cannot be there; should bytes come all the same, the next answer must not begin with
    // them.
    if (never && (framing.chunked || head.content_length > 0)) head.keep_alive = false;
  } else if (framing.chunked) {
    head.framing = BodyFraming::chunked;
  } else if (framing.has_length) {
    head.framing = BodyFraming::length;
  } else {
    head.framing = BodyFraming::until_close;
    head.keep_alive = false;
  }
}

void settle_media_type(ResponseHead& head, FieldSection const& section) {
  if (!section.has(FieldId::content_type)) return;
  auto const content_type = section.repeats(FieldId::content_type) ? head.find(FieldId::content_type)->value
                                                                   : section.last(FieldId::content_type).value;
  if (content_type.size() < std::string_view("text/event-stream").size()) return;
  auto const media_type = trim(content_type.substr(0, content_type.find(';')));
  bool const events = iequals(media_type, "text/event-stream");
  bool const lines = iequals(media_type, "application/x-ndjson");
  if (!events && !lines) return;
  bool const hidden = std::ranges::any_of(head.fields, [](Field const& field) {
    return field.id == FieldId::content_encoding && !iequals(field.value, "identity");
  });
  head.event_stream = events && !hidden;
  head.ndjson = lines && !hidden;
}

/// Fields of requests, which bear keys and mean nothing in an answer. A server that repeats what it was sent would tell
/// the gateway's own key to the client.
constexpr FieldSet kCredentials{FieldId::authorization, FieldId::proxy_authorization, FieldId::x_api_key,
                                FieldId::api_key,       FieldId::x_goog_api_key,      FieldId::cookie};

/// Of the fields alone: the section must not have to leave the registers for it.
[[gnu::cold, gnu::noinline]] void keep_back_credentials(Fields& fields) {
  for (auto& field : fields) field.hop_by_hop = field.hop_by_hop || kCredentials.contains(field.id);
}

/// What the fields say about the message itself.
Flaw settle(ResponseHead& head, FieldSection const& section, bool head_request) {
  head.ids = section.met();
  auto const framing = declared_framing(section, head.minor_version);
  if (framing.flaw) return framing.flaw;
  auto const options = obey_connection(section);
  if (options.flaw) return options.flaw;
  head.keep_alive = persists(options, head.minor_version);
  settle_framing(head, framing, head_request);
  settle_media_type(head, section);
  if (section.has_any(kCredentials)) [[unlikely]]
    keep_back_credentials(head.fields);
  return {};
}

[[gnu::cold, gnu::noinline]] std::unexpected<Error> bad_response(std::string const& why) {
  return upstream_error(ErrorCode::bad_response, why);
}
[[gnu::cold, gnu::noinline]] std::unexpected<Error> malformed(std::string_view why) {
  return bad_response("the answer's head is malformed: " + std::string(why));
}

void clear(ResponseHead& head) {
  head.fields.clear();
  auto storage = std::move(head.fields);
  head = ResponseHead();
  head.fields = std::move(storage);
}

}  // namespace

std::size_t ResponseHead::take(std::string_view bytes, HeadLimits const& limits, bool head_request) {
  clear(*this);
  FieldSection section(fields);
  auto const begin = take_usual_line(*this, bytes);
  bool const taken = begin > 0 && !section.parse(bytes, begin, limits.fields) && section.end() <= limits.bytes &&
                     !settle(*this, section, head_request);
  if (taken) return section.end();
  clear(*this);
  return 0;
}

Result<void> ResponseHead::parse(std::string_view bytes, HeadLimits const& limits, bool head_request) {
  clear(*this);
  if (bytes.size() > limits.bytes) return bad_response("the answer's head is too large");
  auto begin = take_usual_line(*this, bytes);
  if (begin == 0) {
    auto const parsed = parse_status_line(*this, bytes);
    if (!parsed) return malformed(parsed.error().detail);
    begin = *parsed;
  }
  FieldSection section(fields);
  if (auto const flaw = section.parse(bytes, begin, limits.fields)) return malformed(flaw.why);
  if (section.end() != bytes.size()) return malformed("bytes follow the head's end");
  if (auto const flaw = settle(*this, section, head_request)) return malformed(flaw.why);
  return {};
}

Field const* ResponseHead::find(FieldId id) const { return ids.contains(id) ? find_field(fields, id) : nullptr; }
Field const* ResponseHead::find(std::string_view name) const { return find_field(fields, name); }

}  // namespace inferway::http
