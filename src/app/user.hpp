#pragma once

#include <expected>
#include <string>

namespace inferway::app {

/// Becomes NAME, NAME:GROUP, UID or UID:GID, with the groups that user is in; capabilities stay permitted until
/// limit_capabilities(). A process that is that user already (it follows another one in an upgrade) stays as it is.
/// Only while there is one thread.
[[nodiscard]] std::expected<void, std::string> become_user(std::string const& wanted);

}  // namespace inferway::app
