#include "inferway/net/listener.hpp"

#include <gtest/gtest.h>

#include <sys/socket.h>
#include <system_error>
#include <vector>

namespace inferway::net {
namespace {

Descriptor connect_to(Address const& to) {
  Descriptor socket(::socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  return ::connect(socket.get(), to.data(), to.size()) == 0 ? std::move(socket) : Descriptor();
}

Address literal(char const* host, std::uint16_t port) { return Address::literal(host, port).value(); }

bool has_ipv6() {
  Descriptor const socket(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  auto const address = literal("::1", 0);
  return socket && ::bind(socket.get(), address.data(), address.size()) == 0;
}

TEST(ListenerTest, the_kernel_chooses_port_0) {
  auto const listening = listen_on(literal("127.0.0.1", 0), "127.0.0.1:0");
  EXPECT_NE(bound_port(listening), 0);
  EXPECT_TRUE(connect_to(literal("127.0.0.1", bound_port(listening))));
}

TEST(ListenerTest, names_the_address_that_is_taken) {
  auto const first = listen_on(literal("127.0.0.1", 0), "first");
  try {
    static_cast<void>(listen_on(literal("127.0.0.1", bound_port(first)), "second"));
    FAIL();
  } catch (std::system_error const& error) {
    EXPECT_EQ(error.code(), std::errc::address_in_use);
    EXPECT_NE(std::string(error.what()).find("second"), std::string::npos);
  }
}

TEST(ListenerTest, all_ipv6_addresses_take_ipv4_as_well) {
  if (!has_ipv6()) GTEST_SKIP() << "no IPv6 here";
  auto const listening = listen_on(literal("::", 0), "[::]:0");
  EXPECT_TRUE(connect_to(literal("::1", bound_port(listening))));
  EXPECT_TRUE(connect_to(literal("127.0.0.1", bound_port(listening))));
}

TEST(ListenerTest, ipv6_alone_leaves_the_port_to_an_ipv4_listener) {
  if (!has_ipv6()) GTEST_SKIP() << "no IPv6 here";
  auto const v4 = listen_on(literal("0.0.0.0", 0), "0.0.0.0:0");
  auto const port = bound_port(v4);
  EXPECT_THROW(static_cast<void>(listen_on(literal("::", port), "[::]")), std::system_error);
  auto const v6 = listen_on(literal("::", port), "[::]", V6Only::yes);
  EXPECT_EQ(bound_port(v6), port);
}

TEST(ListenerTest, what_waits_is_taken_at_once) {
  auto const listening = listen_on(literal("127.0.0.1", 0), "127.0.0.1:0");
  auto const to = literal("127.0.0.1", bound_port(listening));
  std::vector<Descriptor> clients;
  clients.reserve(20);
  for (int i = 0; i < 20; ++i) clients.push_back(connect_to(to));
  int taken = 0;
  accept_all(listening, [&](Descriptor, Address const& peer) {
    ++taken;
    EXPECT_EQ(peer.host_text(), "127.0.0.1");
  });
  EXPECT_EQ(taken, 20);
}

TEST(ListenerTest, a_socket_knows_both_its_ends) {
  auto const listening = listen_on(literal("127.0.0.1", 0), "127.0.0.1:0");
  auto const to = literal("127.0.0.1", bound_port(listening));
  auto const client = connect_to(to);
  EXPECT_EQ(local_address(listening.get()), to);
  EXPECT_EQ(peer_address(client.get()), to);
  EXPECT_FALSE(peer_address(listening.get()));
  EXPECT_FALSE(local_address(-1));
}

}  // namespace
}  // namespace inferway::net
