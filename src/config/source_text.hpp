#pragma once

#include "inferway/config/loader.hpp"

#include <optional>
#include <string_view>

namespace inferway::config {

/// The first place where `text` is no plain UTF-8 text: a malformed sequence, or a control character other than tab,
/// CR and LF. Columns count bytes, as those of the YAML library do. Nothing when all is well. YAML 1.2 section 5.1
/// forbids both; yaml-cpp takes the byte 0x04 for the end of the file and would silently drop what follows.
[[nodiscard]] std::optional<Problem> find_bad_character(std::string_view text);

}  // namespace inferway::config
