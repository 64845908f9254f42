#pragma once

#include "inferway/http/head.hpp"

#include <array>
#include <cstdint>
#include <cstring>

/// Which fields are known.
namespace inferway::http {

/// In lower case.
struct KnownField {
  std::string_view name;
  FieldId id;
};

inline constexpr KnownField kKnownFields[] = {
    {"accept-encoding", FieldId::accept_encoding},
    {"api-key", FieldId::api_key},
    {"authorization", FieldId::authorization},
    {"connection", FieldId::connection},
    {"content-encoding", FieldId::content_encoding},
    {"content-length", FieldId::content_length},
    {"content-type", FieldId::content_type},
    {"cookie", FieldId::cookie},
    {"date", FieldId::date},
    {"expect", FieldId::expect},
    {"host", FieldId::host},
    {"keep-alive", FieldId::keep_alive},
    {"proxy-authenticate", FieldId::proxy_authenticate},
    {"proxy-authorization", FieldId::proxy_authorization},
    {"proxy-connection", FieldId::proxy_connection},
    {"retry-after", FieldId::retry_after},
    {"sec-websocket-accept", FieldId::sec_websocket_accept},
    {"sec-websocket-extensions", FieldId::sec_websocket_extensions},
    {"sec-websocket-key", FieldId::sec_websocket_key},
    {"sec-websocket-protocol", FieldId::sec_websocket_protocol},
    {"sec-websocket-version", FieldId::sec_websocket_version},
    {"te", FieldId::te},
    {"trailer", FieldId::trailer},
    {"transfer-encoding", FieldId::transfer_encoding},
    {"upgrade", FieldId::upgrade},
    {"via", FieldId::via},
    {"x-accel-buffering", FieldId::x_accel_buffering},
    {"x-api-key", FieldId::x_api_key},
    {"x-forwarded-for", FieldId::x_forwarded_for},
    {"x-forwarded-host", FieldId::x_forwarded_host},
    {"x-forwarded-proto", FieldId::x_forwarded_proto},
    {"x-goog-api-key", FieldId::x_goog_api_key},
    {"x-inferway-attempts", FieldId::x_inferway_attempts},
    {"x-request-id", FieldId::x_request_id},
};

inline constexpr std::size_t kSlots = 256;

/// Where a name stands in the table, if it is known: by its length and its ends, of which case takes no part. The
/// factors are such that no two known names meet; the table does not compile otherwise.
[[nodiscard]] constexpr std::size_t slot_of(std::string_view name) {
  auto const lowered = [](char c) { return static_cast<unsigned char>(c) | 0x20U; };
  return (lowered(name.front()) + 2 * (name.size() + std::size_t{5} * lowered(name.back()))) % kSlots;
}

inline constexpr std::array<KnownField, kSlots> kFieldTable = [] {
  std::array<KnownField, kSlots> table{};
  for (auto const& field : kKnownFields) {
    auto& slot = table[slot_of(field.name)];
    if (!slot.name.empty()) throw "two known fields have the same slot";
    for (char const c : field.name) {
      if (c != '-' && (c < 'a' || c > 'z')) throw "same() knows letters and '-' alone";
    }
    slot = field;
  }
  return table;
}();

/// Whether a word of `name` differs from one of `lower_case`, which is letters and '-': bit 6 tells them apart, and
/// only where a letter stands may bit 5 differ.
template <typename Word>
[[nodiscard]] inline bool differ(char const* name, char const* lower_case) {
  Word given;
  Word known;
  std::memcpy(&given, name, sizeof given);
  std::memcpy(&known, lower_case, sizeof known);
  constexpr auto kBit6 = static_cast<Word>(0x4040'4040'4040'4040U);
  return (given | static_cast<Word>((known & kBit6) >> 1)) != known;
}

template <typename Word>
[[nodiscard]] inline bool equal_but_for_case(std::string_view name, char const* lower_case) {
  constexpr std::size_t kWord = sizeof(Word);
  auto const last = name.size() - kWord;  // overlaps with the one before
  for (std::size_t i = 0; i < last; i += kWord) {
    if (differ<Word>(name.data() + i, lower_case + i)) return false;
  }
  return !differ<Word>(name.data() + last, lower_case + last);
}

/// Both have the same length, which is 2 at least.
[[nodiscard]] inline bool same(std::string_view name, std::string_view lower_case) {
  char const* const known = lower_case.data();
  if (name.size() >= 8) return equal_but_for_case<std::uint64_t>(name, known);
  if (name.size() >= 4) return equal_but_for_case<std::uint32_t>(name, known);
  return equal_but_for_case<std::uint16_t>(name, known);
}

/// field_id() for the parser's own loop.
[[nodiscard, gnu::always_inline]] inline FieldId known_field_id(std::string_view name) {
  if (name.empty()) return FieldId::other;
  auto const& known = kFieldTable.data()[slot_of(name)];
  if (known.name.size() != name.size() || !same(name, known.name)) return FieldId::other;
  return known.id;
}

}  // namespace inferway::http
