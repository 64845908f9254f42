#include "inferway/routing/mismatch.hpp"

#include "predicates.hpp"

namespace inferway::routing {

Mismatch mismatch(config::Match const& match, Query const& query, std::optional<std::string_view> model) {
  bool const takes_path =
      is_prefix(match.path) ? query.path.starts_with(prefix_of(match.path)) : query.path == match.path;
  Mismatch out;
  out.path = !takes_path;
  out.method = !takes_method(match.method, query.method);
  for (std::size_t i = 0; i < match.headers.size(); ++i) {
    if (!takes_header(match.headers[i], query.head)) out.headers.push_back(i);
  }
  out.model = match.model && !(model && glob_match(*match.model, *model));
  return out;
}

}  // namespace inferway::routing
