#include "routing_table.hpp"
#include "running.hpp"

#include <gtest/gtest.h>

namespace inferway::cli {
namespace {

TEST(RoutingTableTextTest, reads_as_people_expect) {
  auto const loaded = config::load_text(kFull, "gateway.yaml");
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(routing_table_text(loaded), R"(gateway.yaml: valid, 3 routes, 2 backends

Routes (the first match wins)
    1  chat  (line 9)
       path     /v1/chat/*
       method   POST
       model    llama-*
       header   x-team: a*
       header   authorization: (not shown)
       to       llama, weight 90 of 100
       to       cloud as claude, weight 10 of 100
       fallback cloud as small
       rewrite  /v2/{path}
    2  /v1/chat/*  (line 14)
       path     /v1/chat/*
       to       llama
    3  /v1/chat/x  (line 16)
       path     /v1/chat/x
       to       llama

Backends
  llama  (openai, least_requests, with a key)
    http://10.0.0.1:8000
    http://10.0.0.2  weight 3
  cloud  (anthropic, round_robin)
    http://cloud

Warnings
  gateway.yaml:16:5: route "/v1/chat/x" is never reached: route "/v1/chat/*" in line 14 matches all its requests first
)");
}

TEST(RoutingTableTextTest, names_keys_without_their_hashes) {
  auto const loaded = config::load_text(kWithKeys, "x");
  ASSERT_TRUE(loaded.config);
  auto const text = routing_table_text(loaded);
  EXPECT_NE(text.find("       to       b\n       auth     open to all\n"), std::string::npos) << text;
  EXPECT_NE(text.find("\nKeys (one is needed)\n  ci  (models *)\n"
                      "  team  (models llama-* small, 60 requests a minute)\n"),
            std::string::npos)
      << text;
  EXPECT_EQ(text.find("aaaa"), std::string::npos);
}

TEST(RoutingTableTextTest, bears_no_secret) {
  EXPECT_EQ(routing_table_text(config::load_text(kFull, "x")).find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace inferway::cli
