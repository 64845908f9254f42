// Looking up a route must not allocate: it is done for every request.

#include "inferway/routing/route_table.hpp"
#include "tables.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

namespace {
std::size_t allocations = 0;
}  // namespace

// All allocations of this program come by here.
// NOLINTBEGIN(clang-analyzer-cplusplus.NewDelete): it takes the free() inside delete for another one
void* operator new(std::size_t size) {
  ++allocations;
  if (void* const memory = std::malloc(size > 0 ? size : 1)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t /*size*/) noexcept { std::free(memory); }
// NOLINTEND(clang-analyzer-cplusplus.NewDelete)

namespace inferway::routing {
namespace {

TEST(RouteTableTest, allocates_nothing_to_find_a_route) {
  RouteTable const table(routes_of({{"/a/b", "a-rather-long-name-of-a-model"},
                                    {"/a/b", "another-rather-long-name-*"},
                                    {"/a/*", "*-of-yet-another-model-family"},
                                    {"/a/*", {}, "POST", {{"x-tenant", "a-rather-long-name-of-a-tenant"}}},
                                    {"/*", {}, {}, {{"x-region", "europe-and-all-that-is-near-*"}}}}));
  Request const by_model("POST", "/a/b", {{"x-tenant", "someone"}});
  Request const by_tenant("POST", "/a/b/c/d", {{"X-Tenant", "a-rather-long-name-of-a-tenant"}});
  Request const by_region("GET", "/x", {{"x-region", "europe-and-all-that-is-near-it"}});
  std::string_view const model = "another-rather-long-name-of-yet-another-model-family";
  auto const before = allocations;
  auto const candidates = table.candidates(by_model.query());
  auto const first = table.match(by_model.query(), model);
  auto const second = table.match(by_tenant.query(), {});
  auto const third = table.match(by_region.query(), model);
  EXPECT_EQ(allocations, before);
  EXPECT_TRUE(candidates.needs_model);
  EXPECT_EQ(first.value(), 1U);
  EXPECT_EQ(second.value(), 3U);
  EXPECT_EQ(third.value(), 4U);
}

}  // namespace
}  // namespace inferway::routing
