#include "metrics.hpp"
#include "process.hpp"

namespace inferway::telemetry {

void write_process_metrics(Exposition& out, std::chrono::system_clock::time_point started) {
  auto const figures = process_figures();
  out.gauge("inferway_build_info", "The version that runs; always 1.");
  out.sample({{"version", INFERWAY_VERSION}}, 1);
  out.gauge("process_start_time_seconds", "When the process started, in seconds since 1970.");
  out.seconds(static_cast<std::uint64_t>(std::chrono::nanoseconds(started.time_since_epoch()).count()));
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
