#pragma once

#include "inferway/http/field_set.hpp"
#include "inferway/http/head.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

/// What request and response heads share: field lines, framing, Connection. All errors here are those of a request
/// (side client); ResponseHead::parse() makes bad_response of them.
namespace inferway::http {

/// What is wrong with a head; nothing as long as `why` is null. Two registers, where each step of a parser would build
/// a Result in memory.
struct Flaw {
  char const* why = nullptr;
  ErrorCode code = ErrorCode::bad_request;
  explicit operator bool() const { return why != nullptr; }
};
[[nodiscard, gnu::cold, gnu::noinline]] std::unexpected<Error> client_error(Flaw const& flaw);

/// The field lines of a head, and which of them are special.
class FieldSection {
 public:
  explicit FieldSection(Fields& fields) : fields_(fields) {}

  /// Takes apart the lines from `begin` on, up to the empty line. Fills the fields, which are none before; hop_by_hop
  /// is set for those that are so by their name. RFC 9112 section 5. Flaws: bad_request (no empty line, too),
  /// header_too_large (more than `max_fields`).
  [[nodiscard]] Flaw parse(std::string_view bytes, std::size_t begin, std::size_t max_fields);
  /// Where the empty line ended.
  [[nodiscard]] std::size_t end() const { return end_; }

  [[nodiscard]] FieldSet met() const { return met_; }
  [[nodiscard]] bool has(FieldId id) const { return met_.contains(id); }
  [[nodiscard]] bool has_any(FieldSet ids) const { return met_.meets(ids); }
  [[nodiscard]] bool repeats(FieldId id) const { return repeated_.contains(id); }
  /// The last one with that id; there must be one.
  [[nodiscard]] Field& last(FieldId id) const { return fields_[places_[static_cast<std::size_t>(id)]]; }
  [[nodiscard]] Fields& fields() const { return fields_; }

 private:
  Fields& fields_;
  std::size_t end_ = 0;
  FieldSet met_;
  FieldSet repeated_;
  std::array<std::size_t, FieldSet::kMost> places_;  // for what was met
};

/// How a message says that its body is framed.
struct DeclaredFraming {
  Flaw flaw;
  bool has_length = false;
  bool chunked = false;
  std::uint64_t content_length = 0;
};

/// RFC 9112 sections 6.1 to 6.3, refusing all that it allows to refuse: both fields, either of them twice or as a
/// list, a coding other than exactly "chunked", chunked in HTTP/1.0.
[[nodiscard]] DeclaredFraming declared_framing(FieldSection const& section, int minor_version);

struct ConnectionOptions {
  Flaw flaw{};
  bool close = false;
  bool keep_alive = false;
  bool upgrade = false;
};

/// More of them in one message are refused: each is looked for among all fields.
inline constexpr std::size_t kMaxConnectionOptions = 64;

/// Reads the Connection fields and marks the fields they name as hop-by-hop, except those that say whom the message
/// is for, how its body is to be read, and what a handshake is made of: a client must not be able to take these away.
/// RFC 9110 section 7.6.1.
[[nodiscard]] ConnectionOptions obey_connection(FieldSection const& section);

/// RFC 9112 section 9.3.
[[nodiscard]] inline bool persists(ConnectionOptions const& options, int minor_version) {
  return !options.close && (minor_version == 1 || options.keep_alive);
}

[[nodiscard]] Field const* find_field(Fields const& fields, FieldId id);
[[nodiscard]] Field const* find_field(Fields const& fields, std::string_view name);

}  // namespace inferway::http
