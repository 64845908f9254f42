#include "inferway/net/resolver.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <set>

namespace inferway::net {
namespace {

/// Waits, bounded, until a resolver has told of a result.
struct Results {
  void tell() {
    std::lock_guard const lock(mutex);
    ++count;
    changed.notify_all();
  }
  bool wait_for(int wanted) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(20), [&] { return count >= wanted; });
  }
  std::mutex mutex;
  std::condition_variable changed;
  int count = 0;
};

/// A name server of the test's own. Shared with the resolver, whose threads may outlive the test.
class Names : public std::enable_shared_from_this<Names> {
 public:
  /// Answers from now on so: an address, "" for a failure, "hang" for no answer until let_go().
  void set(std::string const& host, std::string const& answer) {
    std::lock_guard const lock(mutex_);
    answers_[host] = answer;
  }
  void let_go() {
    std::lock_guard const lock(mutex_);
    let_go_ = true;
    changed_.notify_all();
  }
  LookUp how() {
    return
        [self = shared_from_this()](std::string const& host, std::uint16_t port) { return self->look_up(host, port); };
  }
  /// Waits until so many lookups of a name have begun.
  bool wait_for(std::string const& host, int wanted) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return asked_[host] >= wanted; });
  }
  int asked(std::string const& host) {
    std::lock_guard const lock(mutex_);
    return asked_[host];
  }

 private:
  std::optional<Addresses> look_up(std::string const& host, std::uint16_t port) {
    std::unique_lock lock(mutex_);
    ++asked_[host];
    changed_.notify_all();
    if (answers_[host] == "hang") {
      changed_.wait(lock, [&] { return let_go_; });
      return std::nullopt;
    }
    auto const address = Address::literal(answers_[host], port);
    return address ? std::optional(Addresses{*address}) : std::nullopt;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::string> answers_;
  std::map<std::string, int> asked_;
  bool let_go_ = false;
};

constexpr Duration kNever = std::chrono::hours(1);
constexpr Duration kOften = std::chrono::milliseconds(1);

struct NamesTest : testing::Test {
  ~NamesTest() override { names->let_go(); }
  std::shared_ptr<Names> names = std::make_shared<Names>();
  Results results;
  std::string first_of(Name const& name) { return name.addresses() ? name.addresses()->front().host_text() : ""; }
};

TEST_F(NamesTest, addresses_that_change_are_followed) {
  names->set("a", "10.0.0.1");
  Resolver resolver([&] { results.tell(); }, names->how(), kOften);
  auto const name = resolver.add("a", 80);
  ASSERT_TRUE(results.wait_for(1));
  EXPECT_EQ(first_of(*name), "10.0.0.1");
  names->set("a", "10.0.0.2");
  ASSERT_TRUE(results.wait_for(2));
  EXPECT_EQ(first_of(*name), "10.0.0.2");
}

TEST_F(NamesTest, a_lookup_that_fails_keeps_the_last_addresses) {
  names->set("a", "10.0.0.1");
  Resolver resolver([&] { results.tell(); }, names->how(), kOften);
  auto const name = resolver.add("a", 80);
  ASSERT_TRUE(results.wait_for(1));
  names->set("a", "");
  ASSERT_TRUE(names->wait_for("a", names->asked("a") + 3));
  EXPECT_EQ(first_of(*name), "10.0.0.1");
  EXPECT_FALSE(name->unknown());
  names->set("a", "10.0.0.3");
  ASSERT_TRUE(results.wait_for(2));
  EXPECT_EQ(first_of(*name), "10.0.0.3");
}

TEST_F(NamesTest, a_name_that_is_unknown_at_first_comes_up_later) {
  Resolver resolver([&] { results.tell(); }, names->how(), kOften);
  auto const name = resolver.add("a", 80);
  ASSERT_TRUE(results.wait_for(1));
  EXPECT_TRUE(name->unknown());
  names->set("a", "10.0.0.1");
  ASSERT_TRUE(results.wait_for(2));
  EXPECT_FALSE(name->unknown());
  EXPECT_EQ(first_of(*name), "10.0.0.1");
}

TEST_F(NamesTest, it_is_looked_up_at_once_when_asked) {
  names->set("a", "10.0.0.1");
  Resolver resolver([&] { results.tell(); }, names->how(), kNever);
  auto const name = resolver.add("a", 80);
  ASSERT_TRUE(results.wait_for(1));
  names->set("a", "10.0.0.2");
  resolver.refresh(*name);
  ASSERT_TRUE(results.wait_for(2));
  EXPECT_EQ(first_of(*name), "10.0.0.2");
}

