#include "inferway/policy/key_ring.hpp"

#include "inferway/base/text.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <cstring>

namespace inferway::policy {

namespace {

std::uint64_t front_of(Digest const& digest) {
  std::uint64_t front = 0;
  std::memcpy(&front, digest.data(), sizeof front);
  return front;
}

}  // namespace

Key::Key(config::StaticKey const& key)
    : name_(key.name),
      models_(key.models),
      any_model_(std::ranges::any_of(
          models_, [](auto const& glob) { return glob.find_first_not_of('*') == std::string::npos; })),
      rate_(key.rpm > 0 ? std::make_unique<RequestRate>(key.rpm) : nullptr) {}

bool Key::allows(std::string_view model) const {
  return any_model_ || std::ranges::any_of(models_, [&](auto const& glob) { return glob_match(glob, model); });
}

std::optional<RequestRate::Refusal> Key::count_request(TimePoint now) const {
  return rate_ ? rate_->take(now) : std::nullopt;
}

KeyRing::KeyRing(std::vector<config::StaticKey> const& keys) {
  keys_.reserve(keys.size());
  entries_.reserve(keys.size());
  for (auto const& key : keys) {
    entries_.push_back(
        {.front = front_of(key.sha256), .digest = key.sha256, .index = static_cast<std::uint32_t>(keys_.size())});
    keys_.emplace_back(key);
  }
  std::ranges::sort(entries_, {}, &Entry::front);
}

std::optional<std::uint32_t> KeyRing::find(std::string_view presented, Sha256& sha256) const {
  auto const digest = sha256.digest(presented);
  for (auto const& entry : std::ranges::equal_range(entries_, front_of(digest), {}, &Entry::front)) {
    if (CRYPTO_memcmp(entry.digest.data(), digest.data(), digest.size()) == 0) return entry.index;
  }
  return std::nullopt;
}

}  // namespace inferway::policy
