#include "inferway/server/client_table.hpp"

#include <numeric>

namespace inferway::server {

namespace {

/// Bits by which an IPv6 client is known.
constexpr unsigned kV6Prefix = 64;

IpAddress key_of(IpAddress const& client) { return client.is_v4() ? client : client.first_of(kV6Prefix); }

}  // namespace

ClientTable::Shard& ClientTable::shard_of(IpAddress const& key) {
  auto const& bytes = key.bytes();
  auto const mixed = std::accumulate(bytes.begin(), bytes.end(), std::size_t{0},
                                     [](std::size_t sum, std::uint8_t byte) { return sum * 31 + byte; });
  return shards_[mixed % kShards];
}

ClientTable::Entry& ClientTable::enter(Shard& shard, IpAddress const& key) {
  auto const [at, is_new] = shard.entries.try_emplace(key);
  auto& entry = at->second;
  if (is_new) entry.self = at;
  if (entry.remembered) shard.remembered.erase(*entry.remembered);
  entry.remembered.reset();
  ++entry.places;
  return entry;
}

std::optional<ClientTable::Place> ClientTable::connect(IpAddress const& client, std::uint32_t most) {
  auto const key = key_of(client);
  auto& shard = shard_of(key);
  std::lock_guard const lock(shard.mutex);
  auto const known = shard.entries.find(key);
  if (known != shard.entries.end() && known->second.connections >= most) return std::nullopt;
  auto& entry = enter(shard, key);
  ++entry.connections;
  return Place(*this, entry, true);
}

ClientTable::Place ClientTable::find(IpAddress const& client) {
  auto const key = key_of(client);
  auto& shard = shard_of(key);
  std::lock_guard const lock(shard.mutex);
  return Place(*this, enter(shard, key), false);
}

std::size_t ClientTable::size() {
  std::size_t out = 0;
  for (auto& shard : shards_) {
    std::lock_guard const lock(shard.mutex);
    out += shard.entries.size();
  }
  return out;
}

void ClientTable::leave(Entry& entry, bool connection) {
  auto& shard = shard_of(entry.self->first);
  auto const now = Clock::now();
  std::lock_guard const lock(shard.mutex);
  if (connection) --entry.connections;
  if (--entry.places > 0) return;
  if (policy::RateRule::is_full(entry.rate, now)) return forget(shard, entry);
  entry.remembered = shard.remembered.insert(shard.remembered.end(), &entry);
  bool const too_many = shard.remembered.size() > kRemembered / kShards;
  auto const& first = *shard.remembered.front();
  if (too_many || policy::RateRule::is_full(first.rate, now)) forget(shard, first);
}

void ClientTable::forget(Shard& shard, Entry const& entry) {
  if (entry.remembered) shard.remembered.erase(*entry.remembered);
  shard.entries.erase(entry.self);
}

}  // namespace inferway::server
