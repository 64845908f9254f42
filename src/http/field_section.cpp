#include "field_section.hpp"

#include "inferway/base/text.hpp"
#include "inferway/http/field_set.hpp"
#include "scan.hpp"

namespace inferway::http {

namespace {

auto refuse(char const* why) { return client_error(ErrorCode::bad_request, why); }

/// By its name alone. Content-Length is among them because whoever writes a head frames it anew.
constexpr FieldSet kHopByHop{FieldId::connection,       FieldId::content_length,
                             FieldId::keep_alive,       FieldId::proxy_authenticate,
                             FieldId::proxy_connection, FieldId::te,
                             FieldId::trailer,          FieldId::transfer_encoding,
                             FieldId::upgrade};

/// Why a line does not begin with a field name and a colon.
char const* what_is_wrong_with_name(std::string_view name_end, std::size_t name_size) {
  bool const blank = name_end.starts_with(' ') || name_end.starts_with('\t');
  if (blank && name_size == 0) return "a field line begins with white space (a folded line, or a hidden one)";
  if (blank) return "white space stands between a field's name and its colon";
  if (name_end.starts_with(':')) return "a field has no name";
  if (name_end.starts_with('\r') || name_end.starts_with('\n')) return "a field line has no colon";
  return "a field name holds a character that is not allowed in it";
}

/// Where a line stands in the text.
struct Line {
  std::size_t begin;
  std::size_t colon;
  std::size_t end;  ///< its CR
};

/// Why no value, or none that ends, stands behind the colon.
char const* what_is_wrong_with_value(std::string_view value_end) {
  if (value_end.empty() || value_end == "\r") return "a field line has no end";
  // Also a bare LF: it is a control like another.
  return "a field value holds a control character";
}

Field field_in(std::string_view bytes, Line const& line) {
  auto const name = std::string_view(bytes.data() + line.begin, line.colon - line.begin);
  auto value = std::string_view(bytes.data() + line.colon + 1, line.end - line.colon - 1);
  // Nearly all lines have one space in front of the value, and none behind it.
  auto const dark = [](char c) { return static_cast<unsigned char>(c) > ' '; };
  bool const plain = value.size() > 1 && value[0] == ' ' && dark(value[1]) && dark(value.back());
  value = plain ? std::string_view(value.data() + 1, value.size() - 1) : trim(value);
  auto const id = field_id(name);
  return {.name = name, .value = value, .id = id, .hop_by_hop = kHopByHop.contains(id), .plain = plain};
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
  Result<FieldSection> section;
  LineScan lines(bytes);
  std::size_t at = 0;
  while (!is_line_end(bytes, at)) {
    std::string_view const rest(bytes.data() + at, bytes.size() - at);
    auto const name_size = token_length(rest);
    auto const colon = at + name_size;
    if (name_size == 0 || colon == bytes.size() || bytes[colon] != ':') {
      return refuse(what_is_wrong_with_name(rest.substr(name_size), name_size));
    }
    auto const end = lines.next(colon + 1);
    if (!is_line_end(bytes, end)) return refuse(what_is_wrong_with_value(bytes.substr(end)));
    if (fields.size() == max_fields) {
      return client_error(ErrorCode::header_too_large, "the head has too many fields");
    }
    note(*section, fields.emplace_back(field_in(bytes, {.begin = at, .colon = colon, .end = end})));
    at = end + 2;
  }
  if (bytes.size() - at != 2) return refuse("bytes follow the head's end");
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
      if (option.empty()) continue;      // RFC 9110 section 5.6.1.2: empty elements are ignored
      auto const id = field_id(option);  // two of the options are fields' names, too
      if (id == FieldId::other && !is_token(option)) return refuse("Connection is not a list of tokens");
      if (++count > kMaxConnectionOptions) return refuse("Connection lists too much");
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
