#pragma once

#include "inferway/base/pool.hpp"
#include "inferway/policy/overload.hpp"
#include "inferway/policy/sha256.hpp"
#include "inferway/proxy/load_meter.hpp"
#include "inferway/proxy/mirrors.hpp"
#include "inferway/proxy/snapshot.hpp"
#include "inferway/server/downstream.hpp"
#include "inferway/telemetry/telemetry.hpp"
#include "inferway/upstream/upstream.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <utility>

namespace inferway::proxy {

/// What the proxies of all workers share: how many body bytes the process holds in memory.
struct BufferedBytes {
  std::atomic<std::uint64_t> held{0};
};

struct ClientRequest;
struct HeldBack;

/// Routes requests of one worker to backends and relays the answers.
class Proxy final : public server::Handler {
 public:
  Proxy(net::Loop& loop, Snapshot const& snapshot, upstream::Upstream& upstream, BufferedBytes& buffered,
        LoadMeter const& load, Mirrors& mirrors, telemetry::Shard& shard);
  ~Proxy() override;

  [[nodiscard]] net::Task<> serve(server::Downstream& downstream) override;

  /// Whoever works with a proxy, its snapshot or its upstream holds one of these: they last as long.
  class Use {
   public:
    explicit Use(Proxy& proxy) : proxy_(proxy) { ++proxy_.uses_; }
    Use(Use const&) = delete;
    Use& operator=(Use const&) = delete;
    ~Use() {
      if (--proxy_.uses_ == 0 && proxy_.when_unused_) proxy_.when_unused_();
    }

   private:
    Proxy& proxy_;
  };
  /// Gets no further requests. `when_unused` is called once those under way have ended, perhaps at once; the last Use
  /// is then still being destroyed.
  void retire(std::function<void()> when_unused) {
    when_unused_ = std::move(when_unused);
    if (uses_ == 0) when_unused_();
  }

 private:
  friend class Exchange;
  friend struct ClientRequest;
  net::Loop& loop_;
  Snapshot const& snapshot_;
  upstream::Upstream& upstream_;
  BufferedBytes& buffered_;
  LoadMeter const& load_;
  Mirrors& mirrors_;
  policy::Shedding shedding_;
  telemetry::Shard& shard_;
  policy::Sha256 sha256_;
  Pool<ClientRequest> requests_;
  Pool<HeldBack> held_back_;
  std::uint64_t uses_ = 0;
  std::function<void()> when_unused_;
};

}  // namespace inferway::proxy
