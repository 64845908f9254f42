#include "inferway/policy/key_ring.hpp"

#include "inferway/base/text.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <cstring>
#include <unordered_map>

namespace inferway::policy {

namespace {

std::uint64_t front_of(Digest const& digest) {
  std::uint64_t front = 0;
  std::memcpy(&front, digest.data(), sizeof front);
  return front;
}

std::shared_ptr<RequestRate> rate_of(std::uint32_t rpm, std::shared_ptr<RequestRate> const& before) {
  if (rpm == 0) return nullptr;
  if (before == nullptr) return std::make_shared<RequestRate>(rpm);
  return before->per_minute() == rpm ? before : std::make_shared<RequestRate>(rpm, *before);
}

}  // namespace

Key::Key(config::StaticKey const& key, Key const* before)
    : name_(key.name),
      models_(key.models),
      any_model_(std::ranges::any_of(
          models_, [](auto const& glob) { return glob.find_first_not_of('*') == std::string::npos; })),
      rate_(rate_of(key.rpm, before == nullptr ? nullptr : before->rate_)) {}

bool Key::allows(std::string_view model) const {
  return any_model_ || std::ranges::any_of(models_, [&](auto const& glob) { return glob_match(glob, model); });
}

std::optional<RequestRate::Refusal> Key::count_request(TimePoint now) const {
  return rate_ ? rate_->take(now) : std::nullopt;
}

KeyRing::KeyRing(std::vector<config::StaticKey> const& keys, KeyRing const* before) {
  std::unordered_map<std::string_view, Key const*> known;
  if (before != nullptr) {
    for (auto const& key : before->keys_) known.emplace(key.name(), &key);
  }
  keys_.reserve(keys.size());
  entries_.reserve(keys.size());
  for (auto const& key : keys) {
    entries_.push_back(
        {.front = front_of(key.sha256), .digest = key.sha256, .index = static_cast<std::uint32_t>(keys_.size())});
    auto const earlier = known.find(key.name);
    keys_.emplace_back(key, earlier == known.end() ? nullptr : earlier->second);
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
