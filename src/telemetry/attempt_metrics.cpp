#include "metrics.hpp"

namespace inferway::telemetry {

namespace {

struct Row {
  std::string_view name;
  std::string_view help;
  Counter BackendCounters::* member;
};

constexpr Row kRows[] = {
    {"inferway_fallbacks_total", "Requests that came to a backend because one before it failed.",
     &BackendCounters::fallbacks},
    {"inferway_hedges_total", "Second tries that were raced against a slow first one.", &BackendCounters::hedges},
    {"inferway_hedges_won_total", "Second tries that were quicker than the first one.", &BackendCounters::hedges_won},
    {"inferway_upstream_outrun_total", "Tries ended because the other one was quicker.", &BackendCounters::outrun},
    {"inferway_resumed_total", "Broken streams that another try was to continue.", &BackendCounters::resumed},
    {"inferway_mirrored_total", "Copies of requests sent to a backend.", &BackendCounters::mirrored},
    {"inferway_mirror_dropped_total", "Copies that were not sent, to spare the requests themselves.",
     &BackendCounters::mirror_dropped},
};

}  // namespace

void write_attempt_metrics(Exposition& out, Shards const& shards, Names const& names) {
  BackendFigures const figures(out, shards, names);
  out.counter("inferway_retries_total", "Failed tries that another one followed, by cause.");
  for (std::size_t backend = 0; backend < figures.count(); ++backend) {
    for (std::size_t cause = 0; cause < config::kRetryOnCount; ++cause) {
      auto const total =
          figures.sum(backend, [=](BackendCounters const& of) -> Counter const& { return of.retried[cause]; });
      out.sample({{"backend", figures.name_of(backend)}, {"cause", name(static_cast<config::RetryOn>(cause))}}, total);
    }
  }
  for (auto const& row : kRows) {
    out.counter(row.name, row.help);
    figures.write(row.member);
  }
}

}  // namespace inferway::telemetry
