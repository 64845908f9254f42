// A response head: cut anywhere it is read alike, and what is accepted Beast reads alike.

#include "beast.hpp"
#include "fuzz.hpp"
#include "http/read_head.hpp"
#include "inferway/http/head.hpp"

namespace inferway::fuzz {

namespace {

using http::BodyFraming;
using http::ResponseHead;

std::string told(Result<void> const& parsed, ResponseHead const& head) {
  if (!parsed) return std::string(name(parsed.error().code));
  std::string out(head.reason);
  for (auto const& field : head.fields) (((out += '\n') += field.name) += '\0') += field.value;
  for (auto const number :
       {static_cast<std::uint64_t>(head.status), static_cast<std::uint64_t>(head.minor_version),
        static_cast<std::uint64_t>(head.framing), head.content_length, static_cast<std::uint64_t>(head.keep_alive),
        static_cast<std::uint64_t>(head.event_stream), static_cast<std::uint64_t>(head.ndjson)}) {
    (out += ' ') += std::to_string(number);
  }
  return out;
}

std::string read(Pieces const& pieces, bool head_request) {
  ResponseHead head;
  std::vector<char> bytes;
  auto const parsed = read_head(head, bytes, pieces, {}, head_request);
  // Without an end there is nothing that could be wrong about it: whose fault that is says read_head().
  return told(parsed, head);
}

void compare_with_beast(ResponseHead const& head, std::string_view text) {
  // Beast wants the space that RFC 9112 section 4 asks for even without a reason; we do not.
  if (head.reason.empty() && !text.substr(12).starts_with(' ')) return;
  // Beast takes it for Connection; to us it is nothing but a field that goes no further.
  if (head.find(http::FieldId::proxy_connection) != nullptr) return;
  beast::http::response_parser<beast::http::empty_body> parser;
  beast::error_code error;
  put(parser, text, error);
  must(!error && parser.is_header_done(), "Beast accepts what we accept");
  auto const& message = parser.get();
  must(message.result_int() == static_cast<unsigned>(head.status), "Beast reads the same status");
  must(head.reason.empty() || std::string_view(message.reason()) == head.reason, "Beast reads the same reason");
  must(message.version() == static_cast<unsigned>(10 + head.minor_version), "Beast reads the same version");
  must(their_fields(message) == our_fields(head), "Beast reads the same fields");
  if (head.framing == BodyFraming::chunked) must(parser.chunked(), "Beast sees the same transfer coding");
  if (head.framing == BodyFraming::length) {
    must(parser.content_length() == head.content_length, "Beast reads the same length");
  }
  if (head.framing == BodyFraming::until_close) {
    must(!parser.chunked() && !parser.content_length(), "Beast sees no framing either");
  }
}

}  // namespace

void one_input(std::string_view input) {
  auto const text = arrivals(input);
  for (bool const head_request : {false, true}) {
    auto const whole = read_alike(text, [&](Pieces const& pieces) { return read(pieces, head_request); });
    auto const end = http::find_head_end(text.whole, 0);
    if (!end || end->size == 0) continue;
    auto const bytes = copy(std::string_view(text.whole).substr(0, end->size));
    ResponseHead head;
    auto const parsed = head.parse(view(bytes), {}, head_request);
    must(told(parsed, head) == whole, "what follows a head has no say in it");
    ResponseHead taken;
    if (auto const size = taken.take(text.whole, {}, head_request); size > 0) {
      must(size == end->size, "a head ends in one place");
      must(told({}, taken) == whole, "what is taken in one pass reads the same");
    }
    if (!parsed) continue;
    must(head.status >= 100 && head.status <= 599, "the status is one");
    bool const bodiless = head_request || head.status < 200 || head.status == 204 || head.status == 304;
    must(!bodiless || head.framing == BodyFraming::none, "what has no body frames none");
    if (!head_request) compare_with_beast(head, view(bytes));
  }
}

}  // namespace inferway::fuzz
