#pragma once

#include <cstdint>
#include <system_error>

namespace inferway::app {

/// Of the capabilities that this thread has (a bit each, by the numbers of linux/capability.h), those in `kept` stay,
/// and go over to a program that it executes. With no_new_privs that is all such a program can have.
[[nodiscard]] std::error_code limit_capabilities(std::uint64_t kept);

}  // namespace inferway::app
