#include "bench/lockbench_result.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace bench {
namespace {

double Seconds(paxos::Duration duration) { return std::chrono::duration<double>(duration).count(); }
double Microseconds(paxos::Duration duration) { return 1e6 * Seconds(duration); }

std::string LatencyKeys(const LatencyHistogram& latency) {
  return fmt::format(R"("p50_us":{:.1f},"p90_us":{:.1f},"p99_us":{:.1f},"max_us":{:.1f})",
                     Microseconds(latency.Percentile(0.5)), Microseconds(latency.Percentile(0.9)),
                     Microseconds(latency.Percentile(0.99)), Microseconds(latency.max()));
}

std::string ServerKeys(const ServerUse& use, double operations) {
  return fmt::format(R"("server_cpu_s":{:.2f},"server_cpu_s_per_10k":{:.4f},"rss_mb":[{:.1f}],)",
                     use.cpu_s, 1e4 * use.cpu_s / operations, fmt::join(use.resident_mb, ","));
}

}  // namespace

std::string ToJsonLine(const LoadResult& result) {
  const LoadFigures& figures = result.figures;
  const auto operations = static_cast<double>(figures.latency.count());
  const auto [least, most] =
      std::minmax_element(figures.operations.begin(), figures.operations.end());
  return fmt::format(
      R"({{"system":"quorate","workload":"{}","c":{},"conns":{},"secs":{:.2f},"ops":{},)"
      R"("ops_per_s":{:.1f},{},"errors":{},"client_min":{},"client_max":{},)"
      R"({}"client_cpu_s":{:.2f},"wall_s":{:.2f},"round":{}}})",
      result.workload, figures.operations.size(), result.conns, Seconds(result.wall),
      figures.latency.count(), operations / Seconds(result.wall), LatencyKeys(figures.latency),
      figures.errors, *least, *most, result.servers ? ServerKeys(*result.servers, operations) : "",
      result.client_cpu_s, Seconds(result.wall), result.round);
}

std::string ToJsonLine(const NemesisReport& report, const NemesisOptions& options) {
  std::vector<double> waits;
  for (const paxos::Duration wait : report.next_grant) waits.push_back(Seconds(wait));
  std::vector<double> sorted = waits;
  std::sort(sorted.begin(), sorted.end());
  const double median = sorted.empty() ? 0 : sorted[sorted.size() / 2];
  const double worst = sorted.empty() ? 0 : sorted.back();
  return fmt::format(
      R"({{"system":"quorate","workload":"{}","c":{},"strikes":{},"ops":{},)"
      R"("next_grant_s":[{:.3f}],"next_grant_median_s":{:.3f},"next_grant_max_s":{:.3f},)"
      R"("sound":{}}})",
      Name(options.kind), options.clients, waits.size(), report.operations, fmt::join(waits, ","),
      median, worst, report.is_sound);
}

}  // namespace bench
