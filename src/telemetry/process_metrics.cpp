#include "metrics.hpp"
#include "process.hpp"

namespace inferway::telemetry {

namespace {

std::uint64_t since_1970(std::chrono::system_clock::time_point time) {
  return static_cast<std::uint64_t>(std::chrono::nanoseconds(time.time_since_epoch()).count());
}

}  // namespace

void write_reload_metrics(Exposition& out, ReloadFigures const& reloads) {
  out.counter("inferway_reloads_total", "Reloads of the configuration: taken (success), or wrong and refused.");
  out.sample({{"result", "success"}}, reloads.succeeded);
  out.sample({{"result", "refused"}}, reloads.refused);
  out.gauge("inferway_config_generation", "The configuration in force: 1 from the start, one more with each reload.");
  out.sample(reloads.generation);
  out.gauge("inferway_config_last_success_timestamp_seconds", "When it was taken, in seconds since 1970.");
  out.seconds(since_1970(reloads.accepted));
}

void write_process_metrics(Exposition& out, std::chrono::system_clock::time_point started) {
  auto const figures = process_figures();
  out.gauge("inferway_build_info", "The version that runs; always 1.");
  out.sample({{"version", INFERWAY_VERSION}}, 1);
  out.gauge("process_start_time_seconds", "When the process started, in seconds since 1970.");
  out.seconds(since_1970(started));
  out.counter("process_cpu_seconds_total", "CPU time used, user and system.");
  out.seconds(figures.cpu_ns);
  out.gauge("process_resident_memory_bytes", "Memory in RAM.");
  out.sample(figures.resident_bytes);
  out.gauge("process_virtual_memory_bytes", "Address space in use.");
  out.sample(figures.virtual_bytes);
  out.gauge("process_open_fds", "Open file descriptors.");
  out.sample(figures.open_descriptors);
  out.gauge("process_max_fds", "The limit of open file descriptors.");
  out.sample(figures.max_descriptors);
}

}  // namespace inferway::telemetry