TEST_F(NamesTest, a_lookup_that_hangs_holds_up_no_other_name) {
  names->set("good", "10.0.0.1");
  Resolver resolver([&] { results.tell(); }, names->how(), kOften);
  std::vector<std::shared_ptr<Name>> kept;
  for (int i = 0; i < Resolver::kMostThreads - 1; ++i) {
    auto const host = "hanging-" + std::to_string(i);
    names->set(host, "hang");
    kept.push_back(resolver.add(host, 80));
    ASSERT_TRUE(names->wait_for(host, 1)) << host;
  }
  auto const good = resolver.add("good", 80);
  ASSERT_TRUE(results.wait_for(1));
  EXPECT_EQ(first_of(*good), "10.0.0.1");
  EXPECT_EQ(kept.front()->addresses(), nullptr);
  EXPECT_FALSE(kept.front()->unknown());
  ASSERT_TRUE(names->wait_for("good", 5));  // and it is looked up again
}

TEST_F(NamesTest, more_names_than_threads_all_have_their_turn) {
  // The interval is so short that names are due again before the others had their first turn.
  Resolver resolver([&] { results.tell(); }, names->how(), kOften);
  std::vector<std::shared_ptr<Name>> kept;
  for (int i = 0; i < 10 * Resolver::kMostThreads; ++i) {
    auto const host = "name-" + std::to_string(i);
    names->set(host, "10.0.0.1");
    kept.push_back(resolver.add(host, 80));
  }
  for (int i = 0; i < 10 * Resolver::kMostThreads; ++i) ASSERT_TRUE(names->wait_for("name-" + std::to_string(i), 2));
}

TEST_F(NamesTest, the_same_host_and_port_is_one_name) {
  names->set("a", "10.0.0.1");
  Resolver resolver([&] { results.tell(); }, names->how(), kNever);
  auto const one = resolver.add("a", 80);
  ASSERT_TRUE(results.wait_for(1));
  auto const same = resolver.add("a", 80);
  EXPECT_EQ(first_of(*same), "10.0.0.1");
  auto const other = resolver.add("a", 81);
  ASSERT_TRUE(results.wait_for(2));
  EXPECT_EQ(names->asked("a"), 2);
  EXPECT_EQ(other->addresses()->front().port(), 81);
}

TEST_F(NamesTest, a_name_nobody_holds_is_not_looked_up_any_more) {
  names->set("gone", "10.0.0.1");
  names->set("kept", "10.0.0.1");
  Resolver resolver([&] { results.tell(); }, names->how(), kOften);
  auto const kept = resolver.add("kept", 80);
  auto gone = resolver.add("gone", 80);
  ASSERT_TRUE(results.wait_for(2));
  gone.reset();
  ASSERT_TRUE(names->wait_for("kept", names->asked("kept") + 2));
  auto const asked = names->asked("gone");
  ASSERT_TRUE(names->wait_for("kept", names->asked("kept") + 20));
  EXPECT_LE(names->asked("gone"), asked + 1);
}

TEST_F(NamesTest, the_end_does_not_wait_for_a_lookup) {
  names->set("a", "hang");
  {
    Resolver resolver([&] { results.tell(); }, names->how(), kOften);
    auto const name = resolver.add("a", 80);
    ASSERT_TRUE(names->wait_for("a", 1));
  }
  names->let_go();
  EXPECT_EQ(results.count, 0);
}

TEST(NameTest, of_a_unix_socket_never_changes) {
  EXPECT_EQ(Name::fixed(Address::unix_path("/x"))->addresses()->front().path(), "/x");
  EXPECT_TRUE(Name::fixed(std::nullopt)->unknown());
}

TEST(ResolverTest, knows_a_literal_address_at_once) {
  Resolver resolver([] {});
  auto const name = resolver.add("127.0.0.1", 80);
  ASSERT_NE(name->addresses(), nullptr);
  EXPECT_EQ(name->addresses()->front().host_text(), "127.0.0.1");
  EXPECT_FALSE(name->unknown());
}

TEST(ResolverTest, finds_localhost_in_the_background) {
  Results results;
  Resolver resolver([&] { results.tell(); });
  auto const name = resolver.add("localhost", 8080);
  ASSERT_TRUE(results.wait_for(1));
  ASSERT_NE(name->addresses(), nullptr);
  EXPECT_EQ(name->addresses()->front().port(), 8080);
}

TEST(ResolverTest, tells_of_a_name_that_does_not_exist) {
  Results results;
  Resolver resolver([&] { results.tell(); });
  auto const name = resolver.add("no-such-host.invalid", 80);
  ASSERT_TRUE(results.wait_for(1));
  EXPECT_EQ(name->addresses(), nullptr);
  EXPECT_TRUE(name->unknown());
}

}  // namespace
}  // namespace inferway::net
