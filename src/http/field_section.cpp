#include "field_section.hpp"

#include "inferway/base/text.hpp"
#include "inferway/http/field_set.hpp"
#include "known_fields.hpp"
#include "scan.hpp"

namespace inferway::http {

namespace {

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

/// Why no value, or none that ends, stands behind the colon.
char const* what_is_wrong_with_value(std::string_view value_end) {
  if (value_end.empty() || value_end == "\r") return "a field line has no end";
  // Also a bare LF: it is a control like another.
  return "a field value holds a control character";
}

/// Why no field line stands at the front of `rest`.
[[gnu::cold, gnu::noinline]] char const* what_is_wrong(std::string_view rest) {
  auto const name_size = token_length(rest);
  auto const name_end = rest.substr(name_size);
  if (name_size == 0 || !name_end.starts_with(':')) return what_is_wrong_with_name(name_end, name_size);
  auto const value = name_end.substr(1);
  return what_is_wrong_with_value(value.substr(field_text_length(value)));
}

/// The value behind a name's colon, and whether its line is plain.
struct Value {
  std::string_view text;
  bool plain;
};
Value value_in(char const* text, std::size_t size) {
  // Nearly all lines have one space in front of the value, and none behind it.
  auto const dark = [](char c) { return static_cast<unsigned char>(c) > ' '; };
  bool const plain = size > 1 && text[0] == ' ' && dark(text[1]) && dark(text[size - 1]);
  return {.text = plain ? std::string_view(text + 1, size - 1) : trim({text, size}), .plain = plain};
}

}  // namespace

std::unexpected<Error> client_error(Flaw const& flaw) { return inferway::client_error(flaw.code, flaw.why); }

Flaw FieldSection::parse(std::string_view bytes, std::size_t begin, std::size_t max_fields) {
  std::size_t at = begin;
  std::size_t count = 0;
  while (!is_line_end(bytes, at)) {
    char const* const line = bytes.data() + at;
    std::string_view const rest(line, bytes.size() - at);
    auto const name_size = field_name_length(rest);
    if (name_size == 0 || name_size == rest.size() || line[name_size] != ':') [[unlikely]]
      return {what_is_wrong(rest)};
    std::string_view const behind_colon(line + name_size + 1, rest.size() - name_size - 1);
    auto const value_size = field_text_length(behind_colon);
    if (!is_line_end(behind_colon, value_size)) [[unlikely]]
      return {what_is_wrong(rest)};
    if (count == max_fields) [[unlikely]]
      return {"the head has too many fields", ErrorCode::header_too_large};
    std::string_view const name(line, name_size);
    auto const value = value_in(line + name_size + 1, value_size);
    auto const id = known_field_id(name);
    fields_.emplace_back(name, value.text, id, kHopByHop.contains(id), value.plain);
    if (met_.contains(id)) repeated_.add(id);
    met_.add(id);
    places_.data()[static_cast<std::size_t>(id)] = count;
    ++count;
    at += name_size + 1 + value_size + 2;
  }
  end_ = at + 2;
  return {};
}

namespace {

/// Content-Length as nearly all send it. What has more digits, or is none at all, is left to parse_decimal().
std::optional<std::uint64_t> length_in(std::string_view text) {
  static constexpr std::size_t kSafeDigits = 19;  // of which none overflows
  std::uint64_t length = 0;
  if (text.empty() || text.size() > kSafeDigits) return parse_decimal(text);
  for (char const c : text) {
    auto const digit = static_cast<unsigned>(c) - '0';
    if (digit > 9) return std::nullopt;
    length = 10 * length + digit;
  }
  return length;
}

}  // namespace

DeclaredFraming declared_framing(FieldSection const& section, int minor_version) {
  auto const refuse = [](char const* why) { return DeclaredFraming{.flaw = {why}}; };
  bool const coded = section.has(FieldId::transfer_encoding);
  DeclaredFraming framing;
  framing.has_length = section.has(FieldId::content_length);
  if (framing.has_length && coded) return refuse("Content-Length and Transfer-Encoding stand together");
  if (framing.has_length) {
    if (section.repeats(FieldId::content_length)) return refuse("Content-Length stands more than once");
    auto const length = length_in(section.last(FieldId::content_length).value);
    if (!length) return refuse("Content-Length is not a number of bytes");
    framing.content_length = *length;
  }
  if (coded) {
    if (section.repeats(FieldId::transfer_encoding)) return refuse("Transfer-Encoding stands more than once");
    // RFC 9112 section 6.1: a client that speaks HTTP/1.0 cannot know of it, so the framing is to be thought faulty.
    if (minor_version == 0) return refuse("Transfer-Encoding stands in an HTTP/1.0 message");
    if (!iequals(section.last(FieldId::transfer_encoding).value, "chunked")) {
      return refuse("Transfer-Encoding is not exactly \"chunked\"");
    }
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

void mark(Fields& fields, std::string_view option, FieldId id) {
  if (kBeyondConnection.contains(id)) return;
  for (auto& field : fields) {
    if (field.id == id && (id != FieldId::other || iequals(field.name, option))) field.hop_by_hop = true;
  }
}

}  // namespace

ConnectionOptions obey_connection(FieldSection const& section) {
  auto const refuse = [](char const* why) { return ConnectionOptions{.flaw = {why}}; };
  ConnectionOptions options;
  if (!section.has(FieldId::connection)) return options;
  if (!section.repeats(FieldId::connection) && section.last(FieldId::connection).value == "keep-alive") {
    options.keep_alive = true;  // as nearly all write it who write it at all
    return options;
  }
  auto& fields = section.fields();
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
