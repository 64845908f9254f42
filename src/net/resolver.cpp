#include "inferway/net/resolver.hpp"

#include "inferway/base/clock.hpp"
#include "inferway/telemetry/log.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <netdb.h>
#include <optional>
#include <thread>

namespace inferway::net {

namespace {

constexpr Duration kInterval = std::chrono::seconds(5);
/// However many connects fail: not more often than this.
constexpr Duration kLeastInterval = std::chrono::milliseconds(250);

std::optional<Addresses> look_up(std::string const& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list) != 0) return std::nullopt;
  Addresses found;
  for (auto const* item = list; item != nullptr; item = item->ai_next) {
    found.emplace_back(item->ai_addr, item->ai_addrlen);
  }
  ::freeaddrinfo(list);
  if (found.empty()) return std::nullopt;
  return found;
}

bool same(Addresses const& a, Addresses const& b) {
  return std::ranges::equal(a, b, [](Address const& x, Address const& y) {
    return x.size() == y.size() && std::memcmp(x.data(), y.data(), x.size()) == 0;
  });
}

}  // namespace

struct Name::State {
  std::string host;
  std::uint16_t port = 0;
  bool literal = false;
  std::atomic<std::shared_ptr<Addresses const>> addresses;  // read at each dial, not at each request
  std::atomic<bool> unknown{false};
  // The rest is guarded by Shared::mutex.
  TimePoint due{};
  TimePoint last{};
  bool busy = false;
};

struct Resolver::Shared {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::shared_ptr<Name::State>> names;
  std::function<void()> on_result;
  bool stopping = false;

  void work();
  std::shared_ptr<Name::State> next_due(std::unique_lock<std::mutex>& lock);
  bool store(Name::State& name, std::optional<Addresses> found);
};

std::shared_ptr<Addresses const> Name::addresses() const { return state_->addresses.load(); }
bool Name::unknown() const { return state_->unknown.load(); }

Resolver::Resolver(std::function<void()> on_result) : shared_(std::make_shared<Shared>()) {
  shared_->on_result = std::move(on_result);
  for (int i = 0; i < kThreads; ++i) {
    // Detached, with a share in the state: a lookup that hangs must not hold up the end of the process.
    std::thread([shared = shared_] { shared->work(); }).detach();
  }
}

Resolver::~Resolver() {
  std::lock_guard const lock(shared_->mutex);
  shared_->stopping = true;
  shared_->on_result = nullptr;
  shared_->changed.notify_all();
}

std::shared_ptr<Name> Resolver::add(std::string const& host, std::uint16_t port) {
  auto state = std::make_shared<Name::State>();
  state->host = host;
  state->port = port;
  if (auto const literal = Address::literal(host, port)) {
    state->literal = true;
    state->addresses = std::make_shared<Addresses const>(Addresses{*literal});
  } else {
    std::lock_guard const lock(shared_->mutex);
    shared_->names.push_back(state);
    shared_->changed.notify_one();
  }
  return std::shared_ptr<Name>(new Name(std::move(state)));
}

void Resolver::refresh(Name const& name) {
  if (name.state_->literal) return;
  std::lock_guard const lock(shared_->mutex);
  name.state_->due = std::min(name.state_->due, name.state_->last + kLeastInterval);
  shared_->changed.notify_one();
}

void Resolver::Shared::work() {
  std::unique_lock lock(mutex);
  while (!stopping) {
    auto const name = next_due(lock);
    if (name == nullptr) continue;
    name->busy = true;
    lock.unlock();
    auto found = look_up(name->host, name->port);
    lock.lock();
    name->busy = false;
    name->last = Clock::now();
    name->due = name->last + kInterval;
    bool const news = store(*name, std::move(found));
    if (news && on_result) on_result();
  }
}

/// The name that is due, or nullptr after having waited for the next one.
std::shared_ptr<Name::State> Resolver::Shared::next_due(std::unique_lock<std::mutex>& lock) {
  // A name that nobody but this list holds belongs to a configuration that is gone.
  std::erase_if(names, [](auto const& name) { return name.use_count() == 1; });
  auto const now = Clock::now();
  auto soonest = now + kInterval;
  for (auto const& name : names) {
    if (name->busy) continue;
    if (name->due <= now) return name;
    soonest = std::min(soonest, name->due);
  }
  changed.wait_until(lock, soonest);
  return nullptr;
}

bool Resolver::Shared::store(Name::State& name, std::optional<Addresses> found) {
  auto const before = name.addresses.load();
  if (!found) {
    if (before != nullptr || name.unknown.load()) return false;
    telemetry::log_warn("the name of an endpoint cannot be resolved: " + name.host);
    name.unknown = true;
    return true;
  }
  name.unknown = false;
  if (before != nullptr && same(*before, *found)) return false;
  name.addresses = std::make_shared<Addresses const>(std::move(*found));
  return true;
}

}  // namespace inferway::net
