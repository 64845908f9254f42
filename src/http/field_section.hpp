#pragma once

#include "inferway/http/head.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

/// What request and response heads share: field lines, framing, Connection. All errors here are those of a request
/// (side client); ResponseHead::parse() makes bad_response of them.
namespace inferway::http {

/// A field that may stand in a message once: its first value and how often it is there.
struct SingleField {
  std::string_view value;
  std::size_t count = 0;
};

/// The fields that decide about the message itself, met on the way through the lines.
struct FieldSection {
  SingleField authorization;
  SingleField connection;  ///< a list: any number of lines
  SingleField content_length;
  SingleField content_type;
  SingleField expect;
  SingleField host;
  SingleField transfer_encoding;
  SingleField upgrade;  ///< a list: any number of lines
};

/// Takes apart the lines behind the first one, up to the end of `bytes`, which must be the empty line. Appends to
/// `fields`; hop_by_hop is set for those that are so by their name. RFC 9112 section 5.
/// Errors: bad_request, header_too_large (more than `max_fields`).
[[nodiscard]] Result<FieldSection> parse_fields(std::string_view bytes, std::size_t max_fields,
                                                std::vector<Field>& fields);

/// How a message says that its body is framed.
struct DeclaredFraming {
  std::optional<std::uint64_t> content_length;
  bool chunked = false;
};

/// RFC 9112 sections 6.1 to 6.3, refusing all that it allows to refuse: both fields, either of them twice or as a
/// list, a coding other than exactly "chunked", chunked in HTTP/1.0.
[[nodiscard]] Result<DeclaredFraming> declared_framing(FieldSection const& section, int minor_version);

struct ConnectionOptions {
  bool close = false;
  bool keep_alive = false;
  bool upgrade = false;
};

/// More of them in one message are refused: each is looked for among all fields.
inline constexpr std::size_t kMaxConnectionOptions = 64;

/// Reads the Connection fields and marks the fields they name as hop-by-hop, except those that say whom the message
/// is for, how its body is to be read, and what a handshake is made of: a client must not be able to take these away.
/// RFC 9110 section 7.6.1.
[[nodiscard]] Result<ConnectionOptions> obey_connection(std::vector<Field>& fields);

/// RFC 9112 section 9.3.
[[nodiscard]] inline bool persists(ConnectionOptions const& options, int minor_version) {
  return !options.close && (minor_version == 1 || options.keep_alive);
}

[[nodiscard]] Field const* find_field(std::vector<Field> const& fields, FieldId id);
[[nodiscard]] Field const* find_field(std::vector<Field> const& fields, std::string_view name);

}  // namespace inferway::http
