#pragma once

#include "inferway/config/config.hpp"
#include "inferway/policy/request_rate.hpp"
#include "inferway/policy/sha256.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace inferway::policy {

/// What the holder of a key may do.
class Key {
 public:
  /// `before`: what the configuration before knew under that name, whose rate it goes on with.
  explicit Key(config::StaticKey const& key, Key const* before = nullptr);

  [[nodiscard]] std::string_view name() const { return name_; }
  /// Whether it may use every model; if not, a request's model has to be known.
  [[nodiscard]] bool any_model() const { return any_model_; }
  [[nodiscard]] bool allows(std::string_view model) const;

  /// A request counts; nothing when it may go on. `limit()` of them a minute, 0: no limit.
  [[nodiscard]] std::optional<RequestRate::Refusal> count_request(TimePoint now) const;
  [[nodiscard]] std::uint32_t limit() const { return rate_ ? rate_->per_minute() : 0; }

 private:
  std::string name_;
  std::vector<std::string> models_;
  bool any_model_;
  std::shared_ptr<RequestRate> rate_;  ///< what all workers count on, under each configuration that has the key
};

/// The keys of `keys.static`, compiled for lookup by what a caller presents. Immutable but for the rates; shared by all
/// workers. Lookups take no lock.
class KeyRing {
 public:
  /// `before`: that of the configuration before, so that a reload gives nobody a fresh minute.
  explicit KeyRing(std::vector<config::StaticKey> const& keys, KeyRing const* before = nullptr);

  [[nodiscard]] bool empty() const { return keys_.empty(); }
  /// The index (in the order of the file) of the key whose hash is that of `presented`. It is looked for by the hash's
  /// first eight bytes, which tell a caller nothing that it could not compute; all 32 are then compared in constant
  /// time.
  [[nodiscard]] std::optional<std::uint32_t> find(std::string_view presented, Sha256& sha256) const;
  [[nodiscard]] Key const& operator[](std::uint32_t index) const { return keys_[index]; }

 private:
  struct Entry {
    std::uint64_t front;  ///< of the digest
    Digest digest;
    std::uint32_t index;
  };
  std::vector<Key> keys_;
  std::vector<Entry> entries_;  ///< by front
};

}  // namespace inferway::policy
