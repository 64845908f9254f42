#pragma once

#include "inferway/config/config.hpp"
#include "inferway/telemetry/record.hpp"
#include "names.hpp"

#include <cstddef>
#include <string>

namespace inferway::telemetry {

/// Room that is made for a line before it is written: nearly always enough, whatever a client sent.
inline constexpr std::size_t kUsualLineRoom = 8 * 1024;

/// Appends the access log's line for `record`, with its newline. Whatever a client put into a path, a model or an id
/// can neither end the line nor forge a field: it is escaped.
/// JSON: every key stands in every line; null says that there was none (no route, no byte sent, no error).
/// Text: time, client, method, path, status, duration, then key=value for what there was.
void append_access_line(std::string& out, Record const& record, Names::Named const& names, config::LogFormat format);

}  // namespace inferway::telemetry
