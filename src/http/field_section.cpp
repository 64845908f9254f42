#include "field_section.hpp"

#include "inferway/base/text.hpp"
#include "inferway/http/field_set.hpp"
#include "scan.hpp"

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

[[nodiscard]] bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// Takes one line off the front of `bytes`, or says what is wrong with it.
std::expected<Field, char const*> take_field(std::string_view& bytes) {
  char const* const begin = bytes.data();
  char const* const end = begin + bytes.size();
  char const* const colon = begin + token_length(bytes);
  std::string_view const name(begin, colon);
  if (name.empty() || colon == end || *colon != ':') {
    return std::unexpected(what_is_wrong_with({colon, end}, name.size()));
  }
  char const* const line_end = colon + 1 + field_text_length({colon + 1, end});
  if (end - line_end < 2 || line_end[0] != '\r' || line_end[1] != '\n') {
    std::string_view const rest(line_end, end);
    if (rest.empty() || rest == "\r") return std::unexpected("a field line has no end");
    // Also a bare LF: it is a control like another.
    return std::unexpected("a field value holds a control character");
  }
  bytes = {line_end + 2, end};
  char const* first = colon + 1;
  char const* last = line_end;
  while (first < last && is_blank(*first)) ++first;
  while (first < last && is_blank(last[-1])) --last;
  bool const plain = first == colon + 2 && first[-1] == ' ' && last == line_end;
  return Field{.name = name, .value = {first, last}, .id = field_id(name), .plain = plain};
}

/// By its name alone. Content-Length is among them because whoever writes a head frames it anew.
constexpr FieldSet kHopByHop{FieldId::connection, FieldId::content_length, FieldId::keep_alive,
                             FieldId::proxy_authenticate, FieldId::proxy_connection, FieldId::te,
                             FieldId::trailer, FieldId::transfer_encoding, FieldId::upgrade};

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
  Result<FieldSection> section;
  while (!bytes.starts_with("\r\n")) {
    auto field = take_field(bytes);
    if (!field) return refuse(field.error());
    if (fields.size() == max_fields) return client_error(ErrorCode::header_too_large, "the head has too many fields");
    field->hop_by_hop = kHopByHop.contains(field->id);
    note(*section, *field);
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
constexpr FieldSet kBeyondConnection{FieldId::host,
                                     FieldId::content_type,
                                     FieldId::content_encoding,
                                     FieldId::sec_websocket_accept,
                                     FieldId::sec_websocket_extensions,
                                     FieldId::sec_websocket_key,
                                     FieldId::sec_websocket_protocol,
                                     FieldId::sec_websocket_version};

void mark(std::vector<Field>& fields, std::string_view option, FieldId id) {
  if (kBeyondConnection.contains(id)) return;
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
      auto const id = field_id(option);  // two of the options are fields' names, too
      if (id == FieldId::keep_alive) {
        options.keep_alive = true;
      } else if (id == FieldId::upgrade) {
        options.upgrade = true;
      } else if (iequals(option, "close")) {
        options.close = true;
      } else {
        mark(fields, option, id);
      }
    }
  }
  return options;
}

}  // namespace inferway::http
