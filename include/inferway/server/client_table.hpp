#pragma once

#include "inferway/base/clock.hpp"
#include "inferway/base/ip_address.hpp"
#include "inferway/policy/request_rate.hpp"

#include <array>
#include <cstdint>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace inferway::server {

/// What is known of clients by their address, for all workers together: how many connections each has, exactly, and
/// how many requests it may still make. An IPv6 client is its /64: who has one address there has them all.
///
/// Locked when a connection begins and ends, not for its requests. Clients with connections are held in any case
/// (limits.connections bounds these); of others those are remembered that have made requests lately, up to
/// kRemembered. When there are more, the one that left first is forgotten: it may then make all its requests again.
class ClientTable {
  struct Entry;

 public:
  static constexpr std::size_t kRemembered = 65'536;

  /// A client's place in the table, kept while this lives.
  class Place {
   public:
    Place() = default;
    Place(Place&& other) noexcept
        : table_(std::exchange(other.table_, nullptr)), entry_(other.entry_), connection_(other.connection_) {}
    Place& operator=(Place&& other) noexcept {
      Place old(std::move(*this));
      table_ = std::exchange(other.table_, nullptr);
      entry_ = other.entry_;
      connection_ = other.connection_;
      return *this;
    }
    ~Place() {
      if (table_ != nullptr) table_->leave(*entry_, connection_);
    }

    explicit operator bool() const { return table_ != nullptr; }
    /// For RateRule::take(); shared by all places of the client.
    [[nodiscard]] policy::RateRule::State& rate() const { return entry_->rate; }

   private:
    friend class ClientTable;
    Place(ClientTable& table, Entry& entry, bool connection)
        : table_(&table), entry_(&entry), connection_(connection) {}

    ClientTable* table_ = nullptr;
    Entry* entry_ = nullptr;
    bool connection_ = false;
  };

  /// For one more connection of this client; nothing when it has `most` already.
  [[nodiscard]] std::optional<Place> connect(IpAddress const& client, std::uint32_t most);
  /// For a request of a client that has no connection of its own here.
  [[nodiscard]] Place find(IpAddress const& client);
  /// Clients it knows, with connections or without.
  [[nodiscard]] std::size_t size();

 private:
  static constexpr std::size_t kShards = 64;

  using Entries = std::map<IpAddress, Entry>;  // not hashed: addresses are the clients' choice
  struct Entry {
    Entries::iterator self;
    std::optional<std::list<Entry*>::iterator> remembered;  ///< among those without a place
    std::uint32_t places = 0;
    std::uint32_t connections = 0;
    policy::RateRule::State rate{policy::RateRule::kFull};
  };
  struct Shard {
    std::mutex mutex;
    Entries entries;
    std::list<Entry*> remembered;  ///< who left first stands first
  };

  [[nodiscard]] Shard& shard_of(IpAddress const& key);
  [[nodiscard]] static Entry& enter(Shard& shard, IpAddress const& key);
  void leave(Entry& entry, bool connection);
  static void forget(Shard& shard, Entry const& entry);

  std::array<Shard, kShards> shards_;
};

}  // namespace inferway::server
