#include "inferway/net/stream.hpp"

#include "inferway/net/listener.hpp"
#include "inferway/net/task_group.hpp"

#include <gtest/gtest.h>

#include <array>
#include <fcntl.h>
#include <functional>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

namespace inferway::net {
namespace {

/// A stream on one end of a socket pair; the test holds the other.
class StreamTest : public testing::Test {
 protected:
  StreamTest() {
    std::array<int, 2> pair{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()), 0);
    ::fcntl(pair[0], F_SETFL, O_NONBLOCK);
    stream = std::make_unique<Stream>(loop, Descriptor(pair[0]));
    peer = Descriptor(pair[1]);
  }

  /// Runs a coroutine on the loop to its end.
  void run(std::function<Task<>()> const& body) {
    TaskGroup tasks(loop, [](std::exception_ptr const&) { ADD_FAILURE() << "exception"; });
    loop.post([&] {
      tasks.spawn(body());
      tasks.when_empty([&] { loop.stop(); });
    });
    loop.run();
  }

  Loop loop;
  std::unique_ptr<Stream> stream;
  Descriptor peer;
};

TEST_F(StreamTest, reads_what_the_peer_sent_and_then_its_end) {
  run([this]() -> Task<> {
    Waiter waiter(loop);
    stream->watch(&waiter);
    EXPECT_EQ(::write(peer.get(), "hello", 5), 5);
    ::shutdown(peer.get(), SHUT_WR);
    std::string got;
    std::array<char, 3> room{};
    while (true) {
      auto const read = stream->try_read(room);
      if (read.status == IoStatus::closed) break;
      if (read.status == IoStatus::ok) got.append(room.data(), read.bytes);
      if (read.status == IoStatus::blocked) co_await waiter.wait();
    }
    EXPECT_EQ(got, "hello");
    EXPECT_TRUE(stream->hung_up());
    stream->watch(nullptr);
  });
}

TEST_F(StreamTest, knows_that_the_peer_left_behind_unread_bytes) {
  run([this]() -> Task<> {
    Waiter waiter(loop);
    stream->watch(&waiter);
    EXPECT_EQ(::write(peer.get(), "unread", 6), 6);
    peer.close();
    while (!stream->hung_up()) co_await waiter.wait();
    std::array<char, 16> room{};
    EXPECT_EQ(stream->try_read(room).bytes, 6U);
    stream->watch(nullptr);
  });
}

TEST_F(StreamTest, a_full_pipe_blocks_until_the_peer_reads) {
  run([this]() -> Task<> {
    Waiter waiter(loop);
    stream->watch(&waiter);
    std::string const data(1 << 16, 'x');
    iovec const piece{const_cast<char*>(data.data()), data.size()};
    std::size_t sent = 0;
    while (true) {
      auto const result = stream->try_write({&piece, 1});
      if (result.status == IoStatus::blocked) break;
      sent += result.bytes;
    }
    EXPECT_FALSE(stream->writable());
    std::string got(sent, 0);
    for (std::size_t at = 0; at < sent;) {
      auto const n = ::read(peer.get(), got.data() + at, sent - at);
      if (n <= 0) break;
      at += static_cast<std::size_t>(n);
    }
    while (!stream->writable()) co_await waiter.wait();
    EXPECT_EQ(stream->try_write({&piece, 1}).status, IoStatus::ok);
    stream->watch(nullptr);
  });
}

TEST_F(StreamTest, writing_to_a_peer_that_left_fails_and_can_be_read_of) {
  run([this]() -> Task<> {
    peer.close();
    iovec const piece{const_cast<char*>("x"), 1};
    EXPECT_FALSE(stream->broken());
    EXPECT_EQ(stream->try_write({&piece, 1}).status, IoStatus::failed);
    EXPECT_TRUE(stream->broken());
    std::array<char, 4> room{};
    auto const read = stream->try_read(room);
    EXPECT_TRUE(read.status == IoStatus::closed || read.status == IoStatus::failed);
    co_return;
  });
}

TEST_F(StreamTest, connects_to_a_listener_and_tells_of_a_refusal) {
  auto const any = *Address::literal("127.0.0.1", 0);
  auto listening = listen_on(any, "127.0.0.1:0");
  auto const to = *Address::literal("127.0.0.1", bound_port(listening));
  auto const outcome = [this](Address address, bool& connected) -> Task<> {
    Waiter waiter(loop);
    auto dialled = Stream::connect(loop, address);
    if (!dialled) co_return;
    (*dialled)->watch(&waiter);
    while (!(*dialled)->connected()) co_await waiter.wait();
    connected = true;
    std::array<char, 1> room{};
    connected = (*dialled)->try_read(room).status == IoStatus::blocked;
  };
  run([&, outcome]() -> Task<> {
    bool connected = false;
    co_await outcome(to, connected);
    EXPECT_TRUE(connected);
    listening.close();
    bool again = false;
    Waiter waiter(loop);
    auto dialled = Stream::connect(loop, to);
    if (dialled) {
      (*dialled)->watch(&waiter);
      std::optional<Result<void>> result;
      while (!(result = (*dialled)->connected())) co_await waiter.wait();
      again = result->has_value();
    }
    EXPECT_FALSE(again);
  });
}

}  // namespace
}  // namespace inferway::net
