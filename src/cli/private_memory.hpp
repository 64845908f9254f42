#pragma once

#include <expected>
#include <string>

namespace inferway::cli {

/// Keeps what this process knows out of core dumps, and its memory and environment from other processes of the same
/// user (/proc, ptrace). INFERWAY_CORE_DUMPS=1 allows all of that, for debugging: secrets are left out of a dump then
/// as far as docs/secrets.md says. Before the first secret is read. The error: what is wrong with the variable.
[[nodiscard]] std::expected<void, std::string> keep_memory_private();

}  // namespace inferway::cli
