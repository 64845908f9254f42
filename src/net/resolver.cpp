#include "inferway/net/resolver.hpp"

#include "inferway/net/published.hpp"
#include "inferway/telemetry/log.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <netdb.h>
#include <system_error>
#include <thread>
#include <utility>

namespace inferway::net {

namespace {

/// However many connects fail: not more often than this.
constexpr Duration kLeastInterval = std::chrono::milliseconds(250);

}  // namespace

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

struct Name::State {
  std::string host;
  std::uint16_t port = 0;
  bool literal = false;
  Published<Addresses> addresses;
  std::atomic<bool> unknown{false};
  // The rest is guarded by Shared::mutex.
  TimePoint due{};
  TimePoint last{};
  bool busy = false;
  bool failing = false;
};

struct Resolver::Shared : std::enable_shared_from_this<Resolver::Shared> {
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<std::shared_ptr<Name::State>> names;
  std::function<void()> on_result;
  LookUp how;
  Duration interval{};
  int threads = 0;
  int busy = 0;
  bool stopping = false;

  void start_thread();
  void keep_one_ready();
  void work();
  std::shared_ptr<Name::State> next_due(std::unique_lock<std::mutex>& lock);
  bool store(Name::State& name, Addresses found);
  bool store_failure(Name::State& name);
};

std::shared_ptr<Addresses const> Name::addresses() const { return state_->addresses.load(); }
bool Name::unknown() const { return state_->unknown.load(); }

std::shared_ptr<Name> Name::fixed(std::optional<Address> const& address) {
  auto state = std::make_shared<State>();
  state->literal = true;
  state->unknown = !address.has_value();
  if (address) state->addresses.store(std::make_shared<Addresses const>(Addresses{*address}));
  return std::shared_ptr<Name>(new Name(std::move(state)));
}

Resolver::Resolver(std::function<void()> on_result, LookUp how, Duration interval)
    : shared_(std::make_shared<Shared>()) {
  shared_->on_result = std::move(on_result);
  shared_->how = std::move(how);
  shared_->interval = interval;
  std::lock_guard const lock(shared_->mutex);
  shared_->start_thread();
}

Resolver::~Resolver() {
  std::lock_guard const lock(shared_->mutex);
  shared_->stopping = true;
  shared_->on_result = nullptr;
  shared_->changed.notify_all();
}

std::shared_ptr<Name> Resolver::add(std::string const& host, std::uint16_t port) {
  if (auto const literal = Address::literal(host, port)) return Name::fixed(literal);
  std::lock_guard const lock(shared_->mutex);
  for (auto const& known : shared_->names) {
    if (known->host == host && known->port == port) return std::shared_ptr<Name>(new Name(known));
  }
  auto state = std::make_shared<Name::State>();
  state->host = host;
  state->port = port;
  shared_->names.push_back(state);
  shared_->changed.notify_one();
  return std::shared_ptr<Name>(new Name(std::move(state)));
}

void Resolver::refresh(Name const& name) {
  if (name.state_->literal) return;
  std::lock_guard const lock(shared_->mutex);
  name.state_->due = std::min(name.state_->due, name.state_->last + kLeastInterval);
  shared_->changed.notify_one();
}

/// Detached, with a share in the state: a lookup that hangs must not hold up the end of the process.
void Resolver::Shared::start_thread() {
  std::thread([shared = shared_from_this()] { shared->work(); }).detach();
  ++threads;
}

void Resolver::Shared::keep_one_ready() {
  if (busy < threads || threads >= kMostThreads) return;
  try {
    start_thread();
  } catch (std::system_error const& error) {
    // This one goes on by itself, and the next lookup tries again.
    telemetry::log_warn("no further thread for looking up names: " + std::string(error.what()));
  }
}

void Resolver::Shared::work() {
  std::unique_lock lock(mutex);
  while (!stopping && threads - busy <= kMostIdleThreads) {
    auto const name = next_due(lock);
    if (name == nullptr) continue;
    name->busy = true;
    ++busy;
    keep_one_ready();
    lock.unlock();
    auto found = how(name->host, name->port);
    lock.lock();
    --busy;
    name->busy = false;
    name->last = Clock::now();
    name->due = name->last + interval;
    bool const news = found ? store(*name, std::move(*found)) : store_failure(*name);
    if (news && on_result) on_result();
  }
  --threads;
}

/// The name that has been due the longest, or nullptr after having waited for the next one.
std::shared_ptr<Name::State> Resolver::Shared::next_due(std::unique_lock<std::mutex>& lock) {
  // A name that nobody but this list holds belongs to a configuration that is gone.
  std::erase_if(names, [](auto const& name) { return name.use_count() == 1; });
  std::shared_ptr<Name::State> first;
  for (auto const& name : names) {
    if (!name->busy && (first == nullptr || name->due < first->due)) first = name;
  }
  auto const now = Clock::now();
  if (first != nullptr && first->due <= now) return first;
  auto const until = first == nullptr ? now + interval : first->due;
  first.reset();  // a thread that waits holds no name, else it would seem to be somebody's
  changed.wait_until(lock, until);
  return nullptr;
}

bool Resolver::Shared::store(Name::State& name, Addresses found) {
  auto const before = name.addresses.load();
  if (std::exchange(name.failing, false))
    telemetry::log_info("the name of an endpoint is resolved again: " + name.host);
  name.unknown = false;
  if (before != nullptr && *before == found) return false;
  // Only their order: some name servers turn it at each answer.
  bool const same = before != nullptr && std::ranges::is_permutation(*before, found);
  name.addresses.store(std::make_shared<Addresses const>(std::move(found)));
  if (before != nullptr && !same) {
    telemetry::log(config::LogLevel::debug, "the addresses of an endpoint's name have changed: " + name.host);
  }
  return true;
}

/// What was found before stays: it may answer still, and if it does not, nothing is lost.
bool Resolver::Shared::store_failure(Name::State& name) {
  bool const known = name.addresses.load() != nullptr;
  if (!std::exchange(name.failing, true)) {
    telemetry::log_warn("the name of an endpoint cannot be resolved: " + name.host +
                        (known ? "; its last addresses are kept" : ""));
  }
  return !known && !name.unknown.exchange(true);
}

}  // namespace inferway::net
