// A request head: cut anywhere it is read alike, what is accepted Beast reads alike, and what is said about it is true.

#include "beast.hpp"
#include "fuzz.hpp"
#include "http/read_head.hpp"
#include "inferway/http/head.hpp"

#include <cstring>

namespace inferway::fuzz {

namespace {

using http::BodyFraming;
using http::RequestHead;

/// All that a head says, as one text.
std::string told(Result<void> const& parsed, RequestHead const& head) {
  if (!parsed) return std::string(name(parsed.error().code));
  std::string out;
  for (auto const text : {head.method, head.target, head.path, head.query, head.host}) (out += text) += '\n';
  for (auto const& field : head.fields) {
    ((out += field.name) += '\0') += field.value;
    out += field.hop_by_hop ? "\nhop " : "\n";
    out += std::to_string(static_cast<int>(field.id));
  }
  for (auto const number :
       {static_cast<std::uint64_t>(head.has_query), static_cast<std::uint64_t>(head.minor_version),
        static_cast<std::uint64_t>(head.framing), head.content_length, static_cast<std::uint64_t>(head.keep_alive),
        static_cast<std::uint64_t>(head.expect_continue), static_cast<std::uint64_t>(head.upgrade)}) {
    (out += ' ') += std::to_string(number);
  }
  return out;
}

std::string read(Pieces const& pieces) {
  RequestHead head;
  std::vector<char> bytes;
  auto const parsed = read_head(head, bytes, pieces, {});
  return told(parsed, head);
}

void compare_with_beast(RequestHead const& head, std::string_view text) {
  // Beast takes it for Connection; to us it is nothing but a field that goes no further.
  if (head.find(http::FieldId::proxy_connection) != nullptr) return;
  beast::http::request_parser<beast::http::empty_body> parser;
  beast::error_code error;
  put(parser, text, error);
  must(!error && parser.is_header_done(), "Beast accepts what we accept");
  auto const& message = parser.get();
  must(std::string_view(message.method_string()) == head.method, "Beast reads the same method");
  must(std::string_view(message.target()) == head.target, "Beast reads the same target");
  must(message.version() == static_cast<unsigned>(10 + head.minor_version), "Beast reads the same version");
  must(their_fields(message) == our_fields(head), "Beast reads the same fields");
  must(parser.chunked() == (head.framing == BodyFraming::chunked), "Beast sees the same transfer coding");
  must(parser.content_length().has_value() == (head.framing == BodyFraming::length), "Beast sees the same framing");
  must(parser.content_length().value_or(0) == head.content_length, "Beast reads the same length");
  must(parser.upgrade() || !head.upgrade, "Beast sees the upgrade");
  must(parser.keep_alive() == head.keep_alive, "Beast keeps the connection as we do");
}

void check_promises(RequestHead const& head, std::string_view text) {
  must(!head.method.empty() && http::is_token(head.method), "the method is a token");
  must(!head.host.empty() || head.minor_version == 0, "HTTP/1.1 has a host");
  must(head.host.empty() || http::is_authority(head.host), "the host is an authority");
  must(head.path.starts_with('/') || head.path == "*", "the path begins with a slash");
  for (auto const& field : head.fields) {
    must(http::is_token(field.name), "a field's name is a token");
    must(http::is_field_value(field.value), "a field's value has no controls");
    must(field.id == http::field_id(field.name), "a field has its id");
    must(field.name.data() >= text.data() && field.value.data() + field.value.size() <= text.data() + text.size(),
         "a field is a view of the head");
  }
}

}  // namespace

void one_input(std::string_view input) {
  auto const text = arrivals(input);
  auto const whole = read_alike(text, read);
  auto const end = http::find_head_end(text.whole, 0);
  if (!end || end->size == 0) return;
  // Memory of its own, so that a read behind the head shows.
  auto const bytes = copy(std::string_view(text.whole).substr(0, end->size));
  RequestHead head;
  auto const parsed = head.parse(view(bytes), {});
  must(told(parsed, head) == whole, "what follows a head has no say in it");
  RequestHead taken;
  if (auto const size = taken.take(text.whole, {}); size > 0) {
    must(size == end->size, "a head ends in one place");
    must(told({}, taken) == whole, "what is taken in one pass reads the same");
  }
  if (!parsed) return;
  check_promises(head, view(bytes));
  compare_with_beast(head, view(bytes));
}

}  // namespace inferway::fuzz
