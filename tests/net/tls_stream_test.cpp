// TLS streams against each other over a small socket: whatever the sizes and however little the kernel takes, the bytes
// arrive, once and in order.

#include "inferway/net/stream.hpp"
#include "inferway/net/task_group.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <random>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

namespace inferway::net {
namespace {

/// A certificate of its own for "peer.test", made by the openssl program once for all tests.
class TlsStreamTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    std::string name = "/tmp/inferway-tls-stream-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    directory() = name;
    auto const command = "cd " + name +
                         " && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout k.pem -out "
                         "c.pem -subj /CN=peer.test -addext subjectAltName=DNS:peer.test -days 2 2>/dev/null";
    ASSERT_EQ(std::system(command.c_str()), 0);  // NOLINT(cert-env33-c,concurrency-mt-unsafe): a fixed command
  }
  static void TearDownTestSuite() { std::filesystem::remove_all(directory()); }
  static std::string& directory() {
    static std::string path;
    return path;
  }
  static std::string file(char const* name) { return directory() + "/" + name; }

  TlsStreamTest() {
    std::array<int, 2> pair{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair.data()), 0);
    int const small = 4096;
    for (int const end : pair) ::setsockopt(end, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    server = std::make_unique<Stream>(loop, Descriptor(pair[0]));
    client = std::make_unique<Stream>(loop, Descriptor(pair[1]));
    config::ListenerTls listener;
    listener.identities.push_back({.cert = file("c.pem"), .key = file("k.pem"), .position = {}});
    auto const serving = TlsServerContext::load(listener, make_ticket_keys());
    config::BackendTls backend;
    backend.ca = file("c.pem");
    auto const connecting = TlsClientContext::load(backend);
    EXPECT_TRUE(serving && connecting);
    server->start_tls(*serving);
    client->start_tls({.context = *connecting, .server_name = "peer.test", .tickets = &tickets});
  }

  void run(std::vector<std::function<Task<>()>> const& bodies) {
    TaskGroup tasks(loop, [](std::exception_ptr const&) { ADD_FAILURE() << "exception"; });
    loop.post([&] {
      for (auto const& body : bodies) tasks.spawn(body());
      tasks.when_empty([&] { loop.stop(); });
    });
    loop.run();
  }

  static Task<> shake_hands(Stream& stream, Waiter& waiter) {
    while (true) {
      auto const done = stream.handshake();
      if (done) EXPECT_TRUE(done->has_value()) << done->error().detail;
      if (done) co_return;
      co_await waiter.wait();
    }
  }

  /// Sends all of `data` in pieces of random sizes, several a call, then says that this was all.
  Task<> send(Stream& stream, std::string const& data, std::uint64_t seed) {
    Waiter waiter(loop);
    stream.watch(&waiter);
    co_await shake_hands(stream, waiter);
    std::mt19937_64 random(seed);
    std::size_t at = 0;
    while (at < data.size()) {
      std::array<iovec, 5> pieces{};
      std::size_t next = at;
      for (auto& piece : pieces) {
        auto const size = std::min<std::size_t>(random() % (random() % 3 == 0 ? 60'000 : 700), data.size() - next);
        piece = {const_cast<char*>(data.data() + next), size};
        next += size;
      }
      auto const result = stream.try_write(pieces);
      EXPECT_NE(result.status, IoStatus::failed);
      if (result.status == IoStatus::failed) break;
      at += result.bytes;
      // What was not taken comes first again, as it must.
      if (at < next) co_await waiter.wait();
    }
    stream.shutdown_write();
    while (stream.closing()) co_await waiter.wait();
    stream.watch(nullptr);
  }

  Task<> receive(Stream& stream, std::string& got, std::uint64_t seed) {
    Waiter waiter(loop);
    stream.watch(&waiter);
    co_await shake_hands(stream, waiter);
    std::mt19937_64 random(seed);
    std::vector<char> room(70'000);
    while (true) {
      auto const size = 1 + random() % (random() % 2 == 0 ? 100 : room.size());
      auto const read = stream.try_read(std::span(room).first(size));
      if (read.status == IoStatus::ok) got.append(room.data(), read.bytes);
      if (read.status == IoStatus::closed) break;
      EXPECT_NE(read.status, IoStatus::failed);
      if (read.status == IoStatus::failed) break;
      if (read.status == IoStatus::blocked) co_await waiter.wait();
    }
    stream.watch(nullptr);
  }

  Loop loop;
  TlsTickets tickets;
  std::unique_ptr<Stream> server;
  std::unique_ptr<Stream> client;
};

TEST_F(TlsStreamTest, bytes_of_all_sizes_arrive_once_and_in_order) {
  std::string data(3'000'000, 0);
  std::mt19937_64 random(7);
  std::ranges::generate(data, [&] { return static_cast<char>(random()); });
  std::string got;
  run({[&] { return send(*server, data, 1); }, [&] { return receive(*client, got, 2); }});
  EXPECT_EQ(got.size(), data.size());
  EXPECT_TRUE(got == data);
  EXPECT_TRUE(client->hung_up());
}

TEST_F(TlsStreamTest, the_client_s_bytes_too) {
  std::string data(1'000'000, 0);
  std::mt19937_64 random(8);
  std::ranges::generate(data, [&] { return static_cast<char>(random()); });
  std::string got;
  run({[&] { return send(*client, data, 3); }, [&] { return receive(*server, got, 4); }});
  EXPECT_TRUE(got == data);
}

TEST_F(TlsStreamTest, what_waits_unread_is_seen_and_not_lost_when_the_end_is_looked_for) {
  run({[this]() -> Task<> {
         Waiter waiter(loop);
         server->watch(&waiter);
         co_await shake_hands(*server, waiter);
         iovec const piece{const_cast<char*>("hello"), 5};
         EXPECT_EQ(server->try_write({&piece, 1}).bytes, 5U);
         server->shutdown_write();
         server->watch(nullptr);
       },
       [this]() -> Task<> {
         Waiter waiter(loop);
         client->watch(&waiter);
         co_await shake_hands(*client, waiter);
         while (client->quiet()) co_await waiter.wait();
         std::array<char, 16> room{};
         auto read = client->try_read(room);
         while (read.status == IoStatus::blocked) {
           co_await waiter.wait();
           read = client->try_read(room);
         }
         EXPECT_EQ(std::string_view(room.data(), read.bytes), "hello");
         while (client->try_read(room).status == IoStatus::blocked) co_await waiter.wait();
         EXPECT_EQ(client->try_read(room).status, IoStatus::closed);
         client->watch(nullptr);
       }});
}

TEST_F(TlsStreamTest, an_end_of_the_connection_alone_is_no_end) {
  run({[this]() -> Task<> {
         Waiter waiter(loop);
         server->watch(&waiter);
         co_await shake_hands(*server, waiter);
         server.reset();
       },
       [this]() -> Task<> {
         Waiter waiter(loop);
         client->watch(&waiter);
         co_await shake_hands(*client, waiter);
         std::array<char, 16> room{};
         auto read = client->try_read(room);
         while (read.status == IoStatus::blocked) {
           co_await waiter.wait();
           read = client->try_read(room);
         }
         EXPECT_EQ(read.status, IoStatus::failed);
         EXPECT_EQ(client->tls_failure(), TlsFailure::closed);
         client->watch(nullptr);
       }});
}

}  // namespace
}  // namespace inferway::net
