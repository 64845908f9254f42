#pragma once

#include "inferway/base/error.hpp"
#include "inferway/base/slabs.hpp"
#include "inferway/http/field_set.hpp"

#include <cstddef>
#include <cstdint>
#include <new>
#include <optional>
#include <string_view>
#include <type_traits>
#include <vector>

/// HTTP/1 heads: bytes in, checked views out. Stricter than RFC 9112 wherever it lets a recipient refuse: a message
/// that two parsers could read differently never gets through (docs/decisions/ says which cases).
namespace inferway::http {

/// A field line as it came: views into the head's bytes. The value is trimmed of OWS.
struct Field {
  std::string_view name;
  std::string_view value;
  FieldId id = FieldId::other;
  bool hop_by_hop = false;  ///< not to be forwarded: framing, connection control, or named by Connection
  bool plain = false;       ///< its line is the name, ": ", the value, CRLF; said by who parsed it alone
};

/// Where the fields of a head stand: on the heap, or in memory that a FieldStock lends.
class FieldMemory {
 public:
  // NOLINTBEGIN(readability-identifier-naming): std::allocator_traits looks for these
  using value_type = Field;
  using propagate_on_container_move_assignment = std::true_type;
  using propagate_on_container_swap = std::true_type;
  template <typename>
  struct rebind {
    using other = FieldMemory;
  };
  // NOLINTEND(readability-identifier-naming)
  static constexpr std::size_t kUsual = 24;  ///< fields in what is lent; an SDK sends about 17

  FieldMemory() = default;
  explicit FieldMemory(Slabs& lent) : lent_(&lent) {}
  [[nodiscard]] Field* allocate(std::size_t count) {
    bool const lent = lent_ != nullptr && count == kUsual;
    return static_cast<Field*>(lent ? lent_->take() : ::operator new(count * sizeof(Field)));
  }
  void deallocate(Field* fields, std::size_t count) {
    if (lent_ == nullptr || count != kUsual) return ::operator delete(fields);
    lent_->give_back(reinterpret_cast<char*>(fields));
  }
  [[nodiscard]] FieldMemory select_on_container_copy_construction() const { return {}; }
  [[nodiscard]] bool operator==(FieldMemory const&) const = default;

 private:
  Slabs* lent_ = nullptr;
};
using Fields = std::vector<Field, FieldMemory>;

/// How the end of a body is known. RFC 9112 section 6.3.
enum class BodyFraming : std::uint8_t { none, length, chunked, until_close };

struct HeadLimits {
  std::size_t bytes = 64 * 1024;
  std::size_t fields = 128;
};

/// Where a head ends, looked for as bytes arrive. `scanned` of the earlier call saves looking twice.
struct HeadEnd {
  std::size_t size = 0;     ///< bytes of the head with its empty line; 0: not there yet
  std::size_t scanned = 0;  ///< how far the search got
};

/// Errors: bad_request as soon as a line ends in a bare LF, a CR is not followed by LF, or another control is met.
/// CRLFs before a request line are the caller's to skip (leading_blank_lines).
[[nodiscard]] Result<HeadEnd> find_head_end(std::string_view bytes, std::size_t scanned);

/// Bytes of empty lines (CRLF) in front of a request line; a server ignores them (RFC 9112 section 2.2). At most 2
/// lines count; what is more is left for the parser to refuse.
[[nodiscard]] std::size_t leading_blank_lines(std::string_view bytes);

/// A request head. take() and parse() may be called again for the next one: the storage is kept.
class RequestHead {
 public:
  /// Takes apart the head at the front of `bytes`, whatever stands behind it, in one pass: what to try first. Returns
  /// its size. 0: it is not all there, not of the usual form, or a bad one; find_head_end() and parse() tell which, and
  /// parse() says of one that was taken just the same. The views point into `bytes`.
  [[nodiscard]] std::size_t take(std::string_view bytes, HeadLimits const& limits);
  /// Takes apart a whole head (with its empty line); the views point into `bytes`. Errors, all of side client:
  /// bad_request, header_too_large (field count), expectation_failed, unsupported_version, method_not_allowed
  /// (CONNECT, TRACE). RFC 9112 sections 3, 5, 6; RFC 9110 sections 5, 7.2.
  [[nodiscard]] Result<void> parse(std::string_view bytes, HeadLimits const& limits);

  /// The first field with that id, or nullptr.
  [[nodiscard]] Field const* find(FieldId id) const;
  /// The first field of that name (any case), or nullptr. Linear.
  [[nodiscard]] Field const* find(std::string_view name) const;
  /// For heads that are not read from bytes.
  void add(Field const& field) {
    ids.add(field.id);
    fields.push_back(field);
  }

  std::string_view method;
  std::string_view target;  ///< as it came
  std::string_view path;    ///< of origin-form, or cut out of absolute-form; "*" for OPTIONS *. Not normalised
  std::string_view query;   ///< without the '?'
  bool has_query = false;   ///< there was a '?', even with nothing behind it
  std::string_view host;    ///< of absolute-form, else of Host; "" only for HTTP/1.0
  int minor_version = 1;    ///< 0 or 1
  FieldSet ids;             ///< of its fields
  Fields fields;
  BodyFraming framing = BodyFraming::none;  ///< none, length or chunked
  std::uint64_t content_length = 0;
  bool keep_alive = true;        ///< the client would keep the connection
  bool expect_continue = false;  ///< never for HTTP/1.0
  bool upgrade = false;          ///< an Upgrade field with Connection: upgrade
};

/// A response head from a backend. Errors: bad_response, all of side upstream.
class ResponseHead {
 public:
  /// As that of a request.
  [[nodiscard]] std::size_t take(std::string_view bytes, HeadLimits const& limits, bool head_request);
  /// `head_request`: the request was HEAD, so there is no body. Refuses what parse() of a request refuses, and a
  /// status outside 100 to 599, Content-Length with Transfer-Encoding, a body that 204, 304 or 1xx must not have is
  /// framed as none. RFC 9112 sections 4, 6.3.
  [[nodiscard]] Result<void> parse(std::string_view bytes, HeadLimits const& limits, bool head_request);

  [[nodiscard]] Field const* find(FieldId id) const;
  [[nodiscard]] Field const* find(std::string_view name) const;

  int status = 0;
  std::string_view reason;
  int minor_version = 1;
  FieldSet ids;  ///< of its fields
  Fields fields;
  BodyFraming framing = BodyFraming::none;
  std::uint64_t content_length = 0;
  bool keep_alive = true;
  bool event_stream = false;  ///< Content-Type is text/event-stream, and no Content-Encoding hides the events
  bool ndjson = false;        ///< Content-Type is application/x-ndjson, likewise
};

/// RFC 9110 section 5.6.2: a non-empty token.
[[nodiscard]] bool is_token(std::string_view text);
/// A field value without controls other than HTAB (obs-text is let through). RFC 9110 section 5.5.
[[nodiscard]] bool is_field_value(std::string_view text);
/// host[:port] with a reg-name, IPv4 or bracketed IPv6 host; no userinfo. RFC 3986 section 3.2.
[[nodiscard]] bool is_authority(std::string_view text);

}  // namespace inferway::http
