#include "field_section.hpp"

#include "characters.hpp"
#include "inferway/base/text.hpp"

namespace inferway::http {

namespace {

auto refuse(char const* why) { return client_error(ErrorCode::bad_request, why); }

/// Why a line does not begin with a field name and a colon.
char const* what_is_wrong_with(std::string_view name_end, std::size_t name_size) {
  bool const blank = name_end.starts_with(' ') || name_end.starts_with('\t');
  if (blank && name_size == 0) return "a field line begins with white space (a folded line, or a hidden one)";
  if (blank) return "white space stands between a field's name and its colon";
  if (name_end.starts_with(':')) return "a field has no name";
  if (name_end.starts_with('\r') || name_end.starts_with('\n')) return "a field line has no colon";
  return "a field name holds a character that is not allowed in it";
}

/// Takes one line off the front of `bytes`, or says what is wrong with it.
std::expected<Field, char const*> take_field(std::string_view& bytes) {
  char const* const begin = bytes.data();
  char const* const end = begin + bytes.size();
  char const* colon = begin;
  while (colon < end && is_a(*colon, kTchar)) ++colon;
  auto const name = bytes.substr(0, static_cast<std::size_t>(colon - begin));
  auto const rest = bytes.substr(name.size());
  if (name.empty() || !rest.starts_with(':')) return std::unexpected(what_is_wrong_with(rest, name.size()));
  auto const size = 1 + field_text_length(rest.substr(1));
  auto const line_end = rest.substr(size);
  if (!line_end.starts_with("\r\n")) {
    bool const cut = line_end.empty() || line_end == "\r";
    if (cut) return std::unexpected("a field line has no end");
    // Also a bare LF: it is a control like another.
    return std::unexpected("a field value holds a control character");
  }
  bytes.remove_prefix(name.size() + size + 2);
  return Field{name, trim(rest.substr(1, size - 1)), field_id(name), false};
}

/// By its name alone. Content-Length is among them because whoever writes a head frames it anew.
bool is_hop_by_hop(FieldId id) {
  switch (id) {
    case FieldId::connection:
    case FieldId::content_length:
    case FieldId::keep_alive:
    case FieldId::proxy_authenticate:
    case FieldId::proxy_connection:
    case FieldId::te:
    case FieldId::trailer:
    case FieldId::transfer_encoding:
    case FieldId::upgrade: return true;
    default: return false;
  }
}

void note(SingleField& single, std::string_view value) {
  if (single.count++ == 0) single.value = value;
}

void note(FieldSection& section, Field const& field) {
  switch (field.id) {
    case FieldId::authorization: return note(section.authorization, field.value);
    case FieldId::connection: return note(section.connection, field.value);
    case FieldId::content_length: return note(section.content_length, field.value);
    case FieldId::content_type: return note(section.content_type, field.value);
    case FieldId::expect: return note(section.expect, field.value);
    case FieldId::host: return note(section.host, field.value);
    case FieldId::transfer_encoding: return note(section.transfer_encoding, field.value);
    case FieldId::upgrade: return note(section.upgrade, field.value);
    default: return;
  }
}

}  // namespace

Result<FieldSection> parse_fields(std::string_view bytes, std::size_t max_fields, std::vector<Field>& fields) {
  FieldSection section;
  while (!bytes.starts_with("\r\n")) {
    auto field = take_field(bytes);
    if (!field) return refuse(field.error());
    if (fields.size() == max_fields) return client_error(ErrorCode::header_too_large, "the head has too many fields");
    field->hop_by_hop = is_hop_by_hop(field->id);
    note(section, *field);
    fields.push_back(*field);
  }
  if (bytes.size() != 2) return refuse("bytes follow the head's end");
  return section;
}

Result<DeclaredFraming> declared_framing(FieldSection const& section, int minor_version) {
  DeclaredFraming framing;
  auto const& length = section.content_length;
  auto const& coding = section.transfer_encoding;
  if (length.count > 0 && coding.count > 0) return refuse("Content-Length and Transfer-Encoding stand together");
  if (length.count > 1) return refuse("Content-Length stands more than once");
  if (coding.count > 1) return refuse("Transfer-Encoding stands more than once");
  if (length.count == 1) {
    framing.content_length = parse_decimal(length.value);
    if (!framing.content_length) return refuse("Content-Length is not a number of bytes");
  }
  if (coding.count == 1) {
    // RFC 9112 section 6.1: a client that speaks HTTP/1.0 cannot know of it, so the framing is to be thought faulty.
    if (minor_version == 0) return refuse("Transfer-Encoding stands in an HTTP/1.0 message");
    if (!iequals(coding.value, "chunked")) return refuse("Transfer-Encoding is not exactly \"chunked\"");
    framing.chunked = true;
  }
  return framing;
}

namespace {

/// Whom the message is for, how its body is to be read, and what a handshake is made of.
bool is_beyond_connection(FieldId id) {
  switch (id) {
    case FieldId::host:
    case FieldId::content_type:
    case FieldId::content_encoding:
    case FieldId::sec_websocket_accept:
    case FieldId::sec_websocket_extensions:
    case FieldId::sec_websocket_key:
    case FieldId::sec_websocket_protocol:
    case FieldId::sec_websocket_version: return true;
    default: return false;
  }
}

void mark(std::vector<Field>& fields, std::string_view option) {
  auto const id = field_id(option);
  if (is_beyond_connection(id)) return;
  for (auto& field : fields) {
    if (field.id == id && (id != FieldId::other || iequals(field.name, option))) field.hop_by_hop = true;
  }
}

}  // namespace

Result<ConnectionOptions> obey_connection(std::vector<Field>& fields) {
  ConnectionOptions options;
  std::size_t count = 0;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].id != FieldId::connection) continue;
    auto list = fields[i].value;
    while (!list.empty()) {
      auto const comma = list.find(',');
      auto const option = trim(list.substr(0, comma));
      list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
      if (option.empty()) continue;  // RFC 9110 section 5.6.1.2: empty elements are ignored
      if (!is_token(option)) return refuse("Connection is not a list of tokens");
      if (++count > kMaxConnectionOptions) return refuse("Connection lists too much");
      if (iequals(option, "close")) {
        options.close = true;
      } else if (iequals(option, "keep-alive")) {
        options.keep_alive = true;
      } else if (iequals(option, "upgrade")) {
        options.upgrade = true;
      } else {
        mark(fields, option);
      }
    }
  }
  return options;
}

}  // namespace inferway::http
