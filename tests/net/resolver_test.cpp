#include "inferway/net/resolver.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

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
