#pragma once

#include "inferway/config/loader.hpp"

#include <string>

/// What `check` prints. No secret stands in it: neither keys nor tokens, nor the values of headers that bear some.
namespace inferway::cli {

/// Routes in their order, backends, then warnings, as people read them. `loaded` was
/// accepted.
[[nodiscard]] std::string routing_table_text(config::Loaded const& loaded);

/// The same as one JSON object and a line break; for a refused file its errors. Keys may be added, never renamed.
[[nodiscard]] std::string routing_table_json(std::string const& file, config::Loaded const& loaded);

}  // namespace inferway::cli
