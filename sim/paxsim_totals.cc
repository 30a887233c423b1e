#include "sim/paxsim_totals.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace paxos::sim {
namespace {

std::uint64_t MillisOf(Duration duration) {
  return static_cast<std::uint64_t>(duration.count() / 1'000'000);
}

std::uint64_t Sum(const std::vector<std::uint64_t>& column) {
  return std::accumulate(column.begin(), column.end(), std::uint64_t{0});
}

std::uint64_t Median(std::vector<std::uint64_t> column) {
  if (column.empty()) return 0;
  const auto middle = column.begin() + static_cast<std::ptrdiff_t>(column.size() / 2);
  std::nth_element(column.begin(), middle, column.end());
  return *middle;
}

std::string Row(const char* name, const std::vector<std::uint64_t>& column) {
  return fmt::format("  {:<20}{:>14}{:>12}\n", name, Sum(column), Median(column));
}

std::string RowOfSeconds(const char* name, const std::vector<std::uint64_t>& millis) {
  return fmt::format("  {:<20}{:>14}{:>12.1f}\n", name, Sum(millis) / 1000,
                     static_cast<double>(Median(millis)) / 1000);
}

}  // namespace

void FuzzTotals::Add(const SeedResult& result) {
  if (!result.tag.empty()) ++failures_;
  marks_.Add(result);
  simulated_.push_back(MillisOf(result.simulated));
  idle_.push_back(MillisOf(result.idle));
  events_.push_back(result.events);
  leader_changes_.push_back(result.leader_changes);
  crashes_.push_back(result.crashes);
  commands_.push_back(result.commands);
  void_entries_.push_back(result.void_entries);
  calls_.push_back(result.calls);
  grants_.push_back(result.grants);
  expiries_.push_back(result.expiries);
  reads_.push_back(result.reads);
  ordered_.push_back(result.ordered);
  beyond_bounds_.push_back(result.beyond_bounds);
  conditional_.push_back(result.conditional);
}

double FuzzTotals::simulated_seconds() const { return static_cast<double>(Sum(simulated_)) / 1000; }

std::string FuzzTotals::Table(double core_seconds) const {
  std::string text = fmt::format("  {:<20}{:>14}{:>12}\n", "", "total", "median");
  text += RowOfSeconds("simulated seconds", simulated_);
  text += RowOfSeconds("  of them idle", idle_);
  text += Row("events", events_);
  text += Row("leader changes", leader_changes_);
  text += Row("crashes", crashes_);
  text += Row("commands", commands_);
  text += Row("void entries", void_entries_);
  text += Row("client calls", calls_);
  text += Row("reads", reads_);
  text += Row("grants", grants_);
  text += Row("expiries", expiries_);
  text += Row("calls ordered", ordered_);
  text += Row("locks too busy", beyond_bounds_);
  text += Row("conditional", conditional_);
  text += fmt::format(
      "{} seeds, {} violations; per core-second: {:.0f} simulated seconds, {:.0f} events\n",
      seeds(), failures_, simulated_seconds() / core_seconds,
      static_cast<double>(Sum(events_)) / core_seconds);
  return text;
}

}  // namespace paxos::sim
